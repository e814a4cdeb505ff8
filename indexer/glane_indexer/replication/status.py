"""What a follower's folder holds, in the form of :mod:`glane_indexer.library.status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glane_indexer.errors import GenerationError
from glane_indexer.index.generation import Generation, current_name, open_view
from glane_indexer.replication.state import read_state


def follower_status(library: Path) -> dict[str, Any] | None:
    """What the copy holds and how it stands to its source; None of a library that follows no other.

    ``damage`` says what is wrong with its files, or "".

    Raises:
        LibraryError: what it follows cannot be read.
    """
    state = read_state(library)
    if state is None:
        return None
    name, damage, opened = None, "", None
    try:
        name = current_name(library)
        if name:
            opened = Generation.open(library, name)
    except GenerationError as error:
        damage = str(error)
    counts = open_view(opened, "member").counts._asdict() if opened else {}
    empty = dict.fromkeys(("bookmarks", "annotations", "descriptions", "contributors", "passages"), 0)
    return {
        **empty,
        **counts,
        "generation": name,
        "encoder": opened.manifest.encoder.to_json() if opened else None,
        "damage": damage,
        "behind": bool(state.error) or opened is None,
        "bytes": sum(path.stat().st_size for path in library.rglob("*") if path.is_file()),
        "follow": {"source": state.source, **state.to_json()},
    }
