"""Gemini's API: ``POST …/models/NAME:generateContent`` and ``:streamGenerateContent``."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hosts.model.conversation import Answer, Request, Result
from tests.hosts.model.dialect import Dialect, Json, lines, texts, whole

METHODS = (":generateContent", ":streamGenerateContent", ":countTokens")


def _parts(body: Json) -> Iterator[Json]:
    for content in body.get("contents", ()):
        yield from content.get("parts", ()) if isinstance(content, dict) else ()


def _read(body: Json) -> Request:
    declared = [each for tool in body.get("tools") or () for each in tool.get("functionDeclarations", ())]
    answers = [part["functionResponse"] for part in _parts(body) if "functionResponse" in part]
    results = [Result(str(each.get("id", "")), "\n".join(texts(each.get("response")))) for each in answers]
    prose = [*texts(body.get("systemInstruction")), *(str(part.get("text", "")) for part in _parts(body))]
    return Request(tuple(str(each.get("name")) for each in declared), "\n".join(prose), tuple(results))


def _write(answer: Answer, body: Json, path: str) -> tuple[str, bytes]:
    del body
    if ":countTokens" in path:
        return whole({"totalTokens": 1})
    part: dict[str, object] = {"text": answer.text}
    if answer.tool:
        part = {"functionCall": {"id": answer.call_id, "name": answer.tool, "args": answer.arguments}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    response = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "stub"}
    return lines([response]) if ":streamGenerateContent" in path else whole(response)


DIALECT = Dialect(lambda path: any(method in path for method in METHODS), _read, _write)
