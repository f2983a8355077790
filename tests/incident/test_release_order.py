"""How Sentry compares the releases of an issue, and what a resolve in one of them, or in the next, says of it."""

from typing import Any

import pytest

from sentry_runbook.incident.issue_report import read_issue
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Activity, Event, Evidence, Release
from sentry_runbook.incident.release_versions import is_later, latest_version, release_order, version_of
from sentry_runbook.incident.resolution.plan import plan
from sentry_runbook.incident.resolution.release_order import order_warnings
from sentry_runbook.incident.resolution.request import ResolutionRequest, change_of
from sentry_runbook.incident.resolution.verification import compare
from sentry_runbook.incident.triage.checklist import checklist
from tests.incident.builder import HOUR, MINUTE, NOW, Seen, ago, burst, incident, known, read

NEXT = ResolutionRequest(action="resolve_in_next_release")


def in_release(version: str) -> ResolutionRequest:
    return ResolutionRequest(action="resolve_in_release", release=version)


def seen_in(*releases: str | None, issue: dict[str, object] | None = None) -> Evidence:
    """An issue with two events of each release, the first one's newest."""
    events: list[Seen] = []
    for number, release in enumerate(releases):
        events += burst(ago(hours=6 + number), 2, MINUTE, 2, release=release)
    return incident(events, issue=issue or {})


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("app@2.0.0", "app@1.10.9"),
        ("app@1.10.0", "app@1.9.0"),
        ("app@1.2.0", "app@1.2.0-rc.1"),
        ("app@1.2.0-rc.2", "app@1.2.0-rc.1"),
        ("app@1.2.0-rc.10", "app@1.2.0-rc.9"),
        ("app@1.2.0-rc.1", "app@1.2.0-beta.9"),
        ("app@1.2.0-rc.1", "app@1.1.9"),
        ("app@1.2.0+46", "app@1.2.0+45"),
        ("app@1.2.0+1", "app@1.2.0"),
        ("app@3.25.47.22", "app@3.25.47.21"),
        ("@acme/app@1.1.0", "other@1.0.0"),
        ("app@1.2", "app@1.1.9"),
        ("app@1.2.0", "app@1.2.0rc1"),
        ("app@1.2.0rc1", "app@1.2.0b2"),
        ("app@1.0a1", "app@0.9"),
        ("app@8", "app@7"),
        ("app@20261120", "app@20261119"),
        ("app@1.2.3-5-g0abcdef", "app@1.2.2"),
        ("app@1", f"app@1ab{'0' * 18}"),
        ("app\uff202.0.0", "app@1.0.0"),
    ],
)
def test_versions_are_ordered_by_number_then_prerelease_then_build(later: str, earlier: str) -> None:
    assert is_later(later, earlier)
    assert not is_later(earlier, later)
    assert latest_version((earlier, later)) == later


@pytest.mark.parametrize(
    "name",
    [
        *("9f3c2ab", "2026-11-20", "main", "app@main", "7", "", "1.2.3.4.5", "release/1.2", "app@1.2.3.4.5"),
        *("app@v1.2.3", "app@1.2.3_1", "app@1.2.3 (45)", "app@1.2.3-01", "app@1.2.x", "app@"),
        # Digits of the length of a hash are one.
        *("app@0a1b2c3d4e5f", "app@202611201200", "app@12345678901234567890"),
        *(f"app@1ab{'0' * (length - 3)}" for length in (12, 16, 20, 32, 40, 64)),
    ],
)
def test_hashes_dates_and_branches_are_no_version_numbers(name: str) -> None:
    assert version_of(name) is None
    assert not is_later(name, "app@1.0.0")
    assert not is_later("app@1.0.0", name)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ((), None),
        (("app@1.0.0", "@acme/app@1.0.1-rc.1"), "version"),
        (("1.0.0", "v1.0.1"), "date"),
        (("9f3c2ab", "app@main"), "date"),
        (("1.0.0", "app@1.0.1"), "mixed"),
    ],
)
def test_releases_are_compared_by_version_only_where_they_name_their_package(
    names: tuple[str, ...], order: str | None
) -> None:
    assert release_order(names) == order


BY_DATE = "Sentry compares these releases by the date they were created, because"


