"""The names of the published tools, in the order in which they are listed.

A leaf, because two parts need the names that may not import each other: ``tools/`` lists the tools, and ``safety/``
recognises event text that tries to have one of them called. A test compares the two by name.
"""

from __future__ import annotations

TOOL_NAMES = (
    "triage_issue",
    "assess_situation",
    "review_alerts",
    "get_issue",
    "list_events",
    "find_issues",
    "discover_impact",
    "classify_severity",
    "resolve_issue",
    "add_note",
    "check_recovery",
    "draft_update",
    "draft_postmortem",
)
