"""The command line, as people and clients meet it."""
