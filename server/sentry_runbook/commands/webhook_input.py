"""Reads the webhook that ``triage --webhook`` is given: bounded, within a deadline, its signature checked."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.webhook_body import MOST_BYTES, check_signature, json_object
from sentry_runbook.sentry.webhooks import Subject, subject_of
from sentry_runbook.settings import Settings
from sentry_runbook.small_files import UnsuitableFile, read_small_file

SIGNATURE = "SENTRY_HOOK_SIGNATURE"
"""The variable of the signature. No setting: each webhook has its own, and it is no secret."""
SECRET = "SENTRY_RUNBOOK_WEBHOOK_SECRET"  # noqa: S105  # a variable's name
UNCHECKED = f"the webhook's signature was not checked: {SECRET} is not set"
CHUNK = 65_536
PIPE = "Give the body of one request: a file, --webhook payload.json, or --webhook - and the body on standard input."


def read_webhook(
    name: str, signature: str | None, settings: Settings, environment: Mapping[str, str] = os.environ
) -> Subject:
    """What the webhook asks to be triaged; whether its signature was checked is said on stderr when it was not.

    Args:
        name: of a file, or ``-`` for standard input.
        signature: value of the flag; None: the environment's.
        settings: which Sentry, which secret, and how long to wait for standard input.
        environment: of the process.

    Raises:
        BadInput: it cannot be read, its signature is missing or wrong, the secret is empty, or it names nothing of the
            configured Sentry.
    """
    body = _standard_input(settings.limits.call_s) if name == "-" else _file(name)
    if settings.webhook_secret is not None:
        given = (signature or "").strip() or environment.get(SIGNATURE)
        check_signature(body, given, settings.webhook_secret)
    elif SECRET in environment:
        # As a store of secrets gives one that it does not have: whoever names it wants the check.
        raise BadInput(
            f"{SECRET} is there and empty, so the webhook's signature cannot be checked; nothing was asked of Sentry.",
            "Set it to the client secret of the integration that sends, or take it away to go without the check.",
        )
    parsed = json_object(body)
    if settings.webhook_secret is None:
        sys.stderr.write(f"sentry-runbook: {UNCHECKED}\n")
    return subject_of(parsed, settings.base_url)


def _file(name: str) -> bytes:
    try:
        return read_small_file(Path(name), MOST_BYTES)
    except UnsuitableFile as exc:
        raise BadInput(f"The webhook {name} {exc}.", PIPE) from exc
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else type(exc).__name__
        raise BadInput(f"The webhook {name} cannot be read: {why}.", PIPE) from exc


def _standard_input(seconds: float) -> bytes:
    """What is piped in.

    Nobody is there to end an input that does not end, so it is waited for no longer than a whole call may take. The
    reading thread is left behind then; it reads past Python's own buffer, whose lock would be missed at the exit.

    Raises:
        BadInput: nobody pipes anything in, it does not end, or it is too large.
    """
    try:
        descriptor = sys.stdin.fileno()
        is_terminal = sys.stdin.isatty()
    except (AttributeError, OSError, ValueError) as exc:  # closed, or there is none
        raise BadInput("There is no standard input to read the webhook from.", PIPE) from exc
    if is_terminal:
        raise BadInput("Standard input is a terminal: no webhook is piped in.", PIPE)
    chunks: list[bytes] = []
    failures: list[OSError] = []

    def read() -> None:
        left = MOST_BYTES + 1
        try:
            while left > 0 and (chunk := os.read(descriptor, min(CHUNK, left))):
                chunks.append(chunk)
                left -= len(chunk)
        except OSError as exc:
            failures.append(exc)

    reader = threading.Thread(target=read, daemon=True, name="webhook")
    reader.start()
    reader.join(seconds)
    if reader.is_alive():
        raise BadInput(f"Standard input did not end within {seconds:g} s.", PIPE)
    if failures:
        raise BadInput(f"Standard input cannot be read: {failures[0].strerror}.", PIPE)
    body = b"".join(chunks)
    if len(body) > MOST_BYTES:
        raise BadInput(f"Standard input has more than {MOST_BYTES:,} bytes.", "Pipe in the body of one request.")
    return body
