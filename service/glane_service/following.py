"""Keeps the index of a read-only server like that of the library it follows; in one of its processes."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GlaneError, UsageError
from glane_indexer.index.generation import current_name
from glane_indexer.replication.replica import Replica
from glane_indexer.replication.sources import RefusedError, is_url, source_of
from glane_indexer.replication.state import State, read_state
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from glane_indexer.index.generation import Generation

logger = logging.getLogger("glane")
# A service is asked to wait for something new so long; its answer comes within a tenth of a second of it.
WAIT_SECONDS = 1.0
# Between two questions: to a folder, which cannot say when it changes, and to a service.
FOLDER_SECONDS, SERVICE_SECONDS = 0.25, 0.05
# After a failure, twice as long each time.
FIRST_RETRY, LAST_RETRY = 0.5, 10.0
TURN_SECONDS = 0.5


class Following:
    """A thread that follows while its process has the turn to; another of the same server takes over.

    Args:
        settings: what is followed, and where to.
        encoder: gives the encoder of questions, None where it is not loaded yet.
        opened: gives the generation that answers.
        refresh: called when there is another one.
    """

    def __init__(
        self,
        settings: Settings,
        encoder: Callable[[], EncoderInfo | None],
        opened: Callable[[], Generation | None],
        refresh: Callable[[], object],
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._opened = opened
        self._refresh = refresh
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, or wait for the turn to."""
        self._thread = threading.Thread(target=self._run, name="glane-replica", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what was fetched of a generation is kept."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * WAIT_SECONDS)

    def _run(self) -> None:
        said, replica = "", None
        while not self._stop.is_set():
            try:
                replica = replica or Replica(
                    self._settings.library, source_of(self._settings.follow, self._settings.follow_key)
                )
                if replica.take_turn():
                    try:
                        self._follow(replica)
                    finally:
                        replica.close()
            except GlaneError as error:
                if str(error) != said:
                    said = str(error)
                    logger.error("the source cannot be followed: %s", error)
            except Exception:
                logger.exception("the source cannot be followed")
            self._stop.wait(TURN_SECONDS)

    def _follow(self, replica: Replica) -> None:
        pause = SERVICE_SECONDS if is_url(self._settings.follow) else FOLDER_SECONDS
        said, retry = "", FIRST_RETRY
        while not self._stop.is_set():
            try:
                started = time.perf_counter()
                changed = replica.sync(wait=WAIT_SECONDS, encoder=self._encoder(), opened=self._opened())
                if said:
                    logger.info("the source is followed again")
                said, retry = "", FIRST_RETRY
                if changed:
                    self._refresh()
                    state = replica.state
                    logger.info(
                        "change %d of the source, its generation %s, is here after %.2f s",
                        state.seq,
                        state.generation,
                        time.perf_counter() - started,
                    )
                self._stop.wait(pause)
            except GlaneError as error:
                # Said once for each cause; what is here goes on answering.
                if str(error) != said:
                    said = str(error)
                    logger.error("the source cannot be followed: %s", error)
                replica.failed(error.message)
                # Not all followers at the same moment when their source comes back.
                self._stop.wait(retry * random.uniform(0.75, 1.0))  # noqa: S311
                retry = min(2 * retry, LAST_RETRY)


def first_sync(settings: Settings) -> bool:
    """Copy the source before serving; whether there is a generation to open now, new or from before.

    A source that does not answer is no reason not to start: it may start later than this server.

    Raises:
        UsageError: the settings do not go together, or the folder holds a library of its own.
        RefusedError: the source will not be followed like this.
        LibraryError: the folder cannot be written to.
    """
    check(settings)
    replica = Replica(settings.library, source_of(settings.follow, settings.follow_key))
    try:
        if replica.take_turn():
            replica.sync()
    except RefusedError:
        # With what is here, people can be answered while somebody puts the key right.
        if current_name(settings.library) is None:
            raise
    except GlaneError as error:
        logger.error("the source cannot be followed: %s", error)
        replica.failed(error.message)
    finally:
        replica.close()
    return current_name(settings.library) is not None


def check(settings: Settings) -> None:
    """See that the settings go together.

    Raises:
        UsageError: they do not.
    """
    for name in ("judge", "feedback"):
        if getattr(settings, name):
            raise UsageError(
                "a server that follows another is not written to",
                where=f"GLANE_{name.upper()}",
                hint="Set it at the one that is followed",
            )
    if settings.engine != "local":
        raise UsageError(
            "a server that follows another answers from its copy", where="GLANE_ENGINE", hint="Unset it"
        )
    follow = settings.follow
    if "://" in follow and not is_url(follow):
        raise UsageError("only folders and http(s) addresses can be followed", where=follow[:200])
    if is_url(follow) and "@" in follow.split("/")[2]:
        raise UsageError("a key does not belong in an address", hint="Set GLANE_FOLLOW_KEY")


def state_of(settings: Settings) -> State | None:
    """How a server stands to what it follows; None of one that follows nothing, or cannot say."""
    if not settings.follow:
        return None
    try:
        return read_state(settings.library)
    except GlaneError:
        return None
