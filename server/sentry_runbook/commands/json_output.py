"""What ``--json`` prints: one object on standard output.

What the stream cannot encode it escapes by itself (:mod:`~sentry_runbook.render.plain_signs`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

UNCUT = sys.maxsize
"""Budget of an answer that no model reads: nothing of it is left out."""


def print_json(facts: Mapping[str, object]) -> None:
    """Print the facts as one indented object."""
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
