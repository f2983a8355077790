"""Scores on public data that others labelled; the data lies beside the project and is never shipped."""
