"""Why an issue fired that no thrown error opened: its evidence as names and values, raw.

Sentry writes them in four places: ``occurrence`` (subtitle, ``evidenceDisplay`` for people, ``evidenceData`` for
machines), the entry of a browser's report (``csp``, ``nel`` …), and the contexts ``monitor`` and ``feedback``.
``evidenceDisplay`` is often empty (metric monitors), so that the rest is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence.browser_reports import report_of
from sentry_runbook.incident.model.evidence.issue_kind import Kind, kind_of_event, occurrence_of
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    either,
    list_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import FieldType
from sentry_runbook.incident.model.evidence.watchers import metric_of, monitor_of, offending_spans, uptime_of

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer

Pair = tuple[str, object]
"""A name, and a text; of a nested value the JSON."""
Pairs = Iterator[tuple[str | None, object]]
MOST_PAIRS = 12
EVIDENCE = 300
"""Characters of one value: a customer's words, a span's description."""
SENTENCE = 20
"""Characters from which a value is told once, whatever its name."""
MOST_LINES = 40
"""Lines of evidence that are looked at."""
NAMELESS = "evidence"
"""The name of a line that has none."""
NOTHING = ("none", "null", "undefined")
"""What a server writes for a value that it does not have."""
ADDRESS = re.compile(r"https?://\S+")
PERSONAL = re.compile(r"(?:contact_?)?(?:name|email)", re.IGNORECASE)
"""Lines of a feedback that name its author."""
SCALARS = re.compile(
    r"(?!.*(?:^id|Id|_id|Ids|_ids|[fF]ingerprint)$)"
    # What a change point was computed from; when it was is told apart.
    r"(?!(?:breakpoint|change|p|project|start|end|(?:data|request)(?:_?[sS]tart|_?[eE]nd)|unweighted.*|absolute.*)$)"
    r"[A-Za-z][A-Za-z0-9_]{0,40}"
)
"""Names of ``evidenceData`` that are worth showing: no ids."""


@dataclass(frozen=True)
class EvidencePairs(FieldType):
    """Names and values as inert lines; the value of a sensitive name is masked."""

    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The pairs, in their order."""
        pairs = [pair for pair in list_of(value) if isinstance(pair, tuple)]
        return tuple(sanitizer.mapping(pairs, where=self.where, items=MOST_PAIRS, limit=EVIDENCE).items())


def evidence_of(
    event: JsonObject,
    entries: Mapping[str, JsonObject],
    contexts: Mapping[str, JsonObject],
    tags: Mapping[str, str],
) -> list[Pair]:
    """Names and values that say why it fired, what matters most first; the texts of one name are joined."""
    kind = kind_of_event(event, entries, contexts)
    texts: dict[str, list[str]] = {}
    nested: dict[str, object] = {}
    sentences: set[str] = set()
    for name, value in _pairs(kind, event, entries, contexts, tags):
        label, text = (name or NAMELESS).strip() or NAMELESS, _text(value)
        if label not in texts and len(texts) == MOST_PAIRS:
            continue
        if text is None and isinstance(value, dict | list) and value:
            texts.setdefault(label, [])
            nested.setdefault(label, value)
        # The same sentence often stands in two places: as the subtitle and as the message.
        if not text or text.lower() in NOTHING or text in sentences:
            continue
        if len(text) >= SENTENCE:
            sentences.add(text)
        if text not in texts.setdefault(label, []):
            texts[label].append(text)
    return [(name, "; ".join(values) if values else nested[name]) for name, values in texts.items()]


def _text(value: object) -> str | None:
    """A value as text; of a list that holds only texts all of them. None for what is nested."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        texts = [text_of(item) for item in value[:MOST_LINES]]
        known = [text for text in texts if text]
        return "; ".join(known) if known and len(known) == len(texts) else None
    return (text_of(value) or "").strip() or None


def _pairs(
    kind: Kind,
    event: JsonObject,
    entries: Mapping[str, JsonObject],
    contexts: Mapping[str, JsonObject],
    tags: Mapping[str, str],
) -> Pairs:
    occurrence = occurrence_of(event)
    data = object_of(either(occurrence, "evidenceData"))
    yield "subtitle", text_of(occurrence.get("subtitle"))
    yield from report_of(kind, entries, tags)
    if kind == "feedback":
        yield from _feedback(object_of(contexts.get("feedback")))
    elif kind == "cron" and not occurrence:
        yield "subtitle", text_of(event.get("message")) or text_of(event.get("title"))
    elif kind == "uptime":
        # Where no other place names the address, the title does: "Downtime detected for https://…".
        address = ADDRESS.search(text_of(either(occurrence, "issueTitle")) or "")
        yield "address", address[0] if address else None
    for name, value in _displayed(either(occurrence, "evidenceDisplay")):
        if kind != "feedback" or not PERSONAL.fullmatch(name or ""):
            yield name, value
    if kind == "metric" or (kind == "other" and "conditions" in data):
        yield from metric_of(data)
    elif kind == "cron":
        yield from monitor_of(object_of(contexts.get("monitor")))
    elif kind == "uptime":
        yield from uptime_of(data)
    elif kind == "performance":
        yield "spans at fault", offending_spans(data, list_of(entries.get("spans", {}).get("values")))
    changed = moment_of(data.get("breakpoint"))
    yield "changed at", changed.isoformat() if changed is not None else None
    if kind not in ("error", "feedback"):
        yield from _scalars(data)


def _displayed(lines: object) -> Pairs:
    """Lines for people, the important ones first: objects of name and value, or texts; also one object of all."""
    if isinstance(lines, dict):
        lines = [lines] if "value" in lines else [{"name": name, "value": value} for name, value in lines.items()]
    elif isinstance(lines, str):
        lines = [lines]
    shown = [line if isinstance(line, dict) else {"value": line} for line in list_of(lines)[:MOST_LINES]]
    shown.sort(key=lambda line: line.get("important") is not True)
    for line in shown:
        yield text_of(line.get("name")), line.get("value")


def _feedback(feedback: JsonObject) -> Pairs:
    """What the customer wrote, and where; who it was stays out, but that an answer is possible does not."""
    yield "message", text_of(feedback.get("message"))
    yield "page", text_of(feedback.get("url"))
    yield "of event", text_of(either(feedback, "associated_event_id"))
    if text_of(either(feedback, "contact_email")):
        yield "contact", "left; not shown here"


def _scalars(data: JsonObject) -> Pairs:
    """Single values for machines, last: what a kind that is not known here has besides."""
    for name, value in list(data.items())[:MOST_LINES]:
        if SCALARS.fullmatch(name):
            yield name, text_of(value)
