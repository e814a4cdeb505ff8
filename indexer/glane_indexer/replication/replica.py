"""A library's index kept like that of another: changed segments alone, checked, and switched at once.

A follower's folder holds generations and no catalog. What answers is never mixed: a generation becomes
current, by one rename, when all of its files are there and every checksum has been read to match. The one
before stays where its source keeps it, too, and what is open stays readable after it is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError, LibraryError, NotFoundError, SourceError, UsageError
from glane_indexer.index import generation
from glane_indexer.index import manifest as manifests
from glane_indexer.index.generation import INDEX, Generation
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.replication.files import Files, put
from glane_indexer.replication.offer import FILES, KEYS, QUESTIONS, Offer, Part, checksum, questions_bytes
from glane_indexer.replication.sources import Source
from glane_indexer.replication.state import FOLLOWER, State, read_state, write_state

LOCK = "follow.lock"
# What only a library of its own has.
_OWN = ("catalog.duckdb", "journal.log")
# So often a source may go on to another generation while one is fetched, before that is an error.
OVERTAKEN = 5
# That nothing has changed is written down so often.
SAID_SECONDS = 1.0

Questions = Sequence[tuple[str, Sequence[str]]]


class Replica:
    """The copy of one source in one folder; used by one thread at a time.

    Args:
        library: the follower's folder; made where there is none.
        source: what it follows.
        clock: seconds since 1970.

    Raises:
        UsageError: the folder holds a library of its own.
        LibraryError: it cannot be made.
    """

    def __init__(self, library: Path, source: Source, *, clock: Callable[[], float] = time.time) -> None:
        claim(library, source.name)
        self._library = library
        self._folder = library / INDEX
        self._files = Files(self._folder, source)
        self._source = source
        self._clock = clock
        self._known = ""
        self._said, self._counted = 0.0, 0
        self._turn: int | None = None

    @property
    def state(self) -> State:
        """How it stands to its source, as this or another process has left it."""
        return _state(self._library, self._source.name)

    def take_turn(self) -> bool:
        """Become the one process that writes here, until :meth:`close`; whether it is."""
        if self._turn is None:
            try:
                handle = os.open(self._library / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise LibraryError(
                    f"the library cannot be written to: {error.strerror}", where=str(self._library)
                ) from error
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._turn = handle
        return True

    def close(self) -> None:
        """Let another process take its turn."""
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None

    def sync(
        self, *, wait: float = 0.0, encoder: EncoderInfo | None = None, opened: Generation | None = None
    ) -> bool:
        """Become like the source; whether there is another generation now.

        Whatever this raises, the generation that answers stays, and what was fetched is not fetched again.

        Args:
            wait: seconds that the source may take to say that nothing is new.
            encoder: what questions are encoded with; a generation of another encoder is not taken.
            opened: a generation that is open, whose segments need not be read again.

        Raises:
            SourceError: the source cannot be asked, or sends what it should not.
            EncoderMismatchError: the source was indexed with another encoder.
            GenerationError, LibraryError: the source has no sound index, or this folder cannot be written.
        """
        try:
            for _ in range(OVERTAKEN):
                offer = self._source.offer(self._known, wait)
                if offer is None:
                    self._say(error="", same_at=self._clock())
                    return False
                try:
                    changed = self._take(offer, encoder, opened)
                except NotFoundError:
                    # Merged away meanwhile: what has come of it serves the generation that follows.
                    continue
                self._known = offer.etag
                self._say(
                    error="",
                    generation=offer.generation,
                    seq=offer.manifest.seq,
                    same_at=self._clock(),
                    has_keys=KEYS in offer.parts,
                )
                return changed
            raise SourceError("the source changes faster than it can be copied", where=self._source.name)
        except OSError as error:
            raise LibraryError(
                f"the copy cannot be written: {error.strerror or error}", where=str(self._library)
            ) from error

    def failed(self, error: str) -> None:
        """Keep why the source cannot be followed."""
        self._say(error=error)

    def _take(self, offer: Offer, encoder: EncoderInfo | None, opened: Generation | None) -> bool:
        """Make an offer the current generation; whether it is another than before."""
        offer.manifest.check(self._source.name, encoder)
        self._folder.mkdir(exist_ok=True)
        here = self._here()
        members = [
            Member(self._files.named(member.file, here.values()), member.alive)
            for member in offer.manifest.members
        ]
        sound = {segment.file for segment in opened.segments} if opened else set()
        missing = [
            (theirs.file, own.file)
            for theirs, own in zip(offer.manifest.members, members, strict=True)
            if not self._files.has(own.file, sound)
        ]
        self._files.check_room([own for _, own in missing])
        for theirs, own in missing:
            self._files.fetch(theirs, own)
        current = self._current(here)
        questions = self._questions(offer, here.get(current or ""))
        wanted = replace(offer.manifest, members=members, questions=questions)
        self._put_files(offer)
        if current is not None and _same(here[current], wanted):
            if not offer.previous:
                generation.clean(self._library, {current})
            return False
        name = generation.new_name(self._library)
        # The source's own name where it is free, so that people can compare.
        name = max(name, offer.generation, key=int)
        generation.write_manifest(self._library, name, wanted)
        Generation.open(self._library, name, encoder=encoder, reuse=opened)
        generation.set_current(self._library, name)
        before = {current} if current and offer.previous == self.state.generation else set()
        generation.clean(self._library, {name, *before})
        return True

    def _here(self) -> dict[str, Manifest]:
        """The generations of this folder that can be read, the oldest first."""
        found = {}
        for name in generation.names(self._library):
            try:
                found[name] = generation.read_manifest(self._library, name)
            except GenerationError:
                continue
        return found

    def _current(self, here: dict[str, Manifest]) -> str | None:
        """The current generation, where it is one of these."""
        try:
            name = generation.current_name(self._library)
        except GenerationError:
            return None
        return name if name in here else None

    def _part(self, part: Part) -> bytes:
        content = self._source.part(part)
        if checksum(content) != part.checksum:
            raise SourceError(
                "a part did not come as it was sent: its checksum does not match",
                where=f"{self._source.name}: {part.name}",
            )
        return content

    def _questions(self, offer: Offer, here: Manifest | None) -> Questions:
        """The questions of an offer, from here where they are the same as before."""
        part = offer.parts.get(QUESTIONS)
        if part is None:
            return ()
        if here is not None and checksum(questions_bytes(here.questions)) == part.checksum:
            return here.questions
        return [(str(text), [str(id) for id in ids]) for text, ids in json.loads(self._part(part))]

    def _put_files(self, offer: Offer) -> None:
        """The library's own ranking, and its keys."""
        for part in offer.parts.values():
            path = self._library / FILES[part.name] if part.name in FILES else None
            if path is None or (path.exists() and checksum(path.read_bytes()) == part.checksum):
                continue
            put(path, self._part(part))

    def _say(self, **changes: Any) -> None:
        """Keep the state; what only says that all is as before, once a second."""
        before, now = self.state, time.monotonic()
        after = replace(before, source=self._source.name, **changes)
        is_news = replace(after, same_at=before.same_at) != before
        if is_news or now - self._said >= SAID_SECONDS:
            moved = before.moved + self._source.moved - self._counted
            write_state(self._library, replace(after, moved=moved))
            self._said, self._counted = now, self._source.moved


def claim(library: Path, source: str) -> None:
    """Make a folder that of a follower, unless it is.

    Raises:
        UsageError: it holds a library of its own.
        LibraryError: it cannot be made.
    """
    for name in _OWN:
        if (library / name).exists():
            raise UsageError(
                "this folder holds a library of its own, which following another would replace",
                where=str(library),
                hint="Name an empty folder with --library",
            )
    try:
        library.mkdir(parents=True, exist_ok=True)
        if not (library / FOLLOWER).exists() and (library / INDEX).exists():
            raise UsageError(
                "this folder holds an index that was not copied from another library",
                where=str(library),
                hint="Name an empty folder with --library",
            )
        state = _state(library, source)
        if state.source != source or not (library / FOLLOWER).exists():
            write_state(library, replace(state, source=source, same_at=0.0))
    except OSError as error:
        raise LibraryError(f"the folder cannot be made: {error.strerror}", where=str(library)) from error


def _state(library: Path, source: str) -> State:
    """The state of a follower; one that cannot be read, after a crash, begins anew."""
    try:
        return read_state(library) or State(source)
    except LibraryError:
        return State(source)


def _same(one: Manifest, other: Manifest) -> bool:
    return manifests.to_json(one) == manifests.to_json(other)
