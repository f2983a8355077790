"""Plays the public cases of ``shared/cases`` where a checkout has them beside it."""
