"""OpenAI's Chat Completions API: ``POST …/chat/completions``, whole or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.hosts.model.conversation import Answer, Request, Result
from tests.hosts.model.dialect import Dialect, Json, lines, whole, words

USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def _read(body: Json) -> Request:
    messages = body.get("messages", ())
    results = [
        Result(str(message.get("tool_call_id", "")), words(message.get("content")))
        for message in messages
        if message.get("role") == "tool"
    ]
    offered = [str(tool.get("function", {}).get("name")) for tool in body.get("tools") or ()]
    prose = [words(message.get("content")) for message in messages]
    return Request(tuple(offered), "\n".join(prose), tuple(results))


def _write(answer: Answer, body: Json, path: str) -> tuple[str, bytes]:
    del path
    head = {"id": "chatcmpl-1", "created": 1, "model": body.get("model", "stub")}
    message: dict[str, object] = {"role": "assistant", "content": answer.text or None}
    if answer.tool:
        function = {"name": answer.tool, "arguments": json.dumps(answer.arguments)}
        message["tool_calls"] = [{"index": 0, "id": answer.call_id, "type": "function", "function": function}]
    finish = "tool_calls" if answer.tool else "stop"
    if body.get("stream"):
        return lines(_chunks(head, message, finish), end="[DONE]")
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return whole({**head, "object": "chat.completion", "choices": [choice], "usage": USAGE})


def _chunks(head: Json, message: Json, finish: str) -> Iterator[Json]:
    chunk = {**head, "object": "chat.completion.chunk"}
    yield {**chunk, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    yield {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    yield {**chunk, "choices": [], "usage": USAGE}


DIALECT = Dialect(lambda path: path.endswith("/chat/completions"), _read, _write)
