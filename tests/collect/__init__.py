"""Tests of the requests that a question makes, and of what their answers become."""
