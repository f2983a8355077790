"""How indicators add up, and how patterns that hold together weigh against each other: both sides of every limit."""

from collections.abc import Mapping

import pytest

from sentry_runbook.incident.causes.causes import rank
from sentry_runbook.incident.causes.hypothesis import Hypothesis, Indicator, excerpt

DEPLOYMENT, CONFIGURATION = "deployment_regression", "configuration_change"
THIRD_PARTY, DATA, RESOURCE = "third_party_failure", "data_corruption", "resource_exhaustion"
DEPENDENCY, HOSTILE, SDK = "dependency_failure", "hostile_traffic", "sdk_misconfiguration"


def hypothesis(*indicators: tuple[str, int], core: bool = True, pattern: str = DEPLOYMENT) -> Hypothesis:
    """A hypothesis with indicators of these kinds and points; the first may be a core one."""
    return Hypothesis(
        pattern,
        tuple(
            Indicator(kind, points, f"{kind} {points}", core=core and index == 0)
            for index, (kind, points) in enumerate(indicators)
        ),
    )


# --- adding up -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("indicators", "core", "holds"),
    [
        ((("a", 1),), True, False),
        ((("a", 2),), True, True),
        ((("a", 2),), False, False),
        ((("a", 9),), False, False),
        ((("a", 1), ("b", 1)), True, True),
        ((("a", 3), ("b", -1)), True, True),
        ((("a", 3), ("b", -2)), True, False),
        # A core indicator that speaks against, or for nothing, is no sign of the pattern.
        ((("a", 0), ("b", 5)), True, False),
        ((("a", -1), ("b", 5)), True, False),
        ((), True, False),
    ],
)
def test_a_pattern_holds_from_two_points_with_a_sign_of_its_own(
    indicators: tuple[tuple[str, int], ...], core: bool, holds: bool
) -> None:
    assert hypothesis(*indicators, core=core).holds is holds


@pytest.mark.parametrize(
    ("indicators", "points", "confidence"),
    [
        ((("a", 2),), 2, "low"),
        ((("a", 3),), 3, "low"),
        ((("a", 4),), 4, "medium"),
        ((("a", 3), ("b", 2)), 5, "medium"),
        ((("a", 3), ("b", 3)), 6, "high"),
        ((("a", 4), ("b", 3)), 7, "high"),
        # one kind alone
        ((("a", 6),), 6, "medium"),
        ((("a", 4), ("a", 4)), 8, "medium"),
        ((("a", 6), ("b", 0)), 6, "medium"),
        ((("a", 7), ("b", -1)), 6, "medium"),
        # strong opposition
        ((("a", 6), ("b", 2), ("c", -2)), 6, "high"),
        ((("a", 6), ("b", 3), ("c", -3)), 6, "medium"),
        ((("a", 6), ("b", 4), ("c", -4)), 6, "medium"),
        # opposition does not make less of what is not high
        ((("a", 4), ("b", 3), ("c", -3)), 4, "medium"),
        ((("a", 3), ("b", 2), ("c", -3)), 2, "low"),
        ((("a", 1),), 1, "low"),
    ],
)
def test_confidence_follows_points_kinds_and_opposition(
    indicators: tuple[tuple[str, int], ...], points: int, confidence: str
) -> None:
    assert (hypothesis(*indicators).points, hypothesis(*indicators).confidence) == (points, confidence)


def test_an_excerpt_is_cut_after_160_characters() -> None:
    assert excerpt("x" * 160) == f'"{"x" * 160}"'
    assert excerpt("x" * 161) == f'"{"x" * 159}…"'


EXPLAINING = (DEPLOYMENT, CONFIGURATION, THIRD_PARTY, DATA, RESOURCE, DEPENDENCY, HOSTILE)
SEEMING = (DEPLOYMENT, CONFIGURATION, DATA, RESOURCE, DEPENDENCY)
"""What hostile requests seem to show."""


# --- against each other --------------------------------------------------------------------------------------------

