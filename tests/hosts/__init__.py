"""Real MCP clients in front of this server: the matrix, the conformance suites, and the way from an empty home folder."""
