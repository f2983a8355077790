"""The situations, a module a kind; each function tells one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tests.situations.raw import Situation
from tests.situations.story import TOLD


@cache
def situations() -> tuple[Situation, ...]:
    """Every labelled situation."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(make() for make in TOLD.values())
