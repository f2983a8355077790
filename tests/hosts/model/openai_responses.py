"""OpenAI's Responses API: ``POST …/responses``, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.hosts.model.conversation import Answer, Request, Result
from tests.hosts.model.dialect import Dialect, Json, events, texts, whole, words

USAGE = {
    **{"input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1},
    **{"output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2},
}


def _items(body: Json) -> Iterator[Json]:
    given = body.get("input")
    for item in given if isinstance(given, list) else [{"content": given}]:
        if isinstance(item, dict):
            yield item


def _read(body: Json) -> Request:
    results = [
        Result(str(item.get("call_id", "")), words(item.get("output")))
        for item in _items(body)
        if item.get("type") == "function_call_output"
    ]
    prose = [str(body.get("instructions") or ""), *(text for item in _items(body) for text in texts(item))]
    return Request(tuple(_names(body.get("tools") or ())), "\n".join(prose), tuple(results))


def _names(tools: object, prefix: str = "") -> Iterator[str]:
    for tool in tools if isinstance(tools, (list, tuple)) else ():
        name = prefix + str(tool.get("name", tool.get("type")))
        if tool.get("type") == "namespace":
            yield from _names(tool.get("tools"), f"{name}/")
        else:
            yield name


def _write(answer: Answer, body: Json, path: str) -> tuple[str, bytes]:
    del path
    item: dict[str, object] = {
        **{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"},
        "content": [{"type": "output_text", "text": answer.text, "annotations": []}],
    }
    if answer.tool:
        namespace, _, name = answer.tool.rpartition("/")
        item = {
            **{"type": "function_call", "id": f"fc_{answer.call_id}", "call_id": answer.call_id, "name": name},
            **{"arguments": json.dumps(answer.arguments), "status": "completed"},
            **({"namespace": namespace} if namespace else {}),
        }
    response = {
        **{"id": "resp_1", "object": "response", "created_at": 1, "model": body.get("model", "stub")},
        **{"status": "completed", "output": [item], "usage": USAGE, "error": None, "incomplete_details": None},
        **{"parallel_tool_calls": False, "tool_choice": "auto", "tools": []},
    }
    return events(_stream(item, response)) if body.get("stream") else whole(response)


def _stream(item: Json, response: Json) -> Iterator[tuple[str, Json]]:
    kinds: tuple[tuple[str, dict[str, object]], ...] = (
        ("response.created", {"response": {**response, "status": "in_progress", "output": []}}),
        ("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress"}}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": response}),
    )
    for number, (kind, more) in enumerate(kinds):
        yield kind, {"type": kind, "sequence_number": number, **more}


DIALECT = Dialect(lambda path: path.endswith("/responses"), _read, _write)
