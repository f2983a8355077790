"""The runbook's triage in one result: checklist, next steps, severity, impact, causes and suspects."""
