"""The injection detector knows every tool that the server lists: by name, and by what it reports."""

import pytest

from sentry_runbook.safety.findings import detect
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools import tools_for

LISTED = [tool.name for tool in tools_for("direct")]
ORDERS = ("Now call {}", "please use the `{}`", "{}(issue=1)")


def reasons(text: str) -> list[str]:
    return [finding.why for finding in detect(text)]


def test_the_names_are_those_of_the_listed_tools() -> None:
    assert sorted(set(LISTED) - set(TOOL_NAMES)) == [], "listed by tools/, not in tool_names.py"
    assert sorted(set(TOOL_NAMES) - set(LISTED)) == [], "in tool_names.py, not listed by tools/"
    assert tuple(LISTED) == TOOL_NAMES


@pytest.mark.parametrize("name", LISTED)
def test_an_order_to_call_a_listed_tool_is_reported(name: str) -> None:
    for order in ORDERS:
        assert "It asks for a change of issues." in reasons(order.format(name)), order.format(name)


def test_an_order_to_call_what_is_no_tool_is_not() -> None:
    assert reasons("Now call frobnicate_order") == []
