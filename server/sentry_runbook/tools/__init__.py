"""One module a tool: arguments, docstring, a few lines of glue."""
