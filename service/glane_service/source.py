"""Where generations come from: the library's own folder, or a Qdrant server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from glane_service.search.ranking.parameters import Parameters, library_parameters

if TYPE_CHECKING:
    from glane_indexer.encoder.base import EncoderInfo
    from glane_indexer.index.generation import Generation
    from glane_indexer.index.protocol import View, Viewer
    from glane_indexer.index.qdrant.layout import Names
    from glane_indexer.index.qdrant.points import PointStore
    from glane_indexer.index.qdrant.published import Published
    from glane_indexer.settings import Settings

# A server is asked over the network, by every process that answers from it, and so no more often.
SERVER_SECONDS = 1.0


class Opened(Protocol):
    """An opened generation; ``damage`` says why a newer one is not it, or is ""."""

    name: str
    damage: str

    @property
    def has_private(self) -> bool:
        """Whether a member may find more in it than anybody."""

    def view(self, viewer: Viewer) -> View:
        """What this viewer may find."""


class Source(Protocol):
    """Where generations come from; every method raises as it says, and GenerationError otherwise."""

    def current(self) -> str | None:
        """The name of the generation that should answer."""

    def parameters(self) -> Parameters | None:
        """The library's ranking parameters; None where an opened generation brings its own.

        Raises:
            LibraryError: they cannot be read.
        """

    def first(self, encoder: EncoderInfo) -> Opened:
        """Open the current generation, or where it is damaged one before that is sound.

        Raises:
            EncoderMismatchError: it was built with another encoder.
        """

    def next(self, name: str | None, encoder: EncoderInfo, before: Opened) -> Opened:
        """Open the generation of this name; what ``before`` has open is not opened again."""


def source_of(settings: Settings) -> Source:
    """The source that the settings name.

    Raises:
        UsageError: they name a server, and its client is not installed, or the address is none.
    """
    if settings.remote:
        from glane_indexer.index.qdrant.opening import connect

        return Server(*connect(settings))
    return Folder(settings.library)


@dataclass(frozen=True, slots=True)
class Folder:
    """A library's own index."""

    library: Path

    def current(self) -> str | None:
        """The name of the generation that should answer."""
        from glane_indexer.index.generation import current_name

        return current_name(self.library)

    def parameters(self) -> Parameters:
        """The library's ranking parameters."""
        return library_parameters(self.library)

    def first(self, encoder: EncoderInfo) -> Generation:
        """Open the current generation, or where it is damaged one before that is sound."""
        from glane_indexer.index.generation import Generation

        return Generation.open_sound(self.library, encoder=encoder)

    def next(self, name: str | None, encoder: EncoderInfo, before: Opened) -> Generation:
        """Open the generation of this name; segments that ``before`` has open are not opened again."""
        from glane_indexer.index.generation import Generation

        reuse = before if isinstance(before, Generation) else None
        return Generation.open(self.library, name, encoder=encoder, reuse=reuse)


class Server:
    """A Qdrant server; nothing of the library is needed here."""

    def __init__(self, store: PointStore, names: Names) -> None:
        self._store, self._names = store, names
        self._asked, self._current = 0.0, ""

    def current(self) -> str | None:
        """The name of the generation that should answer, as it was a second ago at most."""
        if time.monotonic() - self._asked >= SERVER_SECONDS:
            self._current = self._store.pointed(self._names.library) or ""
            self._asked = time.monotonic()
        return self._current or None

    def parameters(self) -> None:
        """None: they travel with the generation."""

    def first(self, encoder: EncoderInfo) -> Published:
        """Open the generation that is published."""
        from glane_indexer.index.qdrant.published import Published

        return Published.open(self._store, self._names, encoder=encoder)

    def next(self, name: str | None, encoder: EncoderInfo, before: Opened) -> Published:
        """Open the generation that is published by now."""
        return self.first(encoder)


def own_parameters(opened: Opened) -> Parameters:
    """The ranking parameters that a published generation brings.

    Raises:
        LibraryError: one of them does not fit this Glane.
    """
    from glane_indexer.index.qdrant.published import Published

    if not isinstance(opened, Published):
        return Parameters()
    return Parameters.from_json(dict(opened.manifest.ranking), where=opened.name)