WEIGHED: list[tuple[Mapping[str, int], Mapping[str, int]]] = [
    # a failing host, from 5 points, against a deploy and against bad data
    ({DEPLOYMENT: 4, THIRD_PARTY: 4}, {DEPLOYMENT: 4, THIRD_PARTY: 4}),
    ({DEPLOYMENT: 4, THIRD_PARTY: 5}, {THIRD_PARTY: 5, DEPLOYMENT: 2}),
    ({DEPLOYMENT: 4, THIRD_PARTY: 6}, {THIRD_PARTY: 6, DEPLOYMENT: 2}),
    ({THIRD_PARTY: 4, DATA: 4}, {THIRD_PARTY: 4, DATA: 4}),
    ({THIRD_PARTY: 5, DATA: 4}, {THIRD_PARTY: 5, DATA: 2}),
    ({THIRD_PARTY: 5, DATA: 3}, {THIRD_PARTY: 5}),
    ({THIRD_PARTY: 9, RESOURCE: 4}, {THIRD_PARTY: 9, RESOURCE: 4}),
    # a resource that ran out, from 5 points, against a deploy
    ({DEPLOYMENT: 4, RESOURCE: 4}, {DEPLOYMENT: 4, RESOURCE: 4}),
    ({DEPLOYMENT: 4, RESOURCE: 5}, {RESOURCE: 5, DEPLOYMENT: 3}),
    ({RESOURCE: 9, THIRD_PARTY: 4, DATA: 3}, {RESOURCE: 9, THIRD_PARTY: 4, DATA: 3}),
    # a deploy, from 5 points, against the three that errors name
    ({DEPLOYMENT: 5, THIRD_PARTY: 4}, {DEPLOYMENT: 5, THIRD_PARTY: 2}),
    ({DEPLOYMENT: 5, DATA: 4}, {DEPLOYMENT: 5, DATA: 2}),
    ({DEPLOYMENT: 5, RESOURCE: 4}, {DEPLOYMENT: 5, RESOURCE: 2}),
    ({DEPLOYMENT: 4, DATA: 4}, {DEPLOYMENT: 4, DATA: 4}),
    # strengths are those before any weakening, so both of two strong patterns lose
    ({DEPLOYMENT: 6, THIRD_PARTY: 6}, {DEPLOYMENT: 4, THIRD_PARTY: 4}),
    ({DEPLOYMENT: 8, THIRD_PARTY: 5, RESOURCE: 5}, {DEPLOYMENT: 5, THIRD_PARTY: 3, RESOURCE: 3}),
    # bad data speaks against no other cause
    ({DATA: 9, DEPLOYMENT: 4, THIRD_PARTY: 3, RESOURCE: 2}, {DATA: 9, DEPLOYMENT: 4, THIRD_PARTY: 3, RESOURCE: 2}),
    # a dependency of our own, from 5 points, as a failing host of others
    ({DEPLOYMENT: 4, DEPENDENCY: 4}, {DEPLOYMENT: 4, DEPENDENCY: 4}),
    ({DEPLOYMENT: 4, DEPENDENCY: 5}, {DEPENDENCY: 5, DEPLOYMENT: 2}),
    ({DEPENDENCY: 5, DATA: 4}, {DEPENDENCY: 5, DATA: 2}),
    ({DEPENDENCY: 4, DATA: 4}, {DEPENDENCY: 4, DATA: 4}),
    # what only ran out is the resource first, and alone; a cache that is full is the cache
    ({DEPENDENCY: 2, RESOURCE: 2}, {RESOURCE: 2}),
    ({DEPENDENCY: 2, RESOURCE: 4}, {RESOURCE: 4}),
    ({DEPENDENCY: 5, RESOURCE: 4}, {DEPENDENCY: 4, RESOURCE: 4}),
    ({DEPENDENCY: 6, RESOURCE: 4}, {DEPENDENCY: 5, RESOURCE: 2}),
    # hostile requests, from 4 points, against all that they seem to show
    *(({HOSTILE: 4, each: 4}, {HOSTILE: 4}) for each in SEEMING),
    *(({HOSTILE: 3, each: 4}, {each: 4, HOSTILE: 3}) for each in SEEMING),
    ({HOSTILE: 4, DEPLOYMENT: 5}, {HOSTILE: 4, DEPLOYMENT: 2}),
    # a flag that the events carry, from 6 points, against a deploy; and a deploy that they live on, from 9, against it
    ({DEPLOYMENT: 4, CONFIGURATION: 5}, {CONFIGURATION: 5, DEPLOYMENT: 4}),
    ({DEPLOYMENT: 6, CONFIGURATION: 6}, {CONFIGURATION: 6, DEPLOYMENT: 4}),
    ({DEPLOYMENT: 8, CONFIGURATION: 5}, {DEPLOYMENT: 8, CONFIGURATION: 5}),
    ({DEPLOYMENT: 9, CONFIGURATION: 5}, {DEPLOYMENT: 9, CONFIGURATION: 3}),
    ({CONFIGURATION: 9, THIRD_PARTY: 5}, {CONFIGURATION: 9, THIRD_PARTY: 5}),
    # what only explains blindness: weakened once from 4 points of any other, last in any case, against nobody
    *(({each: 3, SDK: 8}, {each: 3, SDK: 8}) for each in EXPLAINING),
    *(({each: 4, SDK: 8}, {each: 4, SDK: 6}) for each in EXPLAINING),
    ({DATA: 4, RESOURCE: 4, SDK: 8}, {DATA: 4, RESOURCE: 4, SDK: 6}),
    ({DEPLOYMENT: 4, SDK: 3}, {DEPLOYMENT: 4}),
    ({SDK: 9}, {SDK: 9}),
    # of equals, the first given
    ({RESOURCE: 3, DATA: 3}, {RESOURCE: 3, DATA: 3}),
    ({RESOURCE: 2, DATA: 3}, {DATA: 3, RESOURCE: 2}),
    ({DATA: 1}, {}),
]


