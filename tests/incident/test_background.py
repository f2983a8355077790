"""What stands behind an incident, in messages: by name for engineers, without for executives, never for customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from sentry_runbook.incident.background import background, whom_to_ask
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.results.explanation import (
    Change,
    Dependency,
    Explanation,
    LeadingIssue,
    Owner,
    ReleaseHealth,
    TagValue,
)
from sentry_runbook.incident.model.results.messages import FORMS, Audience, Draft
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import HOUR, NOTHING_STATED, NOW, POLICY, ago, incident
from tests.incident.golden import AUDIENCES, FORMATS, KINDS, OF_EVERY_AUDIENCE, templates
from tests.incident.severity_cases import crowd

EVIDENCE = incident(crowd(40))


def told(**parts: object) -> Incident:
    """An incident of which these parts are known, whatever the evidence says."""
    kind = cast(type[Incident], type("Told", (Incident,), dict(parts)))
    return kind(EVIDENCE, Stated(lead="Lee"), POLICY, NOW)


def explained(*values: tuple[str, str], **fields: Any) -> Explanation:
    tags = tuple(TagValue(tag=tag, value=value) for tag, value in values)
    return Explanation(values=tags, **{"share": 0.9722, "events": 97, **fields})


def dependency(kind: str = "http", internal: bool | None = False) -> Dependency:
    return Dependency.model_validate(
        {
            "name": "api.partner.example",
            "kind": kind,
            "internal": internal,
            "why": 'Calls to "api.partner.example" fail.',
        }
    )


def change(kind: str = "deploy", minutes: int = 2, what: str = '"shop@7.12.0" deployed to "eu-7"') -> Change:
    at = ago(hours=2) - timedelta(minutes=minutes)
    return Change.model_validate({"at": at, "what": what, "kind": kind, "minutes_before": minutes})


def health(release: str, pct: float | None, *, suspect: bool, used: float = 50.0) -> ReleaseHealth:
    return ReleaseHealth(release=release, sessions=302, crash_free_pct=pct, adoption_pct=used, suspect=suspect)


ACME = explained(("customer", "acme"), usual_share=0.031)
RELEASES = (health("7.12.0", 34.0, suspect=True), health("7.11.0", 100.0, suspect=False))
LEADER = LeadingIssue(short_id="SHOP-2", title="OutOfMemoryError", events=920, share=0.92)
FLAG = change("flag", 0, 'feature flag "checkout_v2" updated')
Row = tuple[str, Mapping[str, object], list[str], list[str]]
"""What the row shows, the parts, and the sentences for engineers and for executives."""

# fmt: off
ROWS: Sequence[Row] = [
    ("nothing is known", {"explanation": (), "changes": (), "dependency": None}, [], []),
    ("one customer", {"explanation": (ACME,)},
     ['97.22 % of the errors carry "customer" "acme" (3.1 % usually)'],
     ["97.22 % of the errors have one customer in common (3.1 % usually)"]),
    ("a release by its part of the sessions", {"explanation": (explained(("release", "7.12.0"), usual_share=0.287),)},
     ['97.22 % of the errors carry "release" "7.12.0" (28.7 % of the sessions)'],
     ["97.22 % of the errors have one release in common (28.7 % of the sessions)"]),
    ("a release by its events before",
     {"explanation": (explained(("release", "7.12.0"), usual_share=0.287, explains=0.9),)},
     ['97.22 % of the errors carry "release" "7.12.0" (28.7 % usually)'],
     ["97.22 % of the errors have one release in common (28.7 % usually)"]),
    ("a flag of the events read", {"explanation": (explained(("checkout_v2", "true"), share=None, events=2),)},
     ['Of the errors read 2 carry "checkout_v2" "true"'], []),
    ("a flag on one host", {"explanation": (explained(("feature.checkout", "on"), ("server_name", "eu-7")),)},
     ['97.22 % of the errors carry "feature.checkout" "on" and "server_name" "eu-7"'],
     ["97.22 % of the errors have one feature switch and one server in common"]),
    ("two sets that the data cannot tell apart", {"explanation": (ACME, explained(("user", "7"), rank=1))},
     ['97.22 % of the errors carry "customer" "acme" (3.1 % usually); the data cannot tell it from others'],
     ["97.22 % of the errors have one customer in common (3.1 % usually); the data cannot tell it from others"]),
    ("a second that explains less", {"explanation": (ACME, explained(("user", "7"), rank=2))},
     ['97.22 % of the errors carry "customer" "acme" (3.1 % usually)'],
     ["97.22 % of the errors have one customer in common (3.1 % usually)"]),
    ("a tag that has no plain word", {"explanation": (explained(("queue_depth", "9")),)},
     ['97.22 % of the errors carry "queue_depth" "9"'], []),
    ("releases", {"release_health": RELEASES},
     ['Sessions of "7.12.0": 34.00 % crash-free (302 sessions); '
      'beside it "7.11.0": 100.00 % crash-free (302 sessions)'], []),
    ("a release that was replaced", {"release_health": (RELEASES[0], health("7.11.0", 100.0, suspect=False, used=0.0))},
     ['Sessions of "7.12.0": 34.00 % crash-free (302 sessions)'], []),
    ("sessions of no known suspect", {"release_health": (health("7.11.0", 100.0, suspect=False),)}, [], []),
    ("a rate that is not known", {"release_health": (health("7.12.0", None, suspect=True),)}, [], []),
    ("a service of another company", {"dependency": dependency()}, ['Calls to "api.partner.example" fail'],
     ["What fails is a service of another company"]),
    ("our own database", {"dependency": dependency("database", internal=True)},
     ['Calls to "api.partner.example" fail'], ["What fails is a database of our own"]),
    ("a certificate of nobody known", {"dependency": dependency("tls", internal=None)},
     ['Calls to "api.partner.example" fail'], ["What fails is a certificate"]),
    ("a deploy", {"changes": (change(),)},
     ['"shop@7.12.0" deployed to "eu-7": 2026-11-23 12:58 UTC, 2 min before it began'],
     ["A release went live 2026-11-23 12:58 UTC, 2 min before it began"]),
    ("a flag in the minute of the begin", {"changes": (FLAG,)},
     ['Feature flag "checkout_v2" updated: 2026-11-23 13:00 UTC, in the minute in which it began'],
     ["A feature switch was changed 2026-11-23 13:00 UTC, in the minute in which it began"]),
    ("an hour before", {"changes": (change(minutes=60),)},
     ['"shop@7.12.0" deployed to "eu-7": 2026-11-23 12:00 UTC, 1 h before it began'],
     ["A release went live 2026-11-23 12:00 UTC, 1 h before it began"]),
    ("longer ago", {"changes": (change(minutes=61),)}, [], []),
    ("only after it began", {"changes": (change(minutes=-3),)}, [], []),
]
# fmt: on


@pytest.mark.parametrize(("parts", "engineers", "executives"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_a_sentence_for_each_thing_known_by_name_and_without_names(
    parts: Mapping[str, object], engineers: list[str], executives: list[str]
) -> None:
    of = told(**{"explanation": (), "changes": (), "dependency": None, "release_health": (), **parts})
    assert list(background(of, by_name=True)) == engineers
    assert list(background(of, by_name=False)) == executives


def test_the_leading_issue_is_said_first() -> None:
    severity = Incident(EVIDENCE, NOTHING_STATED, POLICY, NOW).severity
    leading = severity.model_copy(update={"leading_issue": LEADER, "share_of_project": 0.005})
    of = told(severity=leading, explanation=(ACME,))
    assert next(background(of, by_name=True)) == (
        '92 % of the project\'s unhandled errors come from SHOP-2 "OutOfMemoryError"; this issue has 0.5 %'
    )
    assert next(background(of, by_name=False)) == (
        "Another problem causes 92 % of the failures that set this severity; this one causes 0.5 %"
    )


def test_a_deploy_that_the_message_names_already_is_not_told_twice() -> None:
    of = told(suspect="shop@7.12.0", changes=(change(),), explanation=(), release_health=())
    assert list(background(of, by_name=True, has_release=True)) == []
    flagged = told(suspect="shop@7.12.0", changes=(FLAG,), explanation=(), release_health=())
    assert len(list(background(flagged, by_name=True, has_release=True))) == 1


def test_whom_to_ask_has_the_reasons() -> None:
    owners = (Owner(who="payments", why="assigned"), Owner(who="Ana", why="CODEOWNERS"))
    assert whom_to_ask(told(owners=owners)) == '"payments" (assigned); "Ana" (CODEOWNERS)'
    assert whom_to_ask(told(owners=())) is None


NAMES = ("acme", "eu-7", "checkout_v2", "7.12.0", "7.11.0", "partner", "payments", "OutOfMemory", "SHOP-2")
FULL: Mapping[str, object] = {
    "explanation": (explained(("customer", "acme"), ("server_name", "eu-7")),),
    "release_health": RELEASES,
    "dependency": dependency(),
    "changes": (FLAG,),
    "owners": (Owner(who="payments", why="assigned"),),
}


def draft(audience: Audience, kind: Any, format: Any = "markdown") -> str:  # noqa: A002  # the tool's own argument name
    of = told(**FULL)
    return draft_update(
        of, form=templates()[FORMS[kind]], kind=kind, audience=audience, format=format, since=NOW - HOUR
    ).text


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_to_engineers_says_what_stands_behind_it_by_name(kind: Any) -> None:
    text = draft("engineers", kind)
    for name in ("acme", "eu-7", "partner", "checkout_v2", "34.00 %"):
        assert name in text, name


@pytest.mark.parametrize("kind", ["initial", "update"])
def test_executives_read_kind_and_size_and_no_name(kind: Any) -> None:
    text = draft("executives", kind)
    assert "97.22 % of the errors have one customer and one server in common" in text
    assert "A feature switch was changed" in text
    assert [name for name in NAMES if name in text] == []


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
@pytest.mark.parametrize("format", FORMATS)
def test_customers_read_nothing_of_it(kind: Any, format: Any) -> None:  # noqa: A002  # the tool's own argument name
    text = draft("customers", kind, format)
    assert [name for name in (*NAMES, "feature switch", "one server", "in common") if name in text] == []


def test_every_audience_has_its_rows() -> None:
    assert set(AUDIENCES) == {"engineers", "executives", "customers"}


def of_security(kind: Any, audience: Audience, *, is_incident: bool) -> Draft:
    of = told(**FULL, security_incident=is_incident)
    return draft_update(of, form=templates()[FORMS[kind]], kind=kind, audience=audience)


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
def test_of_a_security_incident_nothing_is_drafted_for_customers(kind: Any) -> None:
    withheld = of_security(kind, "customers", is_incident=True)
    assert withheld.text.startswith("Not written: this may be a security incident")
    assert [finding.kind for finding in withheld.findings] == ["security_incident"]
    assert withheld.unknowns and withheld.next_update_due is None
    assert "Not written" not in of_security(kind, "customers", is_incident=False).text


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_security_incident_engineers_get_every_message(kind: Any) -> None:
    written = of_security(kind, "engineers", is_incident=True)
    assert "Not written" not in written.text
    assert [finding.kind for finding in written.findings if finding.kind == "security_incident"] != []
