"""Why it happened: the runbook's five patterns from clues for and against."""
