"""The root-cause patterns, one file each, numbered in the runbook's order (see :mod:`..pattern`)."""
