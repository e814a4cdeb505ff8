"""Which Qdrant a setting names: ``http://host:6333#name``, the library's own name after the ``#``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from glane_indexer.errors import UsageError
from glane_indexer.index.qdrant.layout import Names
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from glane_indexer.index.qdrant.client import ClientStore

NAME = "glane"


def connect(
    settings: Settings, *, shards: int | None = None, replicas: int | None = None
) -> tuple[ClientStore, Names]:
    """The server that is set, and what the library is called there. Nothing is asked of it yet.

    Args:
        shards: how many shards new collections have; None: as the server sets it.
        replicas: how many copies each has.

    Raises:
        UsageError: Qdrant's client is not installed, or a setting is not acceptable.
    """
    if not settings.remote:
        raise UsageError(
            "no Qdrant server is set",
            where="GLANE_ENGINE",
            hint="Set it to the address of one, like http://127.0.0.1:6333#glane",
        )
    if find_spec("qdrant_client") is None:
        raise UsageError(
            "Qdrant's client is not installed",
            where="GLANE_ENGINE",
            hint="Run `pip install 'glane[qdrant]'`",
        )
    from glane_indexer.index.qdrant.client import ClientStore

    address, _, name = settings.engine.partition("#")
    return (
        ClientStore.connect(address, _key(settings), shards=shards, replicas=replicas),
        Names.of(name or NAME),
    )


def _key(settings: Settings) -> str:
    """The key, of the setting itself or of the file that a setting names."""
    if settings.engine_key or not settings.engine_key_file:
        return settings.engine_key
    try:
        return Path(settings.engine_key_file).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the file with Qdrant's key cannot be read: {error}", where="GLANE_ENGINE_KEY_FILE"
        ) from error
