"""A port to listen on, asked for before anything is started."""

from __future__ import annotations

import socket

from sentry_runbook.errors import SettingsError


def free_port(host: str, port: int) -> int:
    """The port, once it is sure that one can listen there; a free one for 0.

    Raises:
        SettingsError: another process has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Without it the port of a server that has just ended counts as taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise SettingsError(
                f"Cannot listen on {host} port {port}: {exc.strerror or type(exc).__name__}.",
                "Give another --port (0 takes a free one) or --host, or end what listens there.",
            ) from exc
        chosen: int = probe.getsockname()[1]
    return chosen
