"""Why a host's configuration is left as it is."""

from __future__ import annotations


class ConfigurationRefused(Exception):
    """It cannot be changed without a risk for what stands in it; the message completes "the file …"."""
