"""Anthropic's Messages API: ``POST /v1/messages``, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.hosts.model.conversation import Answer, Request, Result
from tests.hosts.model.dialect import Dialect, Json, events, texts, whole, words

USAGE = {"input_tokens": 1, "output_tokens": 1}


def _blocks(body: Json) -> Iterator[Json]:
    for message in body.get("messages", ()):
        content = message.get("content")
        yield from content if isinstance(content, list) else [{"type": "text", "text": str(content)}]


def _read(body: Json) -> Request:
    results = [
        Result(str(block.get("tool_use_id", "")), words(block.get("content")))
        for block in _blocks(body)
        if block.get("type") == "tool_result"
    ]
    prose = [*texts(body.get("system")), *(text for block in _blocks(body) for text in texts(block))]
    # What is deferred is in the list, too, where the API itself would search; the model does not see it then.
    offered = [str(tool.get("name")) for tool in body.get("tools", ()) if not tool.get("defer_loading")]
    loaded = [str(name) for block in _blocks(body) for name in _references(block)]
    return Request((*offered, *loaded), "\n".join(prose), tuple(results))


def _references(block: Json) -> Iterator[object]:
    content = block.get("content")
    for each in content if isinstance(content, list) else ():
        if isinstance(each, dict) and each.get("type") == "tool_reference":
            yield each.get("tool_name")


def _write(answer: Answer, body: Json, path: str) -> tuple[str, bytes]:
    if path.split("?", maxsplit=1)[0].endswith("/count_tokens"):
        return whole({"input_tokens": 1})
    block: dict[str, object] = {"type": "text", "text": answer.text}
    if answer.tool:
        block = {"type": "tool_use", "id": answer.call_id, "name": answer.tool, "input": answer.arguments}
    stop = "tool_use" if answer.tool else "end_turn"
    message = {
        **{"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "stub")},
        **{"content": [block], "stop_reason": stop, "stop_sequence": None, "usage": USAGE},
    }
    return events(_stream(answer, message, stop)) if body.get("stream") else whole(message)


def _stream(answer: Answer, message: Json, stop: str) -> Iterator[tuple[str, Json]]:
    def event(kind: str, **more: object) -> tuple[str, Json]:
        return kind, {"type": kind, **more}

    begun: dict[str, object] = {"type": "text", "text": ""}
    delta: dict[str, object] = {"type": "text_delta", "text": answer.text}
    if answer.tool:
        begun = {"type": "tool_use", "id": answer.call_id, "name": answer.tool, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(answer.arguments)}
    yield event("message_start", message={**message, "content": [], "stop_reason": None})
    yield event("content_block_start", index=0, content_block=begun)
    yield event("content_block_delta", index=0, delta=delta)
    yield event("content_block_stop", index=0)
    yield event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage=USAGE)
    yield event("message_stop")


DIALECT = Dialect(lambda path: "/v1/messages" in path, _read, _write)
