"""Rendering of results: Markdown, terminal, and the templates of messages."""
