"""The kinds of masks: the one list of the words that may stand in ``<email 1>``.

Whoever reads a mask back (counts, templates, evidence files, findings) reads these and no others: what has the form of
a mask and another word was not written by us.
"""

from __future__ import annotations

import re
from functools import cache

KINDS = ("email", "ip", "phone", "card", "iban", "jwt", "token", "key", "secret", "cookie", "credential", "personal")
FORM = rf"<(?:{'|'.join(KINDS)}) [1-9]\d{{0,5}}>"
"""The regular expression of a mask, without groups."""


@cache
def mask() -> re.Pattern[str]:
    """A mask: its kind and its number."""
    return re.compile(rf"<({'|'.join(KINDS)}) ([1-9]\d{{0,5}})>")


@cache
def split_at_masks() -> re.Pattern[str]:
    """For :meth:`re.Pattern.split`: what lies between masks at even positions, the masks at odd ones."""
    return re.compile(f"({FORM})")
