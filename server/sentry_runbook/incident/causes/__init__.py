"""Why it happened: the runbook's root-cause patterns, each with indicators for and against."""
