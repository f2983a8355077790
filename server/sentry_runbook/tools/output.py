"""Turns a result model into a tool's answer: structured values and a Markdown page of the same facts.

Both channels carry no nulls, name the paths of their event text (``untrusted``), count the masked values in them
(``masked``) and stay inside the tool's budget of characters (DESIGN §9). A prepared answer holds no secret of a single
call, so several callers may share it: :meth:`PreparedAnswer.send` puts a new nonce into the fence each time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mcp.types import CallToolResult, TextContent
from pydantic import JsonValue

from sentry_runbook.incident.model.evidence import Answer, Finding
from sentry_runbook.render.markdown_page import MarkdownPage, RenderedPage, add_footer
from sentry_runbook.safety.delimiters import new_nonce
from sentry_runbook.tools.serialize import in_reading_order, serialize, strings
from sentry_runbook.tools.truncation import sizes_that_cut, truncate
from sentry_runbook.tools.untrusted import event_text_paths

BUDGET = 9_000
"""Characters of one answer, each channel (DESIGN §9)."""
MOST_CHARACTERS = 20_000
"""Of any answer: plans of changes may take as many, for what is agreed to is shown whole."""
MANY_FINDINGS, FEW_FINDINGS = 10, 4
"""Findings that an answer lists when it is too long: before the tool's own cuts, and after them."""

A = TypeVar("A", bound=Answer)
Shrink = Callable[[A], A]
Render = Callable[[A], MarkdownPage]


@dataclass(frozen=True)
class PreparedAnswer:
    """An answer ready to be sent, any number of times.

    Attributes:
        structured: the JSON values; shared by all who get this answer, so it must not be changed.
        page: the same facts as Markdown, its fence without a nonce yet.
    """

    structured: dict[str, JsonValue]
    page: RenderedPage

    def send(self) -> CallToolResult:
        """The answer of one call, fenced with a nonce of its own."""
        return CallToolResult(
            content=[TextContent(text=self.page.text(new_nonce()))], structured_content=self.structured
        )


def prepare(result: A, render: Render[A], shrink: Sequence[Shrink[A]] = (), budget: int = BUDGET) -> PreparedAnswer:
    """Serialize a result within its budget.

    Args:
        result: the model; its ``masked`` and ``untrusted`` are filled here.
        render: makes the Markdown page of the result.
        shrink: steps that make the result smaller, mildest first; each is applied while the answer is too long.
        budget: characters that each channel may have.
    """
    for smaller in _ever_smaller(result, shrink):
        structured = serialize(smaller)
        # What is added yet only makes it longer: where it is too long already, neither that nor a page is made.
        if not fits(json.dumps(structured), budget):
            continue
        structured, masked = _with_extras(structured, smaller)
        if not fits(json.dumps(structured), budget):
            continue
        answer = _with_page(structured, masked, smaller, render)
        if fits(answer.page.text(new_nonce()), budget):
            return answer
    return _with_page(*_with_extras(serialize(smaller), smaller), smaller, render)


def fits(text: str, budget: int) -> bool:
    """Whether one channel has at most ``budget`` characters."""
    return len(text) <= budget


def _ever_smaller(result: A, shrink: Sequence[Shrink[A]]) -> Iterator[A]:
    """The result, then with less and less in it: the tool's own cuts first, then cuts by size alone."""
    many: Shrink[A] = partial(_list_findings, result.findings, MANY_FINDINGS)
    few: Shrink[A] = partial(_list_findings, result.findings, FEW_FINDINGS)
    yield result
    for step in (many, *shrink, few):
        shorter = step(result)
        if shorter != result:
            yield shorter
        result = shorter
    yield from (truncate(result, entries, characters) for entries, characters in sizes_that_cut(result))


def _with_extras(structured: dict[str, JsonValue], result: Answer) -> tuple[dict[str, JsonValue], Mapping[str, int]]:
    """The JSON values in order, with the paths of their event text; and the masked values that they hold, by kind."""
    from sentry_runbook.safety.masking import count_masks  # noqa: PLC0415  # with the first call (DESIGN §9)

    masked = count_masks(strings(structured))
    paths = list(event_text_paths(result))
    if masked:
        structured["masked"] = dict(masked)
    if paths:
        structured["untrusted"] = list(paths)
    return in_reading_order(structured, type(result)), masked


def _with_page(
    structured: dict[str, JsonValue], masked: Mapping[str, int], result: A, render: Render[A]
) -> PreparedAnswer:
    return PreparedAnswer(structured, add_footer(render(result), result, masked).finish())


def _list_findings(findings: Sequence[Finding], most: int, result: A) -> A:
    return result.model_copy(update={"findings": limit_findings(findings, most)})


def limit_findings(findings: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    """At most ``most`` findings, one of each kind first; what is not listed is counted, never dropped.

    Strangers decide how many there are: a flood of them must not push the facts out of the answer.
    """
    if len(findings) <= most:
        return tuple(findings)
    indices = range(len(findings))
    first_of_kind = {findings[index].kind: index for index in reversed(indices)}.values()
    by_rank = sorted({*first_of_kind, *indices}, key=lambda index: (index not in first_of_kind, index))
    kept = set(by_rank[:most])
    left_out = Counter(findings[index].kind for index in indices if index not in kept)
    counts = ", ".join(f"{kind} {count}" for kind, count in left_out.most_common())
    more = Finding(kind="more", where="", why=f"{left_out.total()} more findings are not listed ({counts}).")
    return (*(findings[index] for index in sorted(kept)), more)
