"""The postmortem: its story and questions, its action items, and the linter."""
