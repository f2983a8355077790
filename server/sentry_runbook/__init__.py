"""sentry-runbook: the incident runbook on Sentry data, as an MCP server. Importing it does nothing."""

__version__ = "0.1.0"