@pytest.mark.parametrize(
    ("asked", "releases", "warnings"),
    [
        pytest.param(NEXT, ("app@1.0.1", "app@1.0.0"), (), id="one line by version"),
        pytest.param(
            NEXT,
            ("7.1.2", "7.1.1"),
            (
                f'{BY_DATE} "7.1.2" names no package (package@1.2.3): any release created after "7.1.2" reopens it, '
                "whatever its number.",
            ),
            id="bare numbers",
        ),
        pytest.param(
            NEXT,
            ("9f3c2ab", "11d0e7c"),
            (
                f'{BY_DATE} "9f3c2ab" is no version number (package@1.2.3): any release created after "9f3c2ab" '
                "reopens it, whatever its number.",
            ),
            id="hashes",
        ),
        pytest.param(
            NEXT,
            ("7.1.2", "6.4.8"),
            (
                f'{BY_DATE} "7.1.2" names no package (package@1.2.3): any release created after "7.1.2" reopens it, '
                "whatever its number.",
                'Older lines are in use ("6.4.8"): a hotfix of one that is created later reopens it, though it was '
                "never to hold the fix.",
            ),
            id="an older line by date",
        ),
        pytest.param(
            NEXT,
            ("6.4.8", "7.1.2"),
            (
                f'{BY_DATE} "6.4.8" names no package (package@1.2.3): any release created after "6.4.8" reopens it, '
                "whatever its number.",
                'Older lines are in use ("6.4.8"): a hotfix of one that is created later reopens it, though it was '
                "never to hold the fix.",
            ),
            id="the newest event is of the older line",
        ),
        pytest.param(
            NEXT,
            ("app@2.0.0", "app@1.4.8"),
            (
                'Sentry compares these releases by version: events of older lines ("app@1.4.8"), and of hotfixes of '
                "those, however new, do not reopen it. Make sure that they need no fix.",
            ),
            id="an older line by version",
        ),
        pytest.param(
            NEXT,
            ("app@2.0.0-rc.1", "app@1.9.0"),
            (
                'Sentry compares these releases by version: events of older lines ("app@1.9.0"), and of hotfixes of '
                "those, however new, do not reopen it. Make sure that they need no fix.",
                '"app@2.0.0-rc.1" is a pre-release: its release and every further pre-release count as later, and '
                "reopen it.",
            ),
            id="seen in a pre-release",
        ),
        pytest.param(
            NEXT,
            ("app@1.0.1", "1.0.0"),
            (
                'The releases are named in two ways ("app@1.0.1", "1.0.0"): Sentry compares them by version only while '
                "one of the newest three is package@1.2.3, else by the date they were created; then any release "
                'created after "app@1.0.1" reopens it.',
            ),
            id="both ways",
        ),
        pytest.param(
            NEXT,
            ("app@1.0.1", None),
            ("2 of the latest 4 events carry no release: those never reopen an issue that is resolved in a release.",),
            id="events without a release",
        ),
        pytest.param(NEXT, (None,), (), id="no release at all is another warning"),
        pytest.param(in_release("app@1.0.2"), ("app@1.0.1",), (), id="a later one of the line"),
        pytest.param(
            in_release("7.1.3"),
            ("7.1.2",),
            (
                f'{BY_DATE} "7.1.3" names no package (package@1.2.3): any release created after "7.1.3" reopens it, '
                "whatever its number.",
            ),
            id="in a bare number",
        ),
        pytest.param(
            in_release("app@2.0.0"),
            ("app@1.4.8", "app@2.0.0-rc.1"),
            (
                'Sentry compares these releases by version: events of older lines ("app@1.4.8"), and of hotfixes of '
                "those, however new, do not reopen it. Make sure that they need no fix.",
                'The pre-release "app@2.0.0-rc.1" counts as older than "app@2.0.0": it does not reopen it.',
            ),
            id="in a release of the newer line",
        ),
        pytest.param(
            in_release("app@1.4.9"),
            ("app@1.4.8", "app@2.0.0"),
            (
                'Events of this issue come from "app@2.0.0", by version later than "app@1.4.9": the next one of those '
                "reopens it.",
            ),
            id="in a hotfix of the older line",
        ),
        pytest.param(
            in_release("app@2.0.0-rc.1"),
            ("app@2.0.0-beta.3",),
            (
                '"app@2.0.0-rc.1" is a pre-release: its release and every further pre-release count as later, and '
                "reopen it.",
            ),
            id="in a pre-release",
        ),
    ],
)
def test_a_resolve_in_a_release_says_how_sentry_compares_it(
    asked: ResolutionRequest, releases: tuple[str | None, ...], warnings: tuple[str, ...]
) -> None:
    evidence = seen_in(*releases)
    assert tuple(order_warnings(asked, read(evidence))) == warnings
    assert set(warnings) <= set(plan(asked, read(evidence)).warnings)
    plain = plan(ResolutionRequest(action="resolve"), read(evidence)).warnings
    assert not set(warnings) & set(plain)


