"""How far an incident is: resolved, mitigated, open, not known. The verdict is that of ``incident/recovery/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StageName = Literal["resolved", "mitigated", "open", "unknown"]


@dataclass(frozen=True)
class IncidentStage:
    """How far the incident is.

    Attributes:
        name: ``resolved`` needs the usual rate for two hours and a known fix; ``mitigated`` is the usual rate alone.
        why: why it is not resolved, in the engineers' words; empty when it is.
    """

    name: StageName
    why: str = ""
