"""Whether alerts do their work: their conditions in words and replayed, verdicts, gaps (DESIGN section 6). Pure."""
