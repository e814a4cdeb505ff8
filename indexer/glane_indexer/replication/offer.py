"""What a library offers to servers that follow it: its current generation, and what goes with it.

An offer is a short document: the generation's manifest, whose segments are files with sizes and checksums,
and *parts*, which seldom change and are named by their checksums, so that they are sent only when they do:
the questions known to have an answer, the library's own ranking, what an encoder behind an address is known
by, and, for who may see what is private, the keys.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from glane_indexer.encoder.url_encoder import PROBES_FILE
from glane_indexer.errors import GenerationError, LibraryError, NotFoundError, SourceError
from glane_indexer.index import generation
from glane_indexer.index import manifest as manifests
from glane_indexer.index.generation import CURRENT, INDEX, Generation
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.segment import SUFFIX, VISIBILITIES, SegmentFile

FORMAT = 1
QUESTIONS, RANKING, ENCODER, KEYS = "questions", "settings", "encoder", "keys"
FILES = {RANKING: "settings.json", ENCODER: PROBES_FILE, KEYS: "keys.json"}
# Far past what any library has: what says that it is larger is not read.
MAX_OFFER = 64 << 20
MAX_PART = 64 << 20
_NAME = re.compile(r"\d{6,12}")
_SEGMENT = re.compile(r"\d{6,12}-\d{1,6}(-[0-9a-f]{8}){0,4}")
_CHECKSUM = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Part:
    """What goes with a generation and is not in a segment."""

    name: str
    size: int
    checksum: str


@dataclass(frozen=True)
class Offer:
    """A generation as it is offered; the manifest is without its questions, which are a part.

    ``previous`` names the one that can be gone back to, "" where there is none: of what was purged nothing
    may stay, and a copy keeps no more than its source.
    """

    generation: str
    manifest: Manifest
    parts: Mapping[str, Part]
    previous: str = ""

    @cached_property
    def body(self) -> bytes:
        """The document, as bytes."""
        values = manifests.to_json(self.manifest)
        del values["questions"]
        parts = {part.name: {"size": part.size, "checksum": part.checksum} for part in self.parts.values()}
        document = {
            "offer": FORMAT,
            "generation": self.generation,
            "previous": self.previous,
            "manifest": values,
            "parts": parts,
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @cached_property
    def etag(self) -> str:
        """Names this state: the checksum of the document."""
        return checksum(self.body)


def read_offer(body: bytes, where: str) -> Offer:
    """The offer that a document is; nothing in it can name a file outside of the index's folder.

    Raises:
        SourceError: it is none, or one that this Glane does not understand.
    """
    try:
        document = json.loads(body)
        if document["offer"] != FORMAT:
            raise ValueError(f"it has the form {document['offer']!r}, and this Glane reads {FORMAT}")
        name, previous = str(document["generation"]), str(document["previous"])
        if not _NAME.fullmatch(name):
            raise ValueError("it names no generation")
        manifest = manifests.from_json({**document["manifest"], "questions": []})
        for member in manifest.members:
            _check(member.file)
        parts = {}
        for part, facts in document["parts"].items():
            parts[part] = Part(part, int(facts["size"]), str(facts["checksum"]))
            if part not in (QUESTIONS, *FILES) or not _CHECKSUM.fullmatch(parts[part].checksum):
                raise ValueError(f"it has a part {part[:40]!r} that is not known")
            if not 0 <= parts[part].size <= MAX_PART:
                raise ValueError(f"its part {part} is too large")
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error) as error:
        raise SourceError(
            f"what it answers is no offer of a library: {error}",
            where=where,
            hint="Run the same version of Glane on both sides",
        ) from error
    return Offer(name, manifest, parts, previous)


def questions_bytes(questions: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """The part that questions are."""
    return json.dumps([[text, list(ids)] for text, ids in questions]).encode()


def checksum(data: bytes) -> str:
    """What offers and parts are named by: 32 hexadecimal digits of their BLAKE2b hash."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _check(file: SegmentFile) -> None:
    if not (
        _SEGMENT.fullmatch(file.name)
        and _CHECKSUM.fullmatch(file.checksum)
        and file.visibility in VISIBILITIES
        and min(file.size, file.bookmarks, file.passages) >= 0
    ):
        raise ValueError(f"it names a file {file.name[:60]!r} that cannot be one of an index")


