"""The messages: what they say, what they never say, and that no number in them is made up."""

import pytest

from tests.incident.golden import GOLDEN, all_drafts
from tests.snapshots import check


@pytest.mark.parametrize("name", GOLDEN)
def test_the_messages_of_a_golden_incident_are_those_that_people_read(name: str) -> None:
    parts = [f"# {name}\n"]
    for heading, draft in all_drafts(name):
        if draft.format == "slack" and draft.audience != "engineers":
            continue
        unknowns = "\n".join(f"- {one}" for one in draft.unknowns) or "- none"
        findings = "".join(f"- {one.kind}: {one.why}\n" for one in draft.findings)
        parts.append(f"## {heading}\n\n````\n{draft.text}````\n\nUnknown:\n{unknowns}\n\n")
        parts.append(f"Findings:\n{findings}\n" if findings else "")
        parts.append(f"Next update due: {draft.next_update_due or 'none'}\n")
    check(f"drafts/{name}.md", "\n".join(parts))
