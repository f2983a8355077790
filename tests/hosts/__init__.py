"""Real MCP clients and their libraries in front of this server."""