class Offers:
    """What one library offers at the moment. For any number of threads.

    Args:
        library: the library's folder, which is only read.
        opened: gives a generation that is open, whose segments need not be read again.
    """

    def __init__(self, library: Path, opened: Callable[[], Generation | None] = lambda: None) -> None:
        self._library = library
        self._opened = opened
        self._lock = threading.Lock()
        self._seen: dict[bool, tuple[object, Offer, dict[str, bytes]]] = {}

    def current(self, *, private: bool) -> Offer:
        """The offer of the current generation.

        Args:
            private: with what is private, and with the keys; without it neither is in any file of it.

        Raises:
            GenerationError: there is no index, or it is damaged.
            LibraryError: the library's other files cannot be read.
        """
        return self._now(private)[0]

    def part(self, name: str, wanted: str, *, private: bool) -> bytes:
        """The content of a part of the current offer, whose checksum is ``wanted``.

        Raises:
            NotFoundError: there is no such part any more.
            GenerationError, LibraryError: as :meth:`current`.
        """
        offer, contents = self._now(private)
        if name not in contents or offer.parts[name].checksum != wanted:
            raise NotFoundError("the library has no such part any more", where=name[:40])
        return contents[name]

    def segment(self, name: str, *, private: bool) -> tuple[BinaryIO, SegmentFile]:
        """A segment's file, opened, of the current generation or the one before.

        Raises:
            NotFoundError: there is no such segment any more, or not without what is private.
            GenerationError, LibraryError: as :meth:`current`.
        """
        members = list(self.current(private=private).manifest.members)
        before = generation.previous(self._library)
        if before:
            members += self._members(before, private)
        for member in members:
            if member.file.name == name and _SEGMENT.fullmatch(name):
                try:
                    return (self._library / INDEX / f"{name}{SUFFIX}").open("rb"), member.file
                except OSError:
                    break
        raise NotFoundError("the library has no such segment any more", where=name[:60])

    def _members(self, name: str, private: bool) -> list[Member]:
        try:
            members = generation.read_manifest(self._library, name).members
        except GenerationError:
            return []
        return [member for member in members if private or member.file.visibility == "public"]

    def _now(self, private: bool) -> tuple[Offer, dict[str, bytes]]:
        with self._lock:
            state = self._state()
            if private not in self._seen or self._seen[private][0] != state:
                self._seen[private] = (state, *self._made(private))
            return self._seen[private][1:]

    def _state(self) -> object:
        """What tells one state of the library from another, at the cost of a few ``stat``."""
        found = []
        # The folder's time tells that the generation before has gone.
        index = self._library / INDEX
        for path in (index / CURRENT, index, *(self._library / name for name in FILES.values())):
            try:
                stat = path.stat()
                found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
            except FileNotFoundError:
                found.append((0, 0, 0))
            except OSError as error:
                raise LibraryError(
                    f"the library cannot be read: {error.strerror}", where=str(path)
                ) from error
        return found

    def _made(self, private: bool) -> tuple[Offer, dict[str, bytes]]:
        name, manifest = self._manifest()
        if not private:
            manifest = self._public(name, manifest)
        contents = {QUESTIONS: questions_bytes(manifest.questions)}
        ranking = self._read(RANKING, {}).get("ranking")
        contents[RANKING] = json.dumps({"ranking": ranking} if ranking is not None else {}).encode()
        contents[ENCODER] = json.dumps(self._read(ENCODER, [])).encode()
        if private:
            contents[KEYS] = json.dumps(self._read(KEYS, {"keys": []})).encode()
        parts = {part: Part(part, len(data), checksum(data)) for part, data in contents.items()}
        previous = generation.previous(self._library) or ""
        return Offer(name, replace(manifest, questions=[]), parts, previous), contents

    def _manifest(self) -> tuple[str, Manifest]:
        while True:
            name = generation.current_name(self._library)
            if name is None:
                raise GenerationError("there is no index here yet", where=str(self._library))
            try:
                return name, generation.read_manifest(self._library, name)
            except GenerationError:
                # Another may have taken its place, and its file may be gone since.
                if generation.current_name(self._library) == name:
                    raise

    def _public(self, name: str, manifest: Manifest) -> Manifest:
        """The generation with its public segments alone, and with what is known of these alone."""
        if all(member.file.visibility == "public" for member in manifest.members):
            return manifest
        opened = Generation.open(self._library, name, reuse=self._opened())
        public = [
            (segment, member)
            for segment, member in zip(opened.segments, manifest.members, strict=True)
            if member.file.visibility == "public"
        ]
        ids = {segment.ids[row] for segment, member in public for row in member.alive.nonzero()[0].tolist()}
        known = [(text, [id for id in own if id in ids]) for text, own in manifest.questions]
        return replace(
            manifest,
            members=[member for _, member in public],
            passages=sum(int(segment.passage_counts()[member.alive].sum()) for segment, member in public),
            questions=[(text, own) for text, own in known if own],
        )

    def _read(self, part: str, without: Any) -> Any:
        """The JSON in one of the library's files; ``without`` is what it is where there is none."""
        path = self._library / FILES[part]
        try:
            document = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return without
        except (OSError, ValueError) as error:
            raise LibraryError(f"the file cannot be read: {error}", where=str(path)) from error
        if not isinstance(document, type(without)):
            raise LibraryError("the file does not hold what it should", where=str(path))
        return document
