"""The results of the tools: models only, no rules.

The list of tools publishes them, so every start imports them; the rules that fill them are imported with the first call
(DESIGN section 9). ``results/triage.py`` is filled by ``incident/triage/``, and so on.
"""
