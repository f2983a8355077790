"""Lists of alerts and monitors, page by page, and what is read of their rows: for ``doctor`` and the review alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar, get_args

from sentry_runbook.collect.alert_target_parts import error_of
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import SentryError
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, DefinitionForm
from sentry_runbook.incident.model.evidence.alert_form import form_of_row
from sentry_runbook.incident.model.evidence.alert_setup import MonitorSetup
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage

T = TypeVar("T")
PAGE_SIZE = 100
MOST_ROWS = 500
"""Rows of one page that are read: servers that ignore the size of a page give all they have."""
MOST_TRANSLATED = 10
"""Rules from before of which is asked whether they are alerts of today, a request each."""
FORMS: tuple[DefinitionForm, ...] = get_args(DefinitionForm)
RULES: tuple[DefinitionForm, ...] = ("rule", "metric_rule")
"""From before 2026. The combined list of then has crons and uptime checks, too, which are monitors of today."""
ReadPage = Callable[[str | None], Awaitable[ListPage[T]]]


@dataclass
class PagedList(Generic[T]):
    """A list that is read a page a round, for a page names the next one.

    Attributes:
        what: it holds, in words.
        ask: a page by its cursor.
        most_pages: that are read.
        error: why the last page that was asked for could not be read.
    """

    what: str
    ask: ReadPage[T]
    most_pages: int
    rows: list[T] = field(default_factory=list)
    pages: int = 0
    error: SentryError | None = None
    _cursor: str | None = None
    _cut: bool = False
    _sent: Result[ListPage[T]] | None = None

    @property
    def is_read(self) -> bool:
        """Whether its first page could be read."""
        return self.pages > 0

    @property
    def is_open(self) -> bool:
        """Whether there is a page to ask for."""
        return self.error is None and self.pages < self.most_pages and (not self.pages or self._cursor is not None)

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond those that were read."""
        return self._cut or self._cursor is not None

    def add_to(self, batch: RequestBatch) -> None:
        """Ask for the next page, where there is one."""
        self._sent = batch.add(partial(self.ask, self._cursor)) if self.is_open else None

    def take(self) -> None:
        """Read what came back.

        Raises:
            RunbookError: a setting is wrong.
        """
        sent, self._sent = self._sent, None
        if sent is None:
            return
        if sent.value is None:
            self.error = error_of(sent)
            return
        self.pages += 1
        self._cursor = sent.value.next_cursor
        self._cut = self._cut or len(sent.value.items) > MOST_ROWS
        self.rows += sent.value.items[:MOST_ROWS]


async def read_lists(lists: Sequence[PagedList[JsonObject]]) -> None:
    """Read all pages of several lists, the first pages of all at once, then the second ones."""
    while any(listed.is_open for listed in lists):
        batch = RequestBatch()
        for listed in lists:
            listed.add_to(batch)
        await batch.send()
        for listed in lists:
            listed.take()


def read_alerts(
    rows: Iterable[JsonObject],
    sanitizer: Sanitizer,
    listed: DefinitionForm | None = None,
    forms: Collection[DefinitionForm] = FORMS,
) -> tuple[AlertDefinition, ...]:
    """The alerts of a list, of these forms.

    Args:
        rows: as the server sent them.
        sanitizer: makes their text inert.
        listed: what the list holds, where its rows do not say it.
        forms: those that are wanted.
    """
    shaped = [{**row, "form": form} for row in rows if (form := form_of_row(row, listed)) in forms]
    return read_all(AlertDefinition, shaped, sanitizer)


# --- what is asked of them


def ask_monitors(
    client: SentryClient, batch: RequestBatch, ids: Sequence[str], most: int
) -> list[Result[tuple[JsonObject, ...]]]:
    """Ask for monitors by their ids, a hundred a request and at most ``most`` requests."""
    wanted = [id_ for id_ in dict.fromkeys(ids) if id_.isdigit()][: most * PAGE_SIZE]
    parts = [wanted[first : first + PAGE_SIZE] for first in range(0, len(wanted), PAGE_SIZE)]
    return [batch.add(partial(client.monitors_by_id, part)) for part in parts]


def read_monitors(rows: Iterable[JsonObject], sanitizer: Sanitizer) -> dict[str, MonitorSetup]:
    """Monitors by id: whether they are on."""
    return {monitor.id: monitor for monitor in read_all(MonitorSetup, tuple(rows), sanitizer)}


def ask_migrated(
    client: SentryClient, batch: RequestBatch, rules: Iterable[AlertDefinition]
) -> dict[str, Result[bool]]:
    """Ask, by key, which of the rules from before are alerts of today; the first :data:`MOST_TRANSLATED` in use."""
    in_use = [rule for rule in rules if rule.enabled is not False]
    return {rule.key: batch.add(partial(client.is_migrated, rule.form, rule.id)) for rule in in_use[:MOST_TRANSLATED]}
