"""The five points that each client goes through, and how what was seen is judged.

Judged is what the model was shown, for that is all that a person gets to hear of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sentry_runbook.tool_names import TOOL_NAMES
from tests.hosts.client import Client
from tests.hosts.model.conversation import Call
from tests.hosts.model.stub import Seen
from tests.hosts.running import Ended

ISSUE, UNKNOWN = "SHOP-1Z", "SHOP-404"
_TOKEN = re.compile(r"confirm_token[\"'`\s:]+([A-Za-z0-9_-]{40,})")
_FIX = re.compile(r"\b(Set|Correct) ")
_OUTCOME = re.compile(r"\b(needs_confirmation|applied|already|refused|not_applied)\b")
_BEHIND_A_PREFIX = r"[A-Za-z0-9](?:__|_|/|\.){name}(?![A-Za-z0-9_])"


@dataclass(frozen=True)
class Run:
    """One time that a client was started.

    Attributes:
        seen: what it sent to the model.
        ended: how its process ended.
    """

    seen: Seen
    ended: Ended

    def result(self, number: int) -> str:
        """A result that the model was shown, without escapes; empty when it got none."""
        results = self.seen.results()
        return unescaped(results[number]) if number < len(results) else ""

    def questions(self) -> int:
        """The questions that a person was shown."""
        return sum(line.startswith("QUESTION ") for line in self.ended.out.splitlines())


@dataclass(frozen=True)
class Point:
    """What came of one point."""

    good: bool
    shown: str
    """For the table: what was seen, in a few words."""
    said: str = ""
    """For those who look closer: what the model read."""


@dataclass(frozen=True)
class WrongSetting:
    """A setting that cannot be used, and the name that the answer must give."""

    env: Mapping[str, str] = field(default_factory=dict)
    named: str = ""


WRONG_SETTINGS: Mapping[str, WrongSetting] = {
    "placeholder": WrongSetting({"SENTRY_AUTH_TOKEN": "${SENTRY_AUTH_TOKEN}"}, "SENTRY_AUTH_TOKEN"),
    "policy": WrongSetting({"SENTRY_RUNBOOK_POLICY": "no/such/policy.toml"}, "SENTRY_RUNBOOK_POLICY"),
}


def unescaped(text: str) -> str:
    """The text without the escapes of JSON within JSON, so that words can be looked for."""
    return text.replace('\\"', '"').replace("\\n", "\n")


def first_call(results: Sequence[str]) -> Call | None:
    """The script of the runs with a wrong setting: one call."""
    return None if results else Call("triage_issue", {"issue": ISSUE})


def working_day(results: Sequence[str]) -> Call | None:
    """The script of the run in front of the embedded Sentry: triage, an unknown issue, and a change, confirmed."""
    change = {"issue": ISSUE, "action": "resolve"}
    if len(results) < 3:
        calls = (("triage_issue", {"issue": ISSUE}), ("triage_issue", {"issue": UNKNOWN}), ("resolve_issue", change))
        return Call(*calls[len(results)])
    token = _TOKEN.search(unescaped(results[2]))
    if len(results) == 3 and token:
        return Call("resolve_issue", {**change, "confirm_token": token[1]})
    return Call("get_issue", {"issue": ISSUE}) if len(results) == (4 if token else 3) else None


def listed(seen: Seen) -> Point:
    """All tools of the server are known to the model, whole or by name."""
    text = seen.text()
    names = [
        name
        for name in TOOL_NAMES
        if any(re.fullmatch(rf"(.*[^A-Za-z0-9])?{name}", offered) for offered in seen.offered())
        or re.search(_BEHIND_A_PREFIX.format(name=name), text)
    ]
    absent = [name for name in TOOL_NAMES if name not in names]
    return Point(not absent, f"{len(names)} of {len(TOOL_NAMES)}", f"not listed: {', '.join(absent)}" if absent else "")


def wrong_setting(run: Run, wrong: WrongSetting) -> Point:
    """The server is connected all the same, and a line of the answer names the setting and the fix."""
    tools, answer = listed(run.seen), run.result(0)
    if not tools.good:
        return Point(False, f"disconnected, {tools.shown} tools", run.ended.last_words())
    good = any(wrong.named in line and _FIX.search(line) for line in answer.splitlines())
    return Point(good, "says it" if good else "does not say it", answer)


def triage(run: Run) -> Point:
    """The severity reaches the model."""
    answer = run.result(0)
    good = ISSUE in answer and re.search(r"\bP0\b", answer) is not None
    form = "JSON" if '"severity"' in answer else "text"
    return Point(good, f"P0, {form}" if good else "no severity", answer if good else answer or run.ended.last_words())


def error_text(run: Run) -> Point:
    """The sentence about an issue that is not there reaches the model."""
    answer = run.result(1)
    good = f"Sentry knows no issue {UNKNOWN}" in answer and "find_issues" in answer
    return Point(good, "the sentence" if good else "not the sentence", answer)


def confirmation(run: Run, client: Client) -> Point:
    """The change is made once a person, or the conversation, has said yes; and never before."""
    first, then = run.result(2), run.result(3)
    outcome = _outcome(first)
    asked = run.questions()
    if outcome == "applied" and not asked:
        return Point(False, "changed without being asked", first)
    if asked:
        good = outcome == "applied" and "resolved" in then and client.shows_questions
        return Point(good, "question shown, applied" if good else f"question shown, {outcome}", first)
    if outcome != "needs_confirmation":
        return Point(False, f"{outcome or 'no outcome'}", first or run.ended.last_words())
    why = "declined by itself" if "declined the question" in first else "cannot ask"
    good = _outcome(then) == "applied" and "resolved" in run.result(4)
    return Point(good, f"{why}, token, {_outcome(then) or 'no outcome'}", f"{first}\n{then}")


def _outcome(answer: str) -> str:
    given = re.search(r'"outcome":\s*"(\w+)"', answer) or _OUTCOME.search(answer)
    return given[1] if given else ""


def as_json(point: Point) -> dict[str, object]:
    """A point for ``--json``."""
    value: dict[str, object] = json.loads(json.dumps(point.__dict__))
    return value
