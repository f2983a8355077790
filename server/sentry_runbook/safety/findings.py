"""What is suspicious about a text: orders to an assistant, imitations of us, hidden characters. First version."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something suspicious in event text: shown, never obeyed, never dropped.

    Attributes:
        kind: ``instruction``, ``impersonation``, ``hidden_characters``, ``command``, ``exfiltration``, ``template``.
        where: path of the value, as ``event.exceptions[0].value``.
        why: one sentence.
        excerpt: the place itself, inert and short.
    """

    kind: str
    where: str
    why: str
    excerpt: str = ""


def detect(text: str, where: str = "") -> tuple[Finding, ...]:
    """Look at raw text; excerpts are inert but not masked (the sanitizer does that)."""
    return ()
