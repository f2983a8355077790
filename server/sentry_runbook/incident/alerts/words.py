"""What an alert fires on, in words that a person reads. Pure.

The words say what Sentry does, not what its form says: "more than 100 events", for a value of 100 fires at the 101st.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from sentry_runbook.incident.alerts.replayed import ConditionMaximum
from sentry_runbook.incident.alerts.words_actions import notifies_words
from sentry_runbook.incident.alerts.words_conditions import clause, seconds_words
from sentry_runbook.incident.alerts.words_metric import metric_words
from sentry_runbook.incident.formatting import number
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, ConditionGroup

MOST_CONDITIONS = 8
"""Conditions of a group that are named; more are counted."""
NOT_TOLD = "what it fires on was not told"
EVENT_FORMS = ("workflow", "rule")
"""Forms that an event of an issue makes run; others are told by their metric or in words."""
DOES_NOTHING = "nothing: it has no block of actions"


def condition_words(alert: AlertDefinition) -> str:
    """The whole condition of an alert in one line: ``an issue is new; only in "production"``."""
    return "; ".join(_parts(alert))


def furthest_words(maximum: ConditionMaximum) -> str:
    """``the most was 60``; ``the most was 60 to 75`` where the counts do not tell it exactly."""
    low, high = sorted((maximum.value, maximum.value if maximum.at_most is None else maximum.at_most))
    values = list(dict.fromkeys(number(round(value, 2)) if isfinite(value) else "more" for value in (low, high)))
    return f"the {'least' if maximum.is_below else 'most'} was {' to '.join(values)}"


def _parts(alert: AlertDefinition) -> Iterator[str]:
    if alert.metric is not None:
        yield from metric_words(alert.metric)
    elif alert.form not in EVENT_FORMS:
        yield "; ".join(alert.words) or NOT_TOLD
        return
    elif alert.form == "workflow" and not alert.filters:
        yield DOES_NOTHING
        return
    else:
        yield _fires_on(alert)
    if alert.environment:
        yield f"only in {quoted(alert.environment)}"
    if alert.metric is None:
        yield _throttle(alert.frequency_minutes)


def _throttle(minutes: int | None) -> str:
    if minutes is None:
        return "how often at most was not told"
    return f"at most once in {seconds_words(60 * minutes)} per issue" if minutes else "each time, without a pause"


def _fires_on(alert: AlertDefinition) -> str:
    """Triggers and filters. A trigger that every event passes is not worth words where a filter follows."""
    trigger = _trigger_words(alert.triggers)
    blocks = [block for block in alert.filters if block.conditions]
    if len(alert.filters) > 1:
        said = "; ".join(f"{notifies_words(block.actions)} if {_or_always(block)}" for block in alert.filters)
        return f"{trigger or 'an event comes in'}: {said}"
    filters = group_words(blocks[0]) if blocks else ""
    if trigger and filters:
        return f"{_bracketed(trigger, alert.triggers)}, and {_bracketed(filters, blocks[0])}"
    return trigger or filters or "an event comes in"


def _trigger_words(triggers: ConditionGroup | None) -> str:
    """Empty where every event passes."""
    if triggers is None:
        return NOT_TOLD
    return "" if _passes_all(triggers) else group_words(triggers)


def _passes_all(group: ConditionGroup) -> bool:
    """Whether every event passes: an empty group does, and "every event" where one condition suffices."""
    every = [condition.type == "every_event" for condition in group.conditions]
    return not every or (group.logic == "any" and any(every)) or (group.logic == "all" and all(every))


def _or_always(block: ConditionGroup) -> str:
    return group_words(block) if block.conditions else "it passes at all"


def _bracketed(words: str, group: ConditionGroup | None) -> str:
    """In brackets where it holds an *or* that the *and* around it would tear."""
    is_several = group is not None and group.logic != "all" and len(group.conditions) > 1
    return f"({words})" if is_several else words


def group_words(group: ConditionGroup) -> str:
    """The conditions of a group with how they are combined; an empty one passes."""
    named = [clause(condition) for condition in group.conditions[:MOST_CONDITIONS]]
    left = len(group.conditions) - len(named)
    named += [f"{left} more conditions"] if left else []
    if group.logic == "none":
        return f"none of these holds: {'; '.join(named)}" if len(named) > 1 else f"it does not hold that {named[0]}"
    return f", {'or' if group.logic == 'any' else 'and'} ".join(named)
