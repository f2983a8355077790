"""Confirm tokens: each authorizes exactly one planned write, once.

Theory: the answer with the plan of a write carries a token; the call that confirms the plan sends it back. A token is a
random id, the instant it expires, how far the issue's log of activity had been read (:class:`Seen`), a keyed digest
(HMAC-SHA256) of the action with all its arguments, another of the state that was read, and a seal over all of these. So
it cannot be forged, altered, used for another issue or argument, used twice, used after it expired, or after the issue
changed. It contains no readable text.

A token is spent when the action matches, before the state is compared: when the issue has changed, its token is void. A
call with other arguments does not spend it. The key lives as long as the process: a restart invalidates all tokens.

Time is counted by a clock that nobody can set, neither back (a token would live longer) nor forward; see
:func:`seconds_running`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import struct
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sentry_runbook.errors import RunbookError

Payload = Mapping[str, str | int | None]

STATE = "state"
"""Payload keys that begin so hold the state that was read; all others are the action and its arguments."""
MAX_SPENT = 10_000
_ID, _DIGEST = 12, 16
_HEAD = struct.Struct(f">{_ID}sQ?QB")
_LENGTH = _HEAD.size + 3 * _DIGEST
_MOST_ENTRIES = 255


class Seen(NamedTuple):
    """How far the log of an issue's activity had been read when a plan was made; binds nothing, and tells what is new.

    Attributes:
        at_us: time of its newest entry, microseconds since the epoch; 0 for an empty log.
        entries: how many entries bear that very time; from 255 on they are not told apart.
    """

    at_us: int = 0
    entries: int = 0


NOTHING_SEEN = Seen()


class ConfirmationError(RunbookError):
    """The confirm token does not authorize this write; nothing was changed."""


class DamagedToken(ConfirmationError):
    """Not a token of this process: mistyped, cut, made up, or from before a restart."""


class ExpiredToken(ConfirmationError):
    """The token has expired (after ten minutes)."""


class SpentToken(ConfirmationError):
    """The token was used before, or is void."""


class OtherAction(ConfirmationError):
    """The token was issued for another issue, action or argument."""


class StateChanged(ConfirmationError):
    """The issue is no longer in the state that was read when the token was made; the token is void."""


def seconds_running() -> float:
    """Seconds since some fixed moment, which nobody can set; those of a suspended machine count where the system says.

    Linux counts them in CLOCK_BOOTTIME only.
    """
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)


_SIGNS = 62 << 2
"""The first byte from which on base64url begins with a sign and no letter or digit: ``-`` or ``_``."""


def _new_id() -> bytes:
    """A random id whose token begins with a letter or digit: a dash reads as a list's mark in Markdown, and is lost."""
    while (new := secrets.token_bytes(_ID))[0] >= _SIGNS:
        pass
    return new


