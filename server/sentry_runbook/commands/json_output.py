"""What ``--json`` prints: one object on standard output, the same whatever the stream can encode."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

UNCUT = sys.maxsize
"""Budget of an answer that no model reads: nothing of it is left out."""


def print_json(facts: Mapping[str, object]) -> None:
    """Print the facts as one indented object.

    A stream that is not UTF-8 gets escapes: the plain signs that stand in for others in a text
    (:mod:`~sentry_runbook.render.plain_signs`) would change values, and a quotation mark among them would end one.
    """
    encoding = (sys.stdout.encoding or "").lower().replace("_", "-")
    is_utf = encoding.startswith("utf")
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=not is_utf) + "\n")
