"""Escapes one sentence for Markdown or Slack's mrkdwn; both targets get the same sentences.

Event text stands in our sentences between double quotes (:func:`.evidence.quoted` lets none stand inside), and it is
inert already; what other programs would make of it once it is pasted there is broken in :mod:`.safety.paste`. What is
left to do depends on the target. Slack links bare names such as ``files.example.com`` or
``cart.py`` when people paste a message, but never in code: so quotes become code there, and such names, too.
"""

from __future__ import annotations

import re

from sentry_runbook.incident.model.results.messages import Format
from sentry_runbook.safety.paste import inert_for_paste

ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
QUOTE = re.compile(r'"([^"\n]+)"')
DOMAIN = re.compile(
    r"(?<![\w@./-])(?:\w+://)?(?:[\w.-]*/)*(?:[\w-]+\.)+(?:(?i:xn--)[\w-]{2,59}|[^\W\d_]{2,})(?![\w-])"
    r"(?:[:/?][^\s,;)\"]*)?"
)
TIGHT_MARK = re.compile(r"(?<=\S)[*~]|[*~](?=\S)")
EDGE = re.compile(r"(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")
"""An underscore at the edge of a word; Slack makes even ``_one_`` word italic."""
CODE = re.compile(r"(`[^`\n]*`)")
LOOKALIKES = {"*": "∗", "~": "∼"}


def marked_up(text: str, format: Format) -> str:  # noqa: A002  # the tool's own argument name
    """Return one sentence, inert already, escaped for its target, and inert where it is pasted next."""
    # Two values of one line could pair up, which neither of them does alone.
    text = TIGHT_MARK.sub(lambda match: LOOKALIKES[match.group()], text)
    return _slack(inert_for_paste(text, hosts=False)) if format == "slack" else _markdown(inert_for_paste(text))


def link(text: str, address: str, format: Format) -> str:  # noqa: A002  # the tool's own argument name
    """Return ``text`` linked to an address of Sentry's; ``text`` alone when the address is invalid in a target."""
    if not ADDRESS.fullmatch(address):
        return text
    if format == "slack":
        return f"<{slack_escaped(address)}|{text}>"
    return f"[{text}]({address.replace('(', '%28').replace(')', '%29')})"


def _markdown(text: str) -> str:
    return text.replace("](", "] (")


def slack_escaped(text: str) -> str:
    """Escape the three characters that Slack reads as control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack(text: str) -> str:
    # The group of QUOTE keeps what is quoted: those are the pieces at odd positions.
    pieces = QUOTE.split(slack_escaped(text))
    return "".join(f"`{piece}`" if index % 2 else _names_in_code(piece) for index, piece in enumerate(pieces))


def _names_in_code(text: str) -> str:
    text = EDGE.sub("＿", text)
    coded = CODE.split(DOMAIN.sub(lambda match: f"`{match.group()}`", text))
    return "".join(piece if index % 2 else inert_for_paste(piece) for index, piece in enumerate(coded))
