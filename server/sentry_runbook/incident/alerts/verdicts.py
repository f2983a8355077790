"""The verdict on an alert, by rules in order: the first that holds, with its reason in one sentence.

Unknown decides nothing: a rule that needs a number that is not known neither holds nor is it passed over, and then
there is no verdict at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.acted_on import ActedOn
from sentry_runbook.incident.alerts.catches import Catch
from sentry_runbook.incident.alerts.replayed import ConditionMaximum, Replay
from sentry_runbook.incident.alerts.words import furthest_words
from sentry_runbook.incident.formatting import count, duration, number, percent
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.policy import AlertRules
from sentry_runbook.incident.model.results.alert_review import ReviewVerdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHATTY_PCT = 80.0
"""One issue with that part of the firings is named (reference: alerts, 4)."""
NOT_READ = "how often it fired is not known"


@dataclass(frozen=True)
class Told:
    """What is known of one alert.

    Attributes:
        firings: in the period; None: not known. ``firings_at_least``: of them those that are known.
        issues: distinct ones that it fired for; None: not known.
        busiest: short id of the issue with most firings, and how many they are.
        acted_on: None where no log was read, or it is no alert on issues.
        catches: of the episodes that it is there for, the oldest first; None where episodes are not known.
        uncounted: issues that it fired for whose events by the hour are not known: any of them may be an episode.
        why_dead: None: nothing says so.
        why_unread: why its firings are not known.
        tells_of_episodes: False of cron monitors and uptime checks.
    """

    alert: AlertDefinition
    window: Window
    rules: AlertRules
    replay: Replay
    firings: int | None = None
    firings_at_least: int = 0
    issues: int | None = None
    busiest: tuple[str, int] | None = None
    fired_at: datetime | None = None
    acted_on: ActedOn | None = None
    catches: tuple[Catch, ...] | None = None
    uncounted: int = 0
    why_dead: str | None = None
    why_unread: str | None = None
    tells_of_episodes: bool = True

    @property
    def days(self) -> float:
        """Length of the period."""
        return self.window.length / DAY

    @property
    def missed(self) -> int:
        """Episodes that it is there for and surely did not tell of in time."""
        return sum(catch.in_time is False for catch in self.catches or ())

    def with_outcome(self, outcome: str) -> tuple[Catch, ...]:
        """The catches of one outcome."""
        return tuple(catch for catch in self.catches or () if catch.outcome == outcome)

    @property
    def period(self) -> str:
        """``14 d``: the window begins with a full hour, so the minutes beside it say nothing."""
        hours = self.window.length // HOUR
        return duration(hours * HOUR if hours else self.window.length)


@dataclass(frozen=True)
class AlertJudgement:
    """A verdict and why; without a verdict why there is none."""

    verdict: ReviewVerdict | None
    why: str


Rule = Callable[[Told], bool | None]
"""Whether it holds; None where that is not known."""


def judge(told: Told) -> AlertJudgement:
    """The first rule that holds. One that may hold, as far as is known, ends the search without a verdict."""
    for verdict, holds, why in RULES:
        answer = holds(told)
        if answer:
            return AlertJudgement(verdict, why(told))
        if answer is None:
            return AlertJudgement(None, _why_none(told))
    return AlertJudgement("works", _why_works(told))


def _is_dead(told: Told) -> bool | None:
    return told.why_dead is not None


def _is_noisy(told: Told) -> bool | None:
    """Often, and hardly anybody acted on it; where no log is known it is not called so."""
    acted = told.acted_on
    if acted is None or not acted.of or acted.pct >= told.rules.noisy_acted_on_pct:
        return False
    # A few firings in an hour are not a day of them.
    if told.firings_at_least / max(told.days, 1.0) >= told.rules.noisy_per_day:
        return True
    return None if told.firings is None else False


def _is_late(told: Told) -> bool | None:
    if told.catches is None:
        # What it fired in is not known; what did not fire was not late.
        return None if told.tells_of_episodes and told.firings != 0 else False
    outcomes = [catch.outcome for catch in told.catches]
    if "caught" in outcomes:
        return False
    if "unknown" in outcomes or told.uncounted:
        return None
    return "late" in outcomes


def _never_fired(told: Told) -> bool | None:
    if told.firings_at_least:
        return False
    return None if told.firings is None else told.firings == 0


# --- reasons -------------------------------------------------------------------------------------------------------


def _why_dead(told: Told) -> str:
    return told.why_dead or ""


def _why_noisy(told: Told) -> str:
    parts = [_fired(told)]
    if told.acted_on is not None:
        parts.append(_acted_on(told.acted_on, told))
    if told.busiest is not None and told.firings and 100 * told.busiest[1] / told.firings >= CHATTY_PCT:
        parts.append(f"{percent(round(100 * told.busiest[1] / told.firings))} of the firings are for {told.busiest[0]}")
    return "; ".join(parts)


def _why_late(told: Told) -> str:
    late, missed = told.with_outcome("late"), told.with_outcome("missed")
    soonest = min((after for catch in late if (after := catch.after) is not None), default=None)
    when = "" if soonest is None else f", {_after(soonest)} after the start at the soonest"
    among = f"{len(late)} of {count(len(told.catches or ()), 'incident')}"
    also = f"; it missed {len(missed)}" if missed else ""
    return f"it fired in {among}, in none of them within {told.rules.caught_within_minutes} minutes{when}{also}"


def _why_never(told: Told) -> str:
    parts = [f"it did not fire in {told.period}"]
    missed, maximum = told.with_outcome("missed"), told.replay.maximum
    if missed:
        parts.append(f"it missed {_of_all(len(missed), told)}")
    elif told.catches is not None and told.tells_of_episodes:
        parts.append("there was no incident for it to tell of")
    if maximum is not None and not told.replay.why_not:
        parts += _how_near(maximum)
    return "; ".join(parts)


def _how_near(maximum: ConditionMaximum) -> Iterator[str]:
    """How far its number came; one that was reached is not what held it back, one that may have been tells nothing."""
    words, limit = "less than" if maximum.is_below else "more than", number(maximum.limit)
    if not maximum.is_reached:
        yield f"it needs {words} {limit}, {furthest_words(maximum)}"
    elif maximum.is_surely_reached:
        most = number(round(maximum.value, 2))
        yield f"its number alone was reached ({words} {limit}: {most}), so that something else held it back"


def _why_works(told: Told) -> str:
    caught, missed, late = (told.with_outcome(outcome) for outcome in ("caught", "missed", "late"))
    parts = [_fired(told)]
    longest = max((after[1] for catch in caught if (after := catch.after) is not None), default=None)
    if caught:
        when = "" if longest is None else f", {_at_most(longest)}"
        parts.append(f"it caught {_of_all(len(caught), told)}{when}")
    parts += [f"{len(catches)} {word}" for catches, word in ((late, "late"), (missed, "missed")) if catches]
    if told.catches == ():
        parts.append("there was no incident for it to tell of")
    return "; ".join(parts)


def _why_none(told: Told) -> str:
    if told.firings is None and not told.firings_at_least:
        return f"{NOT_READ}: {told.why_unread}" if told.why_unread else NOT_READ
    if told.firings is None:
        return f"it fired {number(told.firings_at_least)} times or more: how often is not known"
    if told.catches is None:
        return f"{_fired(told)}; the incidents of the period are not known"
    unknown = len(told.with_outcome("unknown"))
    if not unknown:
        issues = "an issue" if told.uncounted == 1 else count(told.uncounted, "issue")
        return f"{_fired(told)}; events of {issues} among these were not counted by the hour"
    return f"{_fired(told)}; whether it fired in time is not known of {_of_all(unknown, told)}"


def _fired(told: Told) -> str:
    """``fired 212 times in 14 d, 15 a day, for 3 issues``."""
    firings = told.firings if told.firings is not None else told.firings_at_least
    at_least = "" if told.firings is not None else "at least "
    a_day = firings / told.days
    often = f", {number(round(a_day))} a day" if a_day >= 1 and told.days > 1 else ""
    issues = f", for {count(told.issues, 'issue')}" if told.issues else ""
    return f"fired {at_least}{count(firings, 'time')} in {told.period}{often}{issues}"


def _acted_on(acted: ActedOn, told: Told) -> str:
    """``0 of 3 were acted on within 24 h``; of how many that is known, where it is not known of all."""
    known = f"{acted.of}" if acted.of == told.issues else f"the {acted.of} of which it is known"
    return f"{acted.issues} of {known} {'was' if acted.of == 1 else 'were'} acted on within 24 h"


def _at_most(minutes: int) -> str:
    return f"after {minutes} min at most" if minutes else "within a minute"


def _of_all(part: int, told: Told) -> str:
    return f"{part} of {count(len(told.catches or ()), 'incident')}"


def _after(after: tuple[int, int]) -> str:
    return f"{after[1]} min" if after[0] == after[1] else f"{after[0]} to {after[1]} min"


RULES: tuple[tuple[ReviewVerdict, Rule, Callable[[Told], str]], ...] = (
    ("dead", _is_dead, _why_dead),
    ("noisy", _is_noisy, _why_noisy),
    ("late", _is_late, _why_late),
    ("never_fired", _never_fired, _why_never),
)
"""In this order (DESIGN section 6); what none of them holds for works."""
ORDER: tuple[ReviewVerdict | None, ...] = ("dead", "noisy", "late", "never_fired", None, "works")
"""The worst first."""
