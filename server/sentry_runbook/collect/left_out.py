"""What models write for an argument that they mean to leave out. Apart, for it is loaded at the start (DESIGN §9)."""

from __future__ import annotations

NOTHING = ("null", "none", "undefined", "nil")
