"""Which Glane this is."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version


def glane_version() -> str:
    """The version that is installed; "0" where Glane runs from its folder."""
    for name in ("glane", "glane-slim"):
        with suppress(PackageNotFoundError):
            return version(name)
    return "0"
