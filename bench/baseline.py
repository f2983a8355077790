"""A bare server of the same SDK with six small tools: what start-up and memory are measured against."""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("bare", log_level="WARNING")


@server.tool()
def find_issues(query: str, limit: int = 10) -> str:
    """Find issues."""
    return f"{query} {limit}"


@server.tool()
def get_issue(issue: str) -> str:
    """Read an issue."""
    return issue


@server.tool()
def list_events(issue: str, limit: int = 10) -> str:
    """List the events of an issue."""
    return f"{issue} {limit}"


@server.tool()
def resolve_issue(issue: str, release: str | None = None) -> str:
    """Resolve an issue."""
    return f"{issue} {release}"


@server.tool()
def add_note(issue: str, text: str) -> str:
    """Add a note to an issue."""
    return f"{issue} {text}"


@server.tool()
def discover_impact(issue: str, period: str = "24h") -> str:
    """Count events and users."""
    return f"{issue} {period}"


if __name__ == "__main__":
    server.run()