# --- with the project's releases


@pytest.mark.parametrize(
    ("newest", "order"),
    [
        (("app@2.0.0",), "version"),
        (("9f3c2ab",), "date"),
        (("9f3c2ab", "app@2.0.0"), "date"),
        (("app@2.0.0", "9f3c2ab"), "version"),
        (("9f3c2ab", "8f3c2ab", "app@2.0.0"), "version"),
        (("9f3c2ab", "8f3c2ab", "7f3c2ab", "app@2.0.0"), "date"),
        (("app@2.0.0", *["9f3c2ab"] * 6, "app@1.0.0", "app@0.9.0", "x"), "version"),
        (("app@2.0.0", *["9f3c2ab"] * 7, "app@1.0.0", "x"), "date"),
        (("app@2.0.0", *["9f3c2ab"] * 7, "app@1.0.0", "x", "app@0.9.0"), "date"),
    ],
    ids=["one", "hash", "newer hash", "older hash", "third", "fourth", "three of ten", "two of ten", "eleventh"],
)
def test_the_newest_releases_of_the_project_decide_how_all_are_compared(newest: tuple[str, ...], order: str) -> None:
    assert release_order(("app@2.0.0",), newest) == order
    assert release_order(("7.1.2",), newest) == "date"
    assert release_order((), newest) is None


def in_project(evidence: Evidence, *newest: str) -> Evidence:
    """With the project's releases, the last created first; the list is not in that order, for Sentry's need not be."""
    releases = [Release(version=version, created=ago(days=place + 1)) for place, version in enumerate(newest)]
    return evidence.model_copy(update={"releases": known((*releases[1:], *releases[:1]))})


GREATEST = (
    'The project\'s greatest version is "{0}". Newer servers count from it: then only a release after "{0}" reopens '
    'it, no event of "{1}" and none of its hotfixes. Older servers count from "{1}", the greatest that this issue was '
    "seen in. The read-back tells which."
)
OLDER_STAY = (
    "Sentry compares these releases by version: events of older lines ({}), and of hotfixes of those, however new, do "
    "not reopen it. Make sure that they need no fix."
)
OLDER_REOPEN = (
    "Older lines are in use ({}): a hotfix of one that is created later reopens it, though it was never to hold "
    "the fix."
)


