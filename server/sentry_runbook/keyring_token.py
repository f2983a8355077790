"""The token in the system's keyring: macOS Keychain, Windows Credential Locker, Secret Service or KWallet.

An entry belongs to one server: its account is the server's base URL. So a file that names another server cannot have
the token sent there. The library is an optional extra, imported only where a setting or a command asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from sentry_runbook.errors import SettingsError

SERVICE = "sentry-runbook"
SOURCE = "the system's keyring"
INSTEAD = "or leave the keyring off and set SENTRY_AUTH_TOKEN."
INSTALL = f"Install it: pip install 'sentry-runbook[keyring]'; {INSTEAD}"
UNLOCK = f"Unlock it, or let sentry-runbook use it where the system asks; {INSTEAD}"
NO_BACKEND = f"On Linux it takes a running Secret Service (GNOME Keyring, KWallet); {INSTEAD}"


def stored_token(base_url: str) -> str | None:
    """The token of this server; None where the keyring holds none.

    Raises:
        SettingsError: the keyring cannot be used; says why.
    """
    return _asked("read", lambda keyring: keyring.get_password(SERVICE, base_url))


def store_token(base_url: str, token: str) -> None:
    """Keep the token of this server, in place of an older one, and see that it can be read again.

    Raises:
        SettingsError: the keyring cannot be used; says why.
    """
    _asked("changed", lambda keyring: keyring.set_password(SERVICE, base_url, token))
    if stored_token(base_url) != token:
        # The null backend, for one, takes everything and keeps nothing.
        raise SettingsError("The system's keyring did not keep the token.", NO_BACKEND)


def _asked(verb: str, ask: Callable[[ModuleType], str | None]) -> str | None:
    try:
        import keyring  # noqa: PLC0415  # an optional library, and none that start-up pays for
        from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415  # as above
    except ImportError as exc:
        raise SettingsError("The library that reads the system's keyring is not installed.", INSTALL) from exc
    try:
        return ask(keyring)
    except NoKeyringError as exc:
        raise SettingsError("This system has no keyring that can be used.", NO_BACKEND) from exc
    except (ImportError, AttributeError, TypeError) as exc:
        # PYTHON_KEYRING_BACKEND, or the library's own configuration, names one that is not there.
        raise SettingsError(
            "The keyring library is configured to a backend that cannot be loaded.", f"Correct that, {INSTEAD}"
        ) from exc
    except KeyringError as exc:
        # Its text may hold anything that a service of the system said.
        raise SettingsError(f"The system's keyring cannot be {verb} ({type(exc).__name__}).", UNLOCK) from exc
