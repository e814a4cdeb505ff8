"""Takes the journal's changes into catalog and index, in whichever process holds the lock for it."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import GlaneError, LockedError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.language import detect
from glane_indexer.library.applying import applied_seq, apply_pending, has_journal
from glane_indexer.library.journal import JOURNAL, Journal
from glane_indexer.settings import Settings
from glane_service.keys import KEYS

logger = logging.getLogger("glane")
APPLIER_LOCK = "applier.lock"
# How often the journal is looked at for what other processes have written: one `stat`.
LOOK_SECONDS = 0.05
# How often a process that has not got the lock asks for it, and how long one that failed waits.
TURN_SECONDS = 0.5
WARMING = "A sentence that is long enough to be told its language."
FAILED_SECONDS = 2.0


class Applier:
    """A thread that applies changes while its process holds the library's lock for that.

    The lock goes with its process, however that ends; another process of the same service takes over.

    Args:
        library: the library folder.
        encoder: gives the encoder, when one is needed.
        refresh: called when there is something new to answer from.
        generation: gives the generation that answers, whose segments need not be read again.
        awaited: changes may come though nobody has made one here yet, nor has a key for it.
    """

    def __init__(
        self,
        library: Path,
        encoder: Callable[[], Encoder],
        refresh: Callable[[], object],
        generation: Callable[[], Generation | None] = lambda: None,
        *,
        awaited: bool = False,
    ) -> None:
        self._library = library
        self._journal = Journal(library)
        self._encoder = encoder
        self._refresh = refresh
        self._generation = generation
        self._awaited = awaited
        self._is_warm = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, or wait for the turn to; first load what the first change needs, where one may come."""
        self._stop.clear()
        if self._generation() is not None and expects_changes(self._library, awaited=self._awaited):
            self._warm_up()
        self._thread = threading.Thread(target=self._run, name="glane-apply", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not applied stays in the journal, and an index that is half made is made again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._journal.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            # Where nobody writes there is nothing to do, and the folder may not be one to write to.
            if expects_changes(self._library, awaited=self._awaited):
                self._warm_up()
            handle = take_turn(self._library) if has_journal(self._library) else None
            if handle is None:
                self._stop.wait(TURN_SECONDS if has_journal(self._library) else LOOK_SECONDS)
                continue
            try:
                self._follow()
            finally:
                os.close(handle)

    def _warm_up(self) -> None:
        """Load once what the first change needs, so that whoever makes it need not wait for that."""
        if self._is_warm:
            return
        self._is_warm = True
        try:
            detect(WARMING)
            applied_seq(self._library)
            self._encoder().encode_passages([WARMING])
        except GlaneError as error:
            # The change itself will say so, where it matters then.
            logger.debug("not loaded beforehand: %s", error)

    def _follow(self) -> None:
        """Apply whatever comes, until this process stops."""
        seen: tuple[int, int] | None = None
        said = ""
        while not self._stop.is_set():
            try:
                now = _state(self._library)
                if now == seen:
                    self._stop.wait(LOOK_SECONDS)
                    continue
                self._catch_up()
                seen, said = now, ""
            except LockedError:
                # An import or a build is at work: what waits is not lost.
                self._stop.wait(LOOK_SECONDS)
            except GlaneError as error:
                if str(error) != said:
                    said = str(error)
                    logger.error("changes wait, since they cannot be applied: %s", error)
                self._stop.wait(FAILED_SECONDS)
            except Exception:
                logger.exception("changes wait, since they cannot be applied")
                self._stop.wait(FAILED_SECONDS)

    def _catch_up(self) -> None:
        started = time.perf_counter()
        applied = apply_pending(self._library, self._journal)
        stored = time.perf_counter()
        if applied.seq == 0:
            return
        report = build_generation(
            self._library, self._encoder(), reuse=self._generation(), ready=self._refresh
        )
        # Segments may have been merged since.
        self._refresh()
        if applied.count:
            logger.info(
                "changes up to %d: %d applied in %.2f s, in generation %s after %.2f s",
                applied.seq,
                applied.count,
                stored - started,
                report.generation,
                time.perf_counter() - started,
            )


def expects_changes(library: Path, *, awaited: bool = False) -> bool:
    """Whether anybody can change this library over HTTP, or has."""
    return awaited or has_journal(library) or (library / KEYS).exists()


def begin_warming(settings: Settings) -> None:
    """Load what tells languages apart, which takes half a second, beside what else is opened."""
    if not settings.read_only and expects_changes(settings.library, awaited=bool(settings.admin_key)):
        threading.Thread(target=detect, args=(WARMING,), name="glane-warm", daemon=True).start()


def take_turn(library: Path) -> int | None:
    """The lock of whoever applies changes, as an open file; None where another process has it."""
    try:
        handle = os.open(library / APPLIER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _state(library: Path) -> tuple[int, int] | None:
    try:
        found = (library / JOURNAL).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size
