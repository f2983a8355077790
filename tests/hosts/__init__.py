"""Real MCP clients in front of this server: the matrix, the conformance suites, the way from an empty home folder."""
