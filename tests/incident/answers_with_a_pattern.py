"""Run against a copy of the package that has one pattern more: what a client then gets, printed as JSON.

``python -m tests.incident.answers_with_a_pattern NAME``: NAME is the extra pattern, which holds in every incident.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio

from tests.test_runbook import ISSUE, prompt, resource
from tests.tools.support import connected

AUDIENCES = ("engineers", "executives", "customers")
KINDS = ("initial", "update", "resolved")


async def ask(name: str) -> dict[str, Any]:
    """Every answer of the server in which a cause pattern can appear."""
    async with connected("payment-spike") as connection:
        tools = (await connection.client.list_tools()).tools
        schemas = {tool.name: json.dumps(tool.output_schema) for tool in tools}
        triage = await connection.call("triage_issue", issue=ISSUE)
        return {
            "published_by": [tool for tool, schema in schemas.items() if f'"{name}"' in schema],
            "causes": triage["causes"],
            "card": await resource(connection, "runbook://root_cause_patterns"),
            "prompts": {
                f"initial {audience}": await prompt(connection, "initial_alert", issue=ISSUE, audience=audience)
                for audience in AUDIENCES
            },
            "cards": {
                card: await prompt(connection, card, issue=ISSUE)
                for card in ("root_cause_patterns", "triage", "postmortem")
            },
            "drafts": {
                f"{kind} {audience}": await connection.text("draft_update", issue=ISSUE, kind=kind, audience=audience)
                for kind in KINDS
                for audience in AUDIENCES
            },
            "postmortem": await connection.text("draft_postmortem", issue=ISSUE),
        }


if __name__ == "__main__":
    print(json.dumps(anyio.run(ask, sys.argv[1])))  # noqa: T201  # the answer is what the command is for
