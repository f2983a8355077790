"""What every provider's request says to a model, and what a scripted model answers.

A host sends the whole conversation with each request, so the script needs no memory: the results that the request holds
say how far it is. What the script reads there is exactly what a model would be shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SEARCH_TOOLS = ("ToolSearch", "tool_search")
"""Claude Code and Qwen Code send names alone of the tools that they defer; these of their own load them."""
SEARCHES = 4
"""How often a script looks for a tool, beyond once a call: the search waits for a server, but not for long."""
_FULL_NAME = r"[A-Za-z0-9_-]+__{name}(?![A-Za-z0-9_])"


@dataclass(frozen=True)
class Result:
    """One result of a tool, as the host shows it to the model."""

    call_id: str
    text: str


@dataclass(frozen=True)
class Request:
    """What a host asks of a model.

    Attributes:
        offered: the names of the tools that can be called.
        text: all other words of the request (system prompt, messages), where deferred tools are named.
        results: what the calls of the conversation gave, first call first.
    """

    offered: tuple[str, ...]
    text: str
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Call:
    """The model wants a tool called, by the name that the server gives it."""

    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """What the stub sends back: one call under the host's name of the tool, or the last words."""

    call_id: str = ""
    tool: str = ""
    arguments: Mapping[str, object] | None = None
    text: str = ""


Script = Callable[[Sequence[str]], Call | None]
"""The results so far → the next call; None when the script is through."""


def answer(script: Script, request: Request) -> Answer:
    """The answer to one request. A request that offers no tool (a title, a summary) gets a word."""
    if not request.offered:
        return Answer(text="Incident")
    results = [result.text for result in request.results if not result.call_id.startswith("search")]
    wanted = script(results)
    if wanted is None:
        return Answer(text="\n\n".join(results) or "Nothing was called.")
    name = named(request.offered, wanted.tool)
    if name is not None:
        return Answer(f"call_{len(results)}", name, wanted.arguments)
    searches = len(request.results) - len(results)
    search = next((name for name in SEARCH_TOOLS if name in request.offered), None)
    if search is not None and searches <= len(results) + SEARCHES:
        query = {"query": _query(request, wanted), "max_results": 5}
        return Answer(f"search_{len(request.results)}", search, query)
    said = f" Its search said: {request.results[-1].text}" if searches else ""
    return Answer(text=f"The host offers no tool {wanted.tool}.{said}")


def _query(request: Request, wanted: Call) -> str:
    """By name where the host says it; by words while the server is still connecting, for the search waits for it."""
    deferred = re.search(_FULL_NAME.format(name=wanted.tool), request.text)
    return f"select:{deferred[0]}" if deferred else wanted.tool.replace("_", " ")


def named(offered: Sequence[str], tool: str) -> str | None:
    """The host's name of a tool: the server's own, most often behind a prefix."""
    return next((name for name in offered if re.fullmatch(rf"(.*[^A-Za-z0-9])?{tool}", name)), None)
