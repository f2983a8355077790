"""The core: pure functions from evidence to verdicts, causes, timelines and drafts."""
