"""The loop of a client that brings no agent of its own; the standard library alone: it runs in every environment."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

PROMPT = "triage SHOP-1Z"
Tool = tuple[str, Mapping[str, Any]]
"""Name and input schema."""


def model_url() -> str:
    """The base URL of the scripted model for OpenAI's APIs."""
    return os.environ["HOSTS_MODEL"] + "/v1"


def server() -> dict[str, Any]:
    """How to start the server: ``command``, ``args`` and ``env``."""
    given: dict[str, Any] = json.loads(os.environ["HOSTS_SERVER"])
    return given


def question_shown(message: str) -> None:
    """Tell the matrix that a question of the server reached a person."""
    print(f"QUESTION {json.dumps(message)}", flush=True)


async def converse(tools: Sequence[Tool], call: Callable[[str, dict[str, Any]], Awaitable[str]]) -> None:
    """Ask the model, call what it asks for, show it what came back; until it asks for nothing."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": PROMPT}]
    offered = [{"type": "function", "function": {"name": name, "parameters": schema}} for name, schema in tools]
    while True:
        message = _ask({"model": "stub", "messages": messages, "tools": offered})
        messages.append(message)
        calls = message.get("tool_calls") or []
        if not calls:
            return
        for wanted in calls:
            text = await call(wanted["function"]["name"], json.loads(wanted["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": wanted["id"], "content": text})


def _ask(body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  # the loopback address
        f"{model_url()}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  # as above
        message: dict[str, Any] = json.load(response)["choices"][0]["message"]
    return message


def shown(result: Any) -> str:
    """What such a client would show a model: the structured content when there is some, else the texts."""
    structured = getattr(result, "structured_content", None)
    if structured is None:
        structured = getattr(result, "structuredContent", None)
    if structured is not None:
        return json.dumps(structured, ensure_ascii=False)
    return "\n".join(getattr(content, "text", "") for content in result.content)
