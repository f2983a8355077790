"""The runbook's triage in one result: checklist, next steps, and all that the other rooms found."""
