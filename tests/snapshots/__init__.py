"""Texts that people have read and found good; ``UPDATE_SNAPSHOTS=1 pytest …`` writes them anew."""

import os
from pathlib import Path

HERE = Path(__file__).parent


def check(name: str, text: str) -> None:
    """Compare with ``tests/snapshots/NAME``, or write it when the environment asks for that."""
    path = HERE / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{name} is new: write it with UPDATE_SNAPSHOTS=1, and read it."
    assert text == path.read_text(encoding="utf-8"), f"{name} changed: read the difference, then UPDATE_SNAPSHOTS=1."