class Confirmations:
    """Issues and redeems confirm tokens.

    Args:
        clock: seconds, never set back: where a clock goes back all the same, the latest moment it gave counts.
        key: 32 bytes; made at random when left out.
        ttl_s: seconds a token lives.
    """

    def __init__(
        self, clock: Callable[[], float] = seconds_running, key: bytes | None = None, ttl_s: float = 600
    ) -> None:
        self._clock = clock
        self._latest_ms = 0
        self._key = key or secrets.token_bytes(32)
        self._ttl_s = ttl_s
        self._spent: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Confirmations(ttl_s={self._ttl_s})"

    def issue(self, payload: Payload, *, of_dry_run: bool = False, seen: Seen = NOTHING_SEEN) -> str:
        """Make a token for a write.

        Args:
            payload: keys that begin with ``state`` hold the state read, the others the action.
            of_dry_run: nobody was to be asked yet, so a person who can be asked still is, see :meth:`is_of_dry_run`.
            seen: how far the issue's log was read, see :meth:`seen_by`.
        """
        expires_ms, entries = self._now_ms() + round(self._ttl_s * 1000), min(seen.entries, _MOST_ENTRIES)
        head = _HEAD.pack(_new_id(), expires_ms, of_dry_run, max(0, seen.at_us), entries)
        body = head + self._digest(b"action", head, _action(payload)) + self._digest(b"state", head, _state(payload))
        return base64.urlsafe_b64encode(body + self._digest(b"seal", body)).rstrip(b"=").decode("ascii")

    def fingerprint(self, payload: Payload) -> str:
        """What tells one write on one state from another, whole, and says nothing readable."""
        return self._digest(b"fingerprint", _canonical(payload)).hex()

    def is_of_dry_run(self, token: str) -> bool:
        """Whether it came with a dry run, which asked nobody. False for what is no token: :meth:`redeem` refuses it."""
        try:
            head, _, _ = self._open(token)
        except DamagedToken:
            return False
        return bool(_HEAD.unpack(head)[2])

    def seen_by(self, token: str) -> Seen | None:
        """How far the log was read when it was made; None for what is no token: :meth:`redeem` refuses it."""
        try:
            head, _, _ = self._open(token)
        except DamagedToken:
            return None
        return Seen(*_HEAD.unpack(head)[3:])

    def redeem(self, token: str, payload: Payload, *, spend: bool = True) -> None:
        """Spend a token on exactly the write it was made for.

        Args:
            token: as it came back.
            payload: as for :meth:`issue`, of the write that is about to be made.
            spend: False only looks whether it could be spent; a token whose issue has changed is void all the same.

        Raises:
            ConfirmationError: the subclass says why it does not confirm this write.
        """
        head, action, state = self._open(token)
        token_id, expires_ms, *_ = _HEAD.unpack(head)
        with self._lock:
            self._forget_expired()
            if expires_ms <= self._now_ms():
                raise ExpiredToken("The confirm_token has expired; nothing was changed.", _AGAIN)
            if token_id in self._spent:
                raise SpentToken(
                    "The confirm_token was already used or voided; nothing was changed by this call.", _AGAIN
                )
            if not hmac.compare_digest(action, self._digest(b"action", head, _action(payload))):
                raise OtherAction(
                    "The confirm_token was made for another issue, action or argument; nothing was changed.",
                    "Repeat the call with exactly the arguments of the plan, or without confirm_token for a new plan.",
                )
            if len(self._spent) >= MAX_SPENT:
                raise ConfirmationError(
                    "Too many confirmations in ten minutes; nothing was changed.", "Wait and try again."
                )
            is_same_state = hmac.compare_digest(state, self._digest(b"state", head, _state(payload)))
            if spend or not is_same_state:
                self._spent[token_id] = expires_ms
            if not is_same_state:
                raise StateChanged(
                    "The issue has changed since the plan was made, so the confirm_token is void; nothing was changed.",
                    _AGAIN,
                )

    def _open(self, token: str) -> tuple[bytes, bytes, bytes]:
        try:
            raw = base64.b64decode(token.strip() + "=" * (-len(token.strip()) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        body, seal = raw[:-_DIGEST], raw[-_DIGEST:]
        if len(raw) != _LENGTH or not hmac.compare_digest(seal, self._digest(b"seal", body)):
            raise DamagedToken(
                "The confirm_token is not one of this server's: damaged, made up, or from before a restart.", _AGAIN
            )
        head = body[: _HEAD.size]
        return head, body[_HEAD.size : _HEAD.size + _DIGEST], body[_HEAD.size + _DIGEST :]

    def _digest(self, purpose: bytes, *parts: bytes) -> bytes:
        mac = hmac.new(self._key, purpose, hashlib.sha256)
        for part in parts:
            mac.update(struct.pack(">I", len(part)) + part)
        return mac.digest()[:_DIGEST]

    def _now_ms(self) -> int:
        self._latest_ms = max(self._latest_ms, round(self._clock() * 1000))
        return self._latest_ms

    def _forget_expired(self) -> None:
        now = self._now_ms()
        self._spent = {token_id: expires for token_id, expires in self._spent.items() if expires > now}


_AGAIN = "Call again without confirm_token to get a new plan and a new token."


def _action(payload: Payload) -> bytes:
    return _canonical({key: value for key, value in payload.items() if not key.startswith(STATE)})


def _state(payload: Payload) -> bytes:
    return _canonical({key: value for key, value in payload.items() if key.startswith(STATE)})


def _canonical(payload: Payload) -> bytes:
    return json.dumps(payload, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")
