"""Content of messages: the facts that templates use, for each audience and format."""
