"""How the command line refuses: one sentence, the nearest valid word, and the next step.

With ``--json`` a refusal is one JSON object on a line of standard error, the last one there, so that a program need
not read sentences; standard output stays empty then.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import NoReturn

from sentry_runbook.commands import COMMANDS
from sentry_runbook.errors import BadInput, RunbookError, in_one_line

PROGRAM = "sentry-runbook"
LIKE = 0.6
"""How much of two words must be the same for one to be a mistyped form of the other (``difflib``)."""


class WrongArguments(BadInput):
    """The words after the program's name are not what it takes.

    Args:
        what: one sentence.
        fix: the next step.
        speaker: the program and its command, as ``sentry-runbook triage``.
    """

    def __init__(self, what: str, fix: str, *, speaker: str = PROGRAM) -> None:
        super().__init__(what, fix)
        self.speaker = speaker


class Parser(argparse.ArgumentParser):
    """Refuses like the rest of the product, and knows what was probably meant."""

    @property
    def color(self) -> bool:
        """Of Python 3.14 and later: off, because standard output spells out every control sequence."""
        return False

    @color.setter
    def color(self, wanted: bool) -> None:
        """Do without: argparse sets it when it makes a parser."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            WrongArguments: always.
        """
        raise WrongArguments(message, f"See '{self.prog} --help'.", speaker=self.prog)

    def refuse_extra(self, extra: list[str]) -> NoReturn:
        """Refuse arguments that no flag and no place takes; the first flag among them tells most.

        Raises:
            WrongArguments: always.
        """
        flag = next((word.partition("=")[0] for word in extra if word.startswith("-")), None)
        if flag is None:
            first = " A command comes first." if extra[0] in COMMANDS else ""
            self.error(f"unexpected argument {extra[0]!r}.{first}")
        self.error(f"unknown flag {flag}.{did_you_mean(flag, self.flags())}")

    def flags(self) -> tuple[str, ...]:
        """All flags of this command."""
        return tuple(flag for action in self._actions for flag in action.option_strings)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> object:
        """A flag's value; a blank one is not given: a script writes it so whose variable is not set (DESIGN §3)."""
        is_optional = bool(action.option_strings) and not action.required and isinstance(action, argparse._StoreAction)
        if is_optional and len(arg_strings) == 1 and not arg_strings[0].strip():
            return action.default
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a word that is not among the choices, in the same words on every Python."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            nearest = did_you_mean(str(value), known)
            raise argparse.ArgumentError(
                action, f"invalid choice: {value!r} (choose from {', '.join(known)}).{nearest}"
            )


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Lists with room for the longest command beside its words."""

    def __init__(self, prog: str, **settings: object) -> None:
        del settings  # width and colour: Python's newer parsers give them, and ours are fixed
        super().__init__(prog, max_help_position=26)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest valid word, with a blank before it; empty when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415  # of a refusal only (DESIGN §9)

    bare = {valid.lstrip("-").lower(): valid for valid in known}
    near = get_close_matches(word.lstrip("-").lower(), bare, n=1, cutoff=LIKE)
    return f" Did you mean {bare[near[0]]}?" if near else ""


def complain(error: RunbookError, exit_code: int, *, as_json: bool) -> None:
    """Say on standard error what failed and what to do."""
    if as_json:
        said = {"error": error.what, **({"fix": error.fix} if error.fix else {}), "exit_code": exit_code}
        sys.stderr.write(json.dumps(said) + "\n")
        return
    speaker = error.speaker if isinstance(error, WrongArguments) else PROGRAM
    sys.stderr.write(f"{in_one_line(speaker)}: {error.what}\n")
    if error.fix:
        sys.stderr.write(f"  {error.fix}\n")
