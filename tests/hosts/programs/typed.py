"""Runs a command on a terminal of its own and types answers into it: a person, by script.

``HOSTS_ANSWERS`` is a JSON list of pairs: words of a question, and what is typed once they stand on the screen. What
the command prints goes to stdout, its exit code is this one's.
"""

from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run and type."""
    answers: list[tuple[str, str]] = [(words, text) for words, text in json.loads(os.environ["HOSTS_ANSWERS"])]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(argv[0], list(argv))  # noqa: S606  # the command that this is for
    screen = ""
    while part := _read(terminal):
        sys.stdout.write(part)
        sys.stdout.flush()
        screen += part
        if answers and answers[0][0] in screen:
            os.write(terminal, f"{answers.pop(0)[1]}\n".encode())
            screen = ""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # so a Linux terminal says that its command has ended
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
