"""What explains an incident: the tag values that carry it."""
