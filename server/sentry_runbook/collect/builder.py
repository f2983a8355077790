"""Replies of the rounds → one ``Evidence``: each part a value with its source, or the reason why it is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sentry_runbook.collect.batch import Reply
from sentry_runbook.collect.mapping import Translator
from sentry_runbook.collect.plan import BREAKDOWN_TAGS, First, Second, knows_deploys, project_environments, step
from sentry_runbook.collect.question import Aspect, Question
from sentry_runbook.collect.sessions import merge_sessions
from sentry_runbook.errors import NotFound
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown, Window
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry import models

NOT_ERRORS = "{} issues hold no error events: counts come from the issue itself"
INGEST_LAG = timedelta(seconds=60)
"""Sentry takes 10 to 60 s to count an event (sentry-api §8): younger buckets may still grow."""


class Collector:
    """Holds what every part needs: the question, the scope, the clock and the one translator of the answer."""

    def __init__(
        self,
        question: Question,
        scope: ours.EnvironmentScope,
        policy: Policy,
        now: datetime,
        sanitizer: Sanitizer,
    ) -> None:
        self._question = question
        self._scope = scope
        self._policy = policy
        self._now = now
        self._sanitizer = sanitizer
        self._translate = Translator(sanitizer)
        self._event: Known[ours.Event] | Unknown = ours.NOT_ASKED
        self._sample: Known[tuple[ours.Event, ...]] | Unknown = ours.NOT_ASKED
        self._rows: Known[tuple[ours.EventRow, ...]] | Unknown = ours.NOT_ASKED

    def read(self, first: First) -> None:
        """Whole events and the list of events: what takes longest to put into our words, and needs only round one."""
        self._event = self._event_of(first)
        self._sample = self._sample_of(first)
        self._rows = self._rows_of(first)

    def evidence(self, first: First, second: Second, *, server: str, organization: str, url: str) -> Evidence:
        """Put the parts together; :meth:`read` comes before."""
        asked, rows = self._question, self._rows
        self._blame_environments(second)
        parts = {
            "event": self._event,
            "sample": self._sample,
            "rows": rows,
            "tags": first.tags.part("tags of the issue, all time", lambda tags: tuple(map(self._translate.tag, tags))),
            "totals": self._totals(second.totals, rows, asked.window),
            "widened": self._widened(second, rows),
            "environments": self._environments(second),
            "series": self._series(second),
            "users_per_hour": self._one(second.users_per_hour, "count_unique(user)", "distinct users per clock hour"),
            "unhandled": self._unhandled(second.unhandled, "this issue"),
            "project_unhandled": self._unhandled(second.project_unhandled, "the project"),
            "project_top": second.project_top.part(
                self._source("Discover errors, unhandled events by issue"), self._project_top
            ),
            "sessions": self._sessions(second),
            "latency": self._latency(second),
            "breakdown": self._breakdown(second.breakdown, asked.window),
            "breakdown_before": self._breakdown(
                second.breakdown_before,
                Window(start=asked.window.start - asked.window.length, end=asked.window.start),
            ),
            "releases": self._releases(first, second),
            "deploys": self._deploys(first, second),
            "suspect_commits": second.commits.part(
                "suspect commits of the event", lambda found: tuple(map(self._translate.commit, found))
            ),
            "alerts": second.alerts.part("alerts of the project", self._alerts),
            "notes": first.notes.part("comments on the issue", lambda found: tuple(map(self._translate.note, found))),
        }
        issue = self._translate.issue(first.issue, url, asked.reference.issue)
        if not issue.is_error:
            parts |= self._not_errors(issue.category)
        return Evidence(
            collected_at=self._now,
            server=server,
            organization=organization,
            window=asked.window,
            scope=self._safe_scope(),
            issue=issue,
            findings=findings_of(self._sanitizer),
            warnings=tuple(self._warnings(issue)),
            **parts,
        )

    def _source(self, what: str) -> str:
        window = self._question.window
        names = self._named(self._scope.names)
        return f"{what}; {window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}; environments: {names}"

    def _named(self, environments: Sequence[str]) -> str:
        # Names of environments come from events, or from a caller who copied one.
        return ", ".join(self._translate.name(name, "environment") or "" for name in environments) or "all"

    def _safe_scope(self) -> ours.EnvironmentScope:
        def safe(names: Sequence[str]) -> tuple[str, ...]:
            return tuple(self._translate.name(name, "environment") or "" for name in names)

        scope = self._scope
        return scope.model_copy(
            update={"names": safe(scope.names), "production": safe(scope.production), "others": safe(scope.others)}
        )

    def _event_of(self, first: First) -> Known[ours.Event] | Unknown:
        which = self._question.which
        return first.event.part(f"event {which} of the issue", self._translate.event)

    def _sample_of(self, first: First) -> Known[tuple[ours.Event, ...]] | Unknown:
        if not self._question.wants(Aspect.SAMPLE):
            return ours.NOT_ASKED
        chosen = first.event.value.id if first.event.value else None
        found = {
            reply.value.id: reply.value
            for reply in (first.oldest, first.recommended)
            if reply.value is not None and reply.value.id != chosen
        }
        if not found and first.oldest.error and first.recommended.error:
            return Unknown(why=first.oldest.error.what)
        events = tuple(self._translate.event(event) for event in found.values())
        return Known(value=events, source="oldest and recommended event of the issue")

    def _rows_of(self, first: First) -> Known[tuple[ours.EventRow, ...]] | Unknown:
        def scoped(page: models.Page[models.EventRow]) -> tuple[ours.EventRow, ...]:
            names = self._scope.names
            kept = [row for row in page.items if not names or (row.tag("environment") or "") in names]
            return tuple(self._translate.row(row) for row in kept)

        more = first.rows.value is not None and first.rows.value.next_cursor is not None
        note = "the latest 100 events; there are more" if more else ""
        return first.rows.part("event list of the issue", scoped, note)

    # --- counts

    def _totals(
        self, reply: Reply[models.Table], rows: Known[tuple[ours.EventRow, ...]] | Unknown, window: Window
    ) -> Known[ours.Totals] | Unknown:
        source = self._source("Discover errors: count(), count_unique(user)")
        if reply.value is None:
            return reply.part(source, lambda _: ours.Totals(events=0))
        events = reply.value.number("count()")
        if events is None:
            return Unknown(why=reply.value.why_empty or "Discover answered without a count")
        users = reply.value.number("count_unique(user)")
        totals, note = _with_user_context(int(events), None if users is None else int(users), rows)
        return Known(value=totals, source=source, note=note)

    def _widened(
        self, second: Second, rows: Known[tuple[ours.EventRow, ...]] | Unknown
    ) -> Known[ours.Widened] | Unknown:
        if second.widened_window is None:
            return ours.NOT_ASKED
        totals = self._totals(second.widened, rows, second.widened_window)
        if isinstance(totals, Unknown):
            return totals
        value = ours.Widened(window=second.widened_window, totals=totals.value)
        return Known(value=value, source=totals.source.replace(_span(self._question.window), _span(value.window)))

    def _environments(self, second: Second) -> Known[tuple[ours.EnvironmentCount, ...]] | Unknown:
        reply = second.environments if second.environments.asked else second.breakdown
        if reply.value is not None and len(_counted(reply.value)) < len(reply.value.rows):
            # Without one number nobody knows whether production has events.
            return Unknown(why="Sentry gave no number for a part of the events")
        return reply.part(self._source("Discover errors: count() by environment"), self._by_environment)

    def _by_environment(self, table: models.Table) -> tuple[ours.EnvironmentCount, ...]:
        counts: Counter[str] = Counter()
        for row, events in _counted(table):
            name = row.get("environment")
            counts[self._translate.name(str(name), "environment") or "" if name else ""] += events
        return tuple(ours.EnvironmentCount(name=name, events=events) for name, events in counts.most_common())

    def _project_top(self, table: models.Table) -> tuple[ours.IssueShare, ...]:
        return tuple(
            ours.IssueShare(
                short_id=self._translate.name(str(row.get("issue") or "unknown"), "project") or "", events=events
            )
            for row, events in _counted(table)
        )

    # --- series

    def _series(self, second: Second) -> Known[ours.IssueSeries] | Unknown:
        def convert(found: dict[str, models.Series]) -> ours.IssueSeries:
            users = found.get("count_unique(user)")
            return ours.IssueSeries(
                events=self._buckets(found["count()"]), users=self._buckets(users) if users is not None else None
            )

        return second.series.part(self._source(f"time series of the issue, {step(self._question.window)} s"), convert)

    def _one(self, reply: Reply[dict[str, models.Series]], axis: str, what: str) -> Known[ours.Series] | Unknown:
        return reply.part(self._source(f"time series: {what}"), lambda found: self._buckets(found[axis]))

    def _unhandled(self, reply: Reply[dict[str, models.Series]], whose: str) -> Known[ours.Series] | Unknown:
        asked = self._question
        if asked.wants(Aspect.UNHANDLED) and not reply.asked:
            return Unknown(why="read by the minute for windows up to 7 days only")
        part = self._one(reply, "count()", f"unhandled events of {whose} a minute")
        if isinstance(part, Known) and whose == "the project":
            names = self._named(project_environments(asked, self._scope))
            return part.model_copy(
                update={"source": part.source.rpartition("environments: ")[0] + f"environments: {names}"}
            )
        return part

    def _buckets(self, series: models.Series) -> ours.Series:
        settled = self._now - INGEST_LAG
        open_from = series.complete_until
        return ours.Series(
            start=series.start,
            step_s=series.step_s,
            values=series.values,
            complete_until=min(settled, open_from) if open_from is not None else settled,
        )

    # --- the project

    def _sessions(self, second: Second) -> Known[ours.Sessions] | Unknown:
        asked = self._question

        def counts(name: str) -> bool:
            if asked.environments:
                return name in asked.environments
            return asked.scope == "all" or self._policy.is_production(name)

        def convert(sessions: models.Sessions) -> ours.Sessions:
            return merge_sessions(sessions, counts, self._now, self._translate)

        return second.sessions.part("sessions of the project by environment and hour", convert)

    def _latency(self, second: Second) -> Known[ours.Latency] | Unknown:
        if self._question.wants(Aspect.LATENCY) and not second.transactions:
            return Unknown(why="no event names its transaction")

        def convert(latency: models.Latency) -> ours.Latency:
            rows = {row.transaction: row for row in latency.rows}
            ordered = [rows.get(name) or models.LatencyRow(transaction=name) for name in second.transactions]
            return ours.Latency(
                endpoints=tuple(
                    ours.Endpoint(
                        transaction=self._translate.name(row.transaction, "transaction") or "",
                        p95_ms=row.p95_ms,
                        count=row.count,
                    )
                    for row in ordered
                ),
                main=self._translate.name(second.transactions[0], "transaction"),
                measure=latency.measure,
            )

        return second.latency.part(self._source("Discover spans: p95 and count by transaction"), convert)

    def _breakdown(self, reply: Reply[models.Table], window: Window) -> Known[ours.Breakdown] | Unknown:
        def convert(table: models.Table) -> ours.Breakdown:
            return ours.Breakdown(
                window=window,
                combinations=tuple(
                    ours.Combination(
                        tags={
                            tag: self._translate.name(str(row[tag]), f"tags.{tag}") if row.get(tag) else None
                            for tag in BREAKDOWN_TAGS
                        },
                        events=events,
                    )
                    for row, events in _counted(table)
                ),
                complete=table.next_cursor is None and len(_counted(table)) == len(table.rows) < models.MOST_ROWS,
            )

        return reply.part(f"Discover errors: count() by tags; {_span(window)}", convert)

    def _releases(self, first: First, second: Second) -> Known[tuple[ours.Release, ...]] | Unknown:
        if isinstance(first.release.error, NotFound):
            return Known(value=(), source="release by its version")
        if first.release.asked:
            return first.release.part("release by its version", lambda found: (self._translate.release(found),))
        return second.releases.part(
            "releases of the project, newest first", lambda found: tuple(map(self._translate.release, found))
        )

    def _deploys(self, first: First, second: Second) -> Known[tuple[ours.Deploy, ...]] | Unknown:
        version = first.issue.suspect_version
        if version is None or not self._question.wants(Aspect.RELEASES):
            return ours.NOT_ASKED
        if first.issue.first_release is not None and knows_deploys(first.issue, version):
            deploys = self._translate.release(first.issue.first_release).deploys or ()
            return Known(value=deploys, source="the issue's first release")
        return second.deploys.part(
            "deploys of the suspect release",
            lambda found: tuple(self._translate.deploy(deploy, version) for deploy in found),
        )

    def _alerts(self, found: tuple[models.Workflow, ...]) -> tuple[ours.Alert, ...]:
        return tuple(
            ours.Alert(name=self._translate.name(alert.name, "alert.name") or "", last_triggered=alert.last_triggered)
            for alert in found
        )

    # --- what the reader should know

    def _not_errors(self, category: str) -> dict[str, Unknown]:
        word = category.replace("_", " ").capitalize()
        asked = {
            "totals": Aspect.TOTALS,
            "environments": Aspect.ENVIRONMENTS,
            "series": Aspect.SERIES,
            "users_per_hour": Aspect.USERS,
            "unhandled": Aspect.UNHANDLED,
            "project_unhandled": Aspect.UNHANDLED,
            "project_top": Aspect.UNHANDLED,
            "breakdown": Aspect.BREAKDOWN,
        }
        return {
            name: Unknown(why=NOT_ERRORS.format(word)) for name, aspect in asked.items() if self._question.wants(aspect)
        }

    def _warnings(self, issue: ours.Issue) -> list[str]:
        found = []
        if issue.merged_from:
            found.append(
                f"Issue {issue.merged_from} was merged into {issue.name}; the numbers are those of {issue.name}."
            )
        if self._question.window.note:
            found.append(self._question.window.note.capitalize() + ".")
        if "" in self._scope.production and self._scope.basis == "production":
            found.append("Some events carry no environment; they count as production.")
        return [*found, *self._about_environments()]

    def _about_environments(self) -> list[str]:
        """What the reader must know of the environments: nothing, where no number depends on them."""
        asked, scope = self._question, self._scope
        if not asked.wants(Aspect.TAGS, Aspect.ROWS):
            return []
        if not scope.known:
            silent = asked.environments or asked.scope == "all"
            return [] if silent else ["The issue's environments could not be read; all events are counted."]
        strange = self._strange_environments()
        return [f"{strange}."] if strange else []

    def _strange_environments(self) -> str:
        """That the caller named environments in which the issue was never seen; empty when it was, or nobody knows."""
        seen = {*self._scope.production, *self._scope.others}
        strange = [name for name in self._question.environments if name not in seen]
        if not strange or not self._scope.known:
            return ""
        others = f"; it has some in {self._quoted(sorted(seen))}" if seen else ""
        return f"The issue has no events in the environment {self._quoted(strange)}{others}"

    def _blame_environments(self, second: Second) -> None:
        """Sentry answers 404 for an environment that it does not know, as if Discover itself were not there."""
        if self._strange_environments():
            # Without the names: a reason is our own words, and the warnings name them.
            strange = "The issue has no events in the environments asked for"
            counts: tuple[Reply[models.Table], ...]
            counts = (second.totals, second.widened, second.breakdown, second.breakdown_before, second.project_top)
            series = (second.series, second.users_per_hour, second.unhandled, second.project_unhandled)
            for reply in (*counts, *series):
                if isinstance(reply.error, NotFound):
                    reply.error = NotFound(strange, status=reply.error.status)

    def _quoted(self, environments: Sequence[str]) -> str:
        names = (self._translate.name(name, "environment") for name in environments)
        return ", ".join(ours.quoted(name) if name else "none" for name in names)


def _span(window: Window) -> str:
    return f"{window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}"


def _counted(table: models.Table) -> list[tuple[models.Row, int]]:
    """The rows with their counts; one without a number (any may be null, sentry-api §7) is left out: it is not zero."""
    counts = [(row, row.get("count()")) for row in table.rows]
    return [
        (row, int(value)) for row, value in counts if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _with_user_context(
    events: int, users: int | None, rows: Known[tuple[ours.EventRow, ...]] | Unknown
) -> tuple[ours.Totals, str]:
    """What the number of users means (DESIGN §5): none on any event is unknown, on some events a lower bound."""
    if users is None:
        return ours.Totals(events=events), "Sentry gave no number of users"
    if events and not users:
        return ours.Totals(events=events), "no event carries a user, so the number of users is unknown, not zero"
    if isinstance(rows, Unknown) or not rows.value:
        return ours.Totals(events=events, users=users), ""
    without = sum(1 for row in rows.value if row.user is None)
    if without:
        note = f"lower bound: {without} of the latest {len(rows.value)} events carry no user"
        return ours.Totals(events=events, users=users, users_lower_bound=True), note
    return ours.Totals(events=events, users=users), ""


def findings_of(sanitizer: Sanitizer) -> tuple[ours.Finding, ...]:
    """What the sanitizer found suspicious, as the answer reports it."""
    return tuple(
        ours.Finding(kind=found.kind, where=found.where, why=found.why, excerpt=found.excerpt or None)
        for found in sanitizer.findings
    )
