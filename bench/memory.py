"""Peak memory of a process, where the system tells it."""

from __future__ import annotations

from pathlib import Path


def peak_mb(process: int | str = "self") -> float | None:
    """The most memory that a process held so far, in MB; None where there is no ``/proc``.

    The counters of ``getrusage`` would not do: a child's begin with the memory of the parent that started it.
    """
    status = Path("/proc", str(process), "status")
    if not status.exists():
        return None
    peak = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
    return int(peak.split()[1]) / 1024 if peak else None
