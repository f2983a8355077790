"""Reading of time series, one door: arithmetic, users of the worst hour, onset, baseline and trend.

The parts live in :mod:`buckets` (arithmetic), :mod:`users` (bounds for distinct users) and :mod:`onset` (when it began,
what was usual, where it goes).
"""

from sentry_runbook.incident.counting.buckets import (
    Peak,
    between,
    busiest_minute,
    end_of,
    in_window,
    resample,
    sparkline,
    time_of,
    total,
    worst_hour,
)
from sentry_runbook.incident.counting.onset import HOUR, find_baseline, find_onset, find_trend, is_new, issue_hours
from sentry_runbook.incident.counting.users import UsersWorstHour, straddling_windows, users_worst_hour

__all__ = [
    "HOUR",
    "Peak",
    "UsersWorstHour",
    "between",
    "busiest_minute",
    "end_of",
    "find_baseline",
    "find_onset",
    "find_trend",
    "in_window",
    "is_new",
    "issue_hours",
    "resample",
    "sparkline",
    "straddling_windows",
    "time_of",
    "total",
    "users_worst_hour",
    "worst_hour",
]
