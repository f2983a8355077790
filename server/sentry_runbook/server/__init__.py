"""The MCP server: tools, prompts, resources and completions over one runtime, on stdio or HTTP."""
