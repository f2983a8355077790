"""What answers look like: their shapes only, no rules.

The list of tools publishes them, so they are what the start has to wait for; the rules that fill them come with the
first call (DESIGN §9). A shape lies here, and the module named like its noun makes it.
"""
