"""Peak memory of a process, where the system reports it."""

from __future__ import annotations

from pathlib import Path


def peak_mb(process: int | str = "self") -> float | None:
    """Peak resident memory of a process so far, in MB; None where there is no ``/proc``.

    ``getrusage`` is of no use: a child's counter starts at the memory of the parent that spawned it.
    """
    status = Path("/proc", str(process), "status")
    if not status.exists():
        return None
    peak = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
    return int(peak.split()[1]) / 1024 if peak else None