@pytest.mark.parametrize(
    ("asked", "seen", "newest", "warnings"),
    [
        pytest.param(NEXT, ["app@1.2.0"], ["app@1.2.0", "app@1.1.0"], [], id="the greatest is the one seen"),
        pytest.param(
            NEXT,
            ["app@1.9.4"],
            ["app@1.9.4", "app@2.1.0"],
            [GREATEST.format("app@2.1.0", "app@1.9.4")],
            id="seen in an older line only",
        ),
        pytest.param(
            NEXT,
            ["app@1.2.0"],
            ["app@1.3.0-rc.1", "app@1.2.0"],
            [GREATEST.format("app@1.3.0-rc.1", "app@1.2.0")],
            id="a pre-release waits",
        ),
        pytest.param(
            NEXT,
            ["app@2.1.0"],
            ["app@1.9.5", "app@2.1.0", "app@1.9.4", "app@1.9.0"],
            [OLDER_STAY.format('"app@1.9.5"')],
            id="a hotfix of an older line is no event of it yet",
        ),
        pytest.param(
            NEXT,
            ["2.1.0"],
            ["1.9.5", "2.1.0", "1.9.4"],
            [
                f'{BY_DATE} "2.1.0" names no package (package@1.2.3): any release created after "2.1.0" reopens it, '
                "whatever its number.",
                'Created after it already: "1.9.5". An event of one of those reopens it.',
                OLDER_REOPEN.format('"1.9.5"'),
            ],
            id="bare numbers with a hotfix",
        ),
        pytest.param(
            NEXT,
            ["app@1.2.0"],
            ["9f3c2ab", "8f3c2ab", "7f3c2ab", "app@1.2.0"],
            [
                f'{BY_DATE} "9f3c2ab" is no version number (package@1.2.3): any release created after "app@1.2.0" '
                "reopens it, whatever its number.",
                'Created after it already: "9f3c2ab", "8f3c2ab", "7f3c2ab". An event of one of those reopens it.',
            ],
            id="the newest three are hashes",
        ),
        pytest.param(
            NEXT,
            ["1.1.0", "app@1.2.0"],
            ["app@1.1.9", "1.3.0", "app@1.2.0", "1.1.0"],
            [
                'Sentry compares this project\'s releases by version, but "1.1.0" by the date of creation, for want of '
                'a package (package@1.2.3); of those, any release created after "app@1.2.0" reopens it.',
                'Created after it already: "1.3.0". An event of one of those reopens it.',
                OLDER_REOPEN.format('"1.1.0"'),
            ],
            id="some without a package",
        ),
        pytest.param(
            NEXT,
            ["app@5.36.2", "app@999.0.0"],
            ["app@999.0.0", "app@5.36.2", "app@5.36.1"],
            [
                '"app@999.0.0" stands far above "app@5.36.2": if nobody shipped it (a modified app, a test build), no '
                "real release may count as the next one. resolve_in_release with the version of the fix does not "
                "depend on it.",
                OLDER_STAY.format('"app@5.36.2"'),
            ],
            id="a release that nobody shipped",
        ),
        pytest.param(
            NEXT,
            ["app@5.0.0"],
            ["app@7.0.0", "app@5.0.0"],
            [
                GREATEST.format("app@7.0.0", "app@5.0.0"),
                '"app@7.0.0" stands far above "app@5.0.0": if nobody shipped it (a modified app, a test build), no '
                "real release may count as the next one. resolve_in_release with the version of the fix does not "
                "depend on it.",
            ],
            id="two majors above",
        ),
        pytest.param(
            NEXT, ["app@5.0.0"], ["app@6.0.0"], [GREATEST.format("app@6.0.0", "app@5.0.0")], id="one major above"
        ),
        pytest.param(
            NEXT, ["app@7.0.0", "app@5.0.0"], ["app@7.0.0"], [OLDER_STAY.format('"app@5.0.0"')], id="a real leap"
        ),
        pytest.param(
            NEXT,
            ["web@1.2.0"],
            ["web@1.2.0", "worker@3.1.0"],
            [
                GREATEST.format("worker@3.1.0", "web@1.2.0"),
                'The project has releases of several packages ("web", "worker"): Sentry compares their numbers alone, '
                "so an event of a package with smaller numbers does not reopen it.",
            ],
            id="several packages",
        ),
        pytest.param(in_release("app@1.2.1"), ["app@1.2.0"], ["app@1.2.1"], [], id="only the release that was named"),
        pytest.param(
            in_release("app@2.1.1"),
            ["app@2.1.0"],
            ["app@1.9.5", "app@2.1.1", "app@2.1.0"],
            [OLDER_STAY.format('"app@1.9.5"')],
            id="in a release beside a hotfix",
        ),
    ],
)
def test_the_project_s_releases_tell_what_reopens_the_issue(
    asked: ResolutionRequest, seen: list[str], newest: list[str], warnings: list[str]
) -> None:
    assert list(order_warnings(asked, read(in_project(seen_in(*seen), *newest)))) == warnings


# --- what "the next release" is ------------------------------------------------------------------------------------


def resolved(*entries: Activity, **fields: object) -> dict[str, object]:
    return {"status": "resolved", "substatus": None, "activity": entries, **fields}


def next_after(current: str | None, hours: float, version: str | None = None) -> Activity:
    return Activity(kind="set_resolved_in_release", at=ago(hours=hours), version=version, current_release=current)


