"""Long parametrized matrices: a few values in the quick suite, the others when ``-m matrix`` is asked for."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def matrix(values: Iterable[Any], *, quick: Container[Any]) -> list[Any]:
    """The values for ``parametrize``; those that are not ``quick`` are marked."""
    return [value if value in quick else pytest.param(value, marks=pytest.mark.matrix) for value in values]
