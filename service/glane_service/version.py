"""Which Glane this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def glane_version() -> str:
    """The version that is installed; "0" where Glane runs from its folder."""
    try:
        return version("glane")
    except PackageNotFoundError:
        return "0"
