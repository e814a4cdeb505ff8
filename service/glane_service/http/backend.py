"""The engine as the routes see it: opened in the background, or not there yet."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from glane_indexer.errors import GlaneError, ServiceError
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from glane_service.live import LiveEngine
    from glane_service.search.engine import SearchEngine

logger = logging.getLogger("glane")
RETRY_SECONDS = 2.0


class NotOpenError(ServiceError):
    """The library is not open; why, the log has said when it was tried."""


class Backend:
    """Holds the :class:`~glane_service.search.engine.LiveEngine` of one process.

    Args:
        settings: the settings in force.
        live: an engine that is open already; otherwise :meth:`start` opens one.
    """

    def __init__(self, settings: Settings, live: LiveEngine | None = None) -> None:
        self.settings = settings
        self._live = live
        self._problem: GlaneError | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def engine(self) -> SearchEngine:
        """The engine of the current generation.

        Raises:
            NotOpenError: it is not open yet, or cannot be opened; the message says why.
        """
        if self._live is None:
            if self._problem is not None:
                # Without its ``where``: a path on the server is for the log alone.
                raise NotOpenError(self._problem.message, hint=self._problem.hint)
            raise NotOpenError("the library is being opened", hint="Ask again in a moment")
        return self._live.engine

    def start(self) -> None:
        """Open the engine in a background thread, trying until it opens."""
        if self._live is None and self._thread is None:
            self._thread = threading.Thread(target=self._open, name="glane-open", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop opening, and close the engine."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=RETRY_SECONDS)
        if self._live is not None:
            self._live.close()

    def _open(self) -> None:
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
                return
            self._closing.wait(RETRY_SECONDS)
