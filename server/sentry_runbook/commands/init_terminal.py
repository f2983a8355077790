"""What ``init`` asks people, and what it shows them; questions go to standard error, which is never what is piped."""

from __future__ import annotations

import getpass
import sys
import warnings
from collections.abc import Sequence

from rich.text import Text

from sentry_runbook.commands.checks import DoctorCheck
from sentry_runbook.errors import BadInput, in_one_line
from sentry_runbook.render.console import Screen
from sentry_runbook.setting_parsers import parsed, sentry_token

TRIES = 3
NOTHING_DONE = "Nothing was written."
SIGNS = {
    "found": ("·", "dim"),
    "note": ("–", "yellow"),
    "good": ("✓", "green"),
    "wrong": ("✗", "bold red"),
}


class Terminal:
    """Where people are asked, and where the steps are shown.

    Args:
        shows: whether the steps are shown: not where the answer is JSON.
    """

    def __init__(self, *, shows: bool) -> None:
        self.has_person = sys.stdin is not None and sys.stdin.isatty()
        self._screen = Screen() if shows else None

    def line(self, kind: str, text: str, fix: str = "") -> None:
        """One line with its sign, whose name is a key of :data:`SIGNS`."""
        if self._screen is not None:
            sign, style = SIGNS[kind]
            self._screen.points([(sign, text, style)], 0)
            if fix:
                self._screen.points([("→", fix, "bold")], 2)

    def file_line(self, kind: str, text: str) -> None:
        """The same about a file, in one line however long it is: a path that is broken cannot be copied."""
        if self._screen is not None:
            self._screen.print(Text.assemble(SIGNS[kind], " ", text), soft_wrap=True)

    def check(self, check: DoctorCheck) -> None:
        """One line of the checks."""
        self.line({"ok": "good", "bad": "wrong"}.get(check.state, "note"), check.what, check.fix)

    def heading(self, text: str) -> None:
        """A section's heading."""
        if self._screen is not None:
            self._screen.heading(text)

    def text(self, text: str) -> None:
        """Lines as they are, such as a snippet to paste."""
        if self._screen is not None:
            self._screen.print(Text(text), soft_wrap=True)

    def token(self, before: Sequence[str]) -> str:
        """The auth token, typed or pasted without being shown.

        Args:
            before: what to say first: where to make one.

        Raises:
            BadInput: no valid one was given, or it would be shown.
        """
        for line in before:
            _say(line)
        for _ in range(TRIES):
            try:
                with warnings.catch_warnings():
                    # It would go on with echo.
                    warnings.simplefilter("error", getpass.GetPassWarning)
                    text = getpass.getpass("Sentry auth token (it is not shown): ", sys.stderr)
                token = parsed(sentry_token, text, [])
            except getpass.GetPassWarning:
                what = "This terminal cannot hide what is typed, so no token is asked for."
                raise BadInput(what, "Set SENTRY_AUTH_TOKEN or SENTRY_AUTH_TOKEN_FILE instead.") from None
            except EOFError:
                break
            except ValueError as exc:
                _say(f"This {exc}")
            else:
                return str(token)
        raise BadInput(f"No token was given. {NOTHING_DONE}", "Run it again with one at hand.")

    def agrees(self, question: str) -> bool:
        """Whether a person says yes; nothing is no."""
        return _answer(f"{question} [y/N] ").lower() in ("y", "yes")

    def choice(self, question: str, names: Sequence[str], *, several: bool) -> list[str]:
        """Some of these names, by their numbers.

        Args:
            question: what is asked.
            names: of which to choose.
            several: whether more than one may be chosen; then no answer is all.

        Raises:
            BadInput: nothing that is offered was chosen.
        """
        for number, name in enumerate(names, start=1):
            _say(f"  {number}. {name}")
        for _ in range(TRIES):
            words = _answer(f"{question} ").replace(",", " ").split()
            if not words and several:
                return list(names)
            chosen = [names[int(word) - 1] for word in words if word.isdecimal() and 0 < int(word) <= len(names)]
            if len(chosen) == len(words) and (len(words) == 1 or (several and words)):
                return list(dict.fromkeys(chosen))
            _say(f"Give {'numbers' if several else 'a number'} from 1 to {len(names)}.")
        raise BadInput(f"Nothing was chosen. {NOTHING_DONE}", "Run it again.")


def _say(text: str) -> None:
    sys.stderr.write(f"{in_one_line(text)}\n")
    sys.stderr.flush()


def _answer(question: str) -> str:
    """One line of a person.

    Raises:
        BadInput: the input ended.
    """
    # A folder's name may hold a line break, and the rest of it would pass for a question of ours.
    sys.stderr.write(in_one_line(question))
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise BadInput(f"The question was not answered. {NOTHING_DONE}", "Run it again.")
    return line.strip()