@pytest.mark.parametrize(("points", "after"), WEIGHED)
def test_patterns_that_hold_together_weaken_each_other(points: Mapping[str, int], after: Mapping[str, int]) -> None:
    ranked = rank([hypothesis(("a", value), pattern=name) for name, value in points.items()])
    assert [(each.pattern, each.points) for each in ranked] == list(after.items())


@pytest.mark.parametrize(
    ("strong", "weak", "text"),
    [
        (THIRD_PARTY, DEPLOYMENT, "Calls to an external host fail, which a deploy does not explain by itself."),
        (THIRD_PARTY, DATA, "A failing external host may send what looks like bad data."),
        (RESOURCE, DEPLOYMENT, "The errors name a resource that ran out, which timing alone does not explain."),
        (DEPENDENCY, DEPLOYMENT, "A dependency of our own fails, which a deploy does not explain by itself."),
        (DEPENDENCY, DATA, "A failing service of our own may send what looks like bad data."),
        (DEPENDENCY, RESOURCE, "It is a dependency that fails, not this application's own resource."),
        (
            HOSTILE,
            DEPLOYMENT,
            "The requests are hostile: what they break is no fault of a release, of data or of load.",
        ),
        (DEPLOYMENT, THIRD_PARTY, "The errors begin with a release, which points to a change of the code."),
        (DEPLOYMENT, RESOURCE, "The errors begin with a release, which points to a change of the code."),
        (CONFIGURATION, DEPLOYMENT, "A flag was changed when the errors began, and the events carry it."),
        (DEPLOYMENT, CONFIGURATION, "The errors begin with a release, and live on it."),
        (DATA, SDK, "Another pattern explains the errors themselves."),
    ],
)
def test_a_counterweight_is_told_as_evidence_against(strong: str, weak: str, text: str) -> None:
    _, weakened = rank([hypothesis(("a", 9), pattern=strong), hypothesis(("a", 5), pattern=weak)])
    assert weakened.pattern == weak
    assert [indicator.text for indicator in weakened.indicators if indicator.points < 0] == [text]


@pytest.mark.parametrize("weak", [DEPLOYMENT, SDK])
def test_a_pattern_without_a_sign_of_its_own_has_no_strength(weak: str) -> None:
    coreless = hypothesis(("a", 9), core=False, pattern=THIRD_PARTY)
    (only,) = rank([coreless, hypothesis(("a", 4), pattern=weak)])
    assert (only.pattern, only.points) == (weak, 4)
