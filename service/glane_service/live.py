"""The engine of the current generation, whichever that is: a new one is taken up while serving."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from glane_indexer.errors import GlaneError
from glane_indexer.settings import Settings
from glane_service.access import Viewer
from glane_service.search.ranking.parameters import library_parameters

if TYPE_CHECKING:
    from glane_indexer.encoder.base import Encoder
    from glane_service.search.engine import SearchEngine

logger = logging.getLogger("glane")
# How often the library is asked for a newer generation.
CHECK_SECONDS = 0.25


class LiveEngine:
    """Holds the engine of the current generation and follows the library to the next.

    A generation is opened in a thread of its own while the one before still answers; requests that
    have taken :attr:`engine` keep theirs until they are done.

    Raises:
        GenerationError: the library has no index, or one that cannot be opened.
        EncoderError: the encoder cannot be loaded.
    """

    def __init__(self, settings: Settings, *, follow: bool = True) -> None:
        from glane_indexer.encoder.load import load_encoder

        self._settings = settings
        self._encoder = load_encoder(settings)
        self._engine = self._open()
        self._refused = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="glane-follow", daemon=True)
        if follow:
            self._thread.start()

    @property
    def encoder(self) -> Encoder:
        """The encoder of questions and passages."""
        return self._encoder

    @property
    def engine(self) -> SearchEngine:
        """The engine of everything in the current generation, for who owns the library's folder."""
        return self._engine

    def engine_for(self, viewer: Viewer) -> SearchEngine:
        """The engine of what this viewer may see in the current generation."""
        # index: a view per viewer belongs here, of public segments alone where not viewer.sees_private.
        return self._engine

    def close(self) -> None:
        """Stop following the library, and close the generation."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * CHECK_SECONDS)
        self._engine.generation.close()

    def _open(self) -> SearchEngine:
        from glane_indexer.index.generation import Generation
        from glane_service.search.engine import SearchEngine

        library = self._settings.library
        generation = Generation.open(library, encoder=self._encoder.info)
        return SearchEngine(generation, self._encoder, library_parameters(library))

    def _follow(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            try:
                self.refresh()
            except GlaneError as error:
                # Said once for each cause; the last good generation goes on answering.
                if str(error) != self._refused:
                    self._refused = str(error)
                    logger.error("the new generation is not taken up: %s", error)
            except Exception:
                logger.exception("the library cannot be followed")

    def refresh(self) -> bool:
        """Take up the current generation now if it is another one; whether it was.

        Raises:
            GenerationError: the new generation cannot be opened; the old one stays.
        """
        from glane_indexer.index.generation import current_name

        if current_name(self._settings.library) == self._engine.generation.name:
            return False
        started = time.perf_counter()
        # The old generation is closed when the last request that uses it lets go of it.
        self._engine = self._open()
        self._refused = ""
        logger.info(
            "generation %s taken up in %.2f s",
            self._engine.generation.name,
            time.perf_counter() - started,
        )
        return True