@pytest.mark.parametrize(
    ("issue", "summary"),
    [
        (
            resolved(next_after("app@2.4.0", 1), status_release="app@2.4.0"),
            'resolved in the next release: any release after "app@2.4.0" reopens it',
        ),
        (
            resolved(next_after("app@2.4.0", 1), status_release="app@2.5.0-rc1"),
            'resolved in the next release: any release after "app@2.4.0" reopens it '
            '(Sentry shows it as resolved in "app@2.5.0-rc1")',
        ),
        (
            resolved(next_after("app@2.3.0", 9), next_after("app@2.4.0", 1), status_release="app@2.4.0"),
            'resolved in the next release: any release after "app@2.4.0" reopens it',
        ),
        (
            resolved(next_after("app@2.4.0", 1, version="app@2.4.1"), status_release="app@2.4.1"),
            'resolved in the next release: any release after "app@2.4.0" reopens it '
            '(Sentry shows it as resolved in "app@2.4.1")',
        ),
        (
            resolved(
                next_after("app@2.4.0", 9),
                Activity(kind="set_resolved_in_release", at=ago(hours=1), version="app@2.6.0"),
                status_release="app@2.6.0",
            ),
            'resolved in release "app@2.6.0"',
        ),
        (resolved(next_after(None, 1), next_release=True), "resolved in the next release"),
        (
            resolved(next_after("app@2.4.0", 1)) | {"status": "unresolved", "substatus": "regressed"},
            "unresolved (regressed)",
        ),
    ],
    ids=["as shown", "shows a later one", "newest entry", "filled in", "a named one since", "by date", "came back"],
)
def test_the_newest_entry_of_the_log_says_after_which_release_the_issue_comes_back(
    issue: dict[str, object], summary: str
) -> None:
    evidence = seen_in("app@2.4.0", issue=issue)
    assert state_of(evidence.issue).summary == summary
    decided = plan(NEXT, read(evidence))
    assert decided.before.summary == summary
    assert decided.already == ("next release" in summary)
    if "any release after" in summary:
        dropped = plan(ResolutionRequest(action="resolve"), read(evidence)).warnings
        link = f"It is {summary} now; a plain resolve drops that link, and any event then reopens it."
        assert link in dropped


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        (
            resolved(next_after("app@2.4.0", 0), status_release="app@2.5.0-rc1"),
            'Sentry stored it as resolved in "app@2.5.0-rc1"; any release after "app@2.4.0" reopens it, '
            '"app@2.5.0-rc1" itself too.',
        ),
        (
            resolved(next_after("app@2.4.0", 0), status_release="app@2.4.0"),
            'Sentry stored it as resolved in "app@2.4.0"; any release after "app@2.4.0" reopens it.',
        ),
        (
            resolved(next_after(None, 0, version="7.1.3"), status_release="7.1.3"),
            'The next release is there already: Sentry stored it as resolved in "7.1.3"; that one and later ones '
            "reopen it.",
        ),
    ],
)
def test_the_read_back_says_what_the_next_release_became(fields: dict[str, object], note: str) -> None:
    before = seen_in("app@2.4.0").issue
    assert compare(change_of(NEXT), before.model_copy(update=fields), NOW).notes == (note,)


def test_where_sentry_counts_from_the_project_s_greatest_version_the_read_back_says_what_no_longer_reopens_it() -> None:
    before = seen_in("app@1.9.4", issue={"last_release": Release(version="app@1.9.4")}).issue
    fields = resolved(next_after("app@2.1.0", 0), status_release="app@2.1.0")
    assert compare(change_of(NEXT), before.model_copy(update=fields), NOW, before=before).notes == (
        'Sentry stored it as resolved in "app@2.1.0"; any release after "app@2.1.0" reopens it. That is above all it '
        'was seen in: no event of "app@1.9.4" and none of its hotfixes reopens it.',
    )


@pytest.mark.parametrize("asked", [NEXT, in_release("app@2.4.1"), in_release("latest")])
def test_where_a_resolved_issue_is_left_as_it_is_the_way_round_is_said(asked: ResolutionRequest) -> None:
    """Newer servers pass over an issue that is resolved already."""
    before = seen_in("app@2.4.0", issue={"status": "resolved", "substatus": None}).issue
    judged = compare(change_of(asked), before, NOW, before=before)
    assert judged.outcome == "not_applied"
    assert "use action=reopen first" in judged.notes[0]
    unresolved = seen_in("app@2.4.0").issue
    assert "reopen" not in compare(change_of(asked), before, NOW, before=unresolved).notes[0].replace("reopens", "")


