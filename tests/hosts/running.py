"""Runs a client with an empty home folder, and ends it, with all that it started, when its time is over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1,localhost"
REST_S = 5.0


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int | None
    """None: it was ended, because its time was over."""
    out: str
    err: str

    def last_words(self) -> str:
        """The last line that it said, for people who look for a reason."""
        spoken = [line.strip() for line in (*self.out.splitlines(), *self.err.splitlines()) if line.strip()]
        return spoken[-1][:300] if spoken else "nothing"


@contextmanager
def empty_home() -> Iterator[Path]:
    """A home folder with nothing in it but an empty folder to work in."""
    home = Path(tempfile.mkdtemp(prefix="host-"))
    try:
        (home / "work").mkdir()
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(home: Path, proxy: str, more: Mapping[str, str], *, path_first: Sequence[Path] = ()) -> dict[str, str]:
    """The environment of a client: this one's path, and every way out leads to the proxy, which refuses."""
    path = os.pathsep.join([*map(os.fspath, path_first), os.environ.get("PATH", os.defpath)])
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
    direct = {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    return {"PATH": path, "HOME": os.fspath(home), "LANG": "C.UTF-8", "NO_COLOR": "1", **proxies, **direct, **more}


def run(argv: Sequence[str], env: Mapping[str, str], work: Path, timeout_s: float, *, stdin: str = "") -> Ended:
    """Run a process to its end. It leads a group of its own, so that no child of it outlives it."""
    pipe = subprocess.PIPE
    started = subprocess.Popen(
        argv, env=dict(env), cwd=work, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    try:
        out, err = started.communicate(stdin, timeout=timeout_s)
        return Ended(started.returncode, out, err)
    except subprocess.TimeoutExpired:
        _end_group(started.pid)
        return Ended(None, *_rest(started))
    finally:
        _end_group(started.pid)


def _rest(ended: subprocess.Popen[str]) -> tuple[str, str]:
    """What an ended process had said; what left its group may hold its output open."""
    try:
        return ended.communicate(timeout=REST_S)
    except subprocess.TimeoutExpired:
        return "", "it was ended, and something that it started still holds its output"


def _end_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
