"""The engine as the routes see it: opened in the background, or not there yet."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from glane_indexer.errors import GlaneError, ServiceError
from glane_indexer.settings import Settings
from glane_service.access import Viewer

if TYPE_CHECKING:
    from glane_indexer.encoder.base import Encoder, EncoderInfo
    from glane_indexer.index.generation import Generation
    from glane_service.live import LiveEngine
    from glane_service.search.engine import SearchEngine

logger = logging.getLogger("glane")
RETRY_SECONDS = 2.0
WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.02
MAX_WAITING = 8


class NotOpenError(ServiceError):
    """The library is not open; why, the log has said when it was tried."""


class Backend:
    """Holds the :class:`~glane_service.search.engine.LiveEngine` of one process.

    Args:
        settings: the settings in force.
        live: an engine that is open already; otherwise :meth:`start` opens one.
        known_seq: gives the number of the last change there is.
    """

    def __init__(
        self,
        settings: Settings,
        live: LiveEngine | None = None,
        known_seq: Callable[[], int] = lambda: 0,
    ) -> None:
        self.settings = settings
        self.known_seq = known_seq
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)
        self._live = live
        self._problem: GlaneError | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is an engine."""
        return self._live is not None

    def engine_for(
        self, viewer: Viewer, min_seq: int = 0, waiting: Callable[[], None] = lambda: None
    ) -> SearchEngine:
        """The engine of what this viewer may see, in the current generation.

        Args:
            min_seq: a change that the answer is to know: waits for it, :data:`WAIT_SECONDS` at most.
            waiting: is called before it waits.

        Raises:
            UnknownViewerError: the viewer may not even search.
            NotOpenError: it is not open yet, or cannot be opened; the message says why.
        """
        viewer.require("search")
        live = self._opened()
        if live.engine_for(viewer).seq < min_seq and min_seq <= self.known_seq():
            deadline = time.monotonic() + WAIT_SECONDS
            # Only so many may wait: each holds a thread, and is worked on afterwards beside those whose
            # turn it is.
            if self._waiting.acquire(blocking=False):
                try:
                    waiting()
                    while live.engine_for(viewer).seq < min_seq and time.monotonic() < deadline:
                        time.sleep(LOOK_SECONDS)
                finally:
                    self._waiting.release()
        return live.engine_for(viewer)

    def _opened(self) -> LiveEngine:
        if self._live is None:
            if self._problem is not None:
                # Without its ``where``: a path on the server is for the log alone.
                raise NotOpenError(self._problem.message, hint=self._problem.hint)
            raise NotOpenError("the library is being opened", hint="Ask again in a moment")
        return self._live

    def encoder(self) -> Encoder:
        """The encoder of passages: that of the engine, or one of its own while there is no engine."""
        from glane_indexer.encoder.load import load_encoder

        live = self._live
        return live.encoder if live is not None else load_encoder(self.settings, quiet=True)

    def encoder_info(self) -> EncoderInfo | None:
        """Which encoder questions are encoded with; None while there is no engine."""
        return self._live.encoder.info if self._live is not None else None

    def generation(self) -> Generation | None:
        """The generation that answers; None where none is open."""
        return self._live.generation if self._live is not None else None

    @property
    def damage(self) -> str:
        """What is wrong with the files of the index, for the log alone; "" where all is well."""
        return self._live.damage if self._live is not None else ""

    def waiting(self) -> int:
        """How many changes are acknowledged that the answers do not know yet."""
        generation = self.generation()
        return max(0, self.known_seq() - generation.manifest.seq) if generation is not None else 0

    def refresh(self) -> None:
        """Take up what is new in the library now."""
        if self._live is not None:
            self._live.refresh()

    def start(self, opened: Callable[[], None] = lambda: None) -> None:
        """Open the engine in a background thread, trying until it opens; then call ``opened`` there."""
        if self._live is None and self._thread is None:
            self._thread = threading.Thread(
                target=self._open, args=(opened,), name="glane-open", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Stop opening, and close the engine."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=RETRY_SECONDS)
        if self._live is not None:
            self._live.close()

    def _open(self, opened: Callable[[], None]) -> None:
        from glane_service.live import LiveEngine

        while not self._closing.is_set():
            try:
                live = LiveEngine(self.settings)
            except GlaneError as error:
                if str(error) != str(self._problem):
                    logger.error("the library cannot be opened: %s", error)
                self._problem = error
            except Exception:
                logger.exception("the library cannot be opened")
                self._problem = ServiceError("the library cannot be opened; the log says why")
            else:
                self._live = live
                opened()
                return
            self._closing.wait(RETRY_SECONDS)