# --- resolved in a commit, by itself


@pytest.mark.parametrize(
    ("fields", "words", "undo"),
    [
        ({"status_commit": "1a2b3c4"}, 'resolved in commit "1a2b3c4"', "its link to the commit"),
        ({"auto_resolved": True}, "resolved (by Sentry, after a time without events)", "action=resolve "),
        ({"next_release": True}, "resolved in the next release", "action=resolve_in_next_release"),
    ],
)
def test_what_a_resolved_issue_waits_for_is_said(fields: dict[str, object], words: str, undo: str) -> None:
    evidence = seen_in("app@2.4.0", issue={"status": "resolved", "substatus": None, **fields})
    assert state_of(evidence.issue).summary == words
    assert read_issue(read(evidence)).status_details == words
    assert undo in plan(ResolutionRequest(action="reopen"), read(evidence)).undo


def test_a_plain_status_has_no_details() -> None:
    assert read_issue(read(seen_in("app@2.4.0"))).status_details is None
    plain = seen_in("app@2.4.0", issue={"status": "resolved", "substatus": None, "status_release": None})
    assert read_issue(read(plain)).status_details is None


# --- a regression by date


@pytest.mark.parametrize(
    ("version", "resolved_in", "is_told"),
    [
        ("1.9.5", "2.1.0", True),
        ("2.1.1", "2.1.0", False),
        ("2.1.0", "2.1.0", False),
        ("9f3c2ab", "2.1.0", False),
        ("1.9.5", None, False),
    ],
)
def test_a_lower_version_that_reopened_the_issue_is_told(version: str, resolved_in: str | None, is_told: bool) -> None:
    back = Activity(kind="set_regression", at=ago(hours=1), version=version, resolved_in=resolved_in)
    issue: dict[str, object] = {"activity": (back,), "substatus": "regressed"}
    evidence = seen_in(version, issue=issue)
    said = f'It was resolved in "{resolved_in}", and the lower version "{version}" reopened it'
    warned = plan(ResolutionRequest(action="resolve"), read(evidence)).warnings
    assert any(warning.startswith(said) for warning in warned) is is_told
    [age] = [step.finding for step in checklist(read(evidence)) if "a regression, it came back" in step.finding]
    assert (said in age) is is_told


# --- the last release ----------------------------------------------------------------------------------------------

STALE = Release(version="app@1.0.0")


def with_event(evidence: Evidence, **fields: Any) -> Evidence:
    return evidence.model_copy(update={"event": known(Event(id="e" * 32, **fields))})


def test_the_newest_event_wins_over_the_last_release_that_sentry_has_cached() -> None:
    evidence = seen_in("app@1.1.0", issue={"last_release": STALE})
    last = evidence.issue.last_seen
    assert read_issue(read(evidence)).last_release == "app@1.1.0"
    alone = evidence.model_copy(update={"rows": known(())})
    assert read_issue(read(alone)).last_release == "app@1.0.0"
    assert read_issue(read(with_event(alone, when=last, release="app@1.2.0"))).last_release == "app@1.2.0"


def test_an_older_event_or_one_without_a_release_says_nothing_of_the_last_release() -> None:
    evidence = seen_in("app@1.1.0", issue={"last_release": STALE}).model_copy(update={"rows": known(())})
    last = evidence.issue.last_seen
    assert last is not None
    for fields in ({"when": last - HOUR, "release": "app@0.9.0"}, {"when": last}, {"release": "app@2.0.0"}):
        assert read_issue(read(with_event(evidence, **fields))).last_release == "app@1.0.0"


def test_a_last_release_that_sentry_does_not_tell_is_the_newest_event_s() -> None:
    evidence = seen_in("app@1.1.0").model_copy(update={"rows": known(())})
    assert read_issue(read(evidence)).last_release is None
    shown = read_issue(read(with_event(evidence, when=ago(hours=9), release="app@0.9.0")))
    assert shown.last_release == "app@0.9.0"
