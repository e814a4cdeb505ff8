"""Fewer and larger segments: in tiers after every build, and all at once when it is asked for.

A merge changes no answer. It reads nothing but segments: nothing is analysed or embedded again, and what
has been superseded is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from glane_indexer.errors import GenerationError
from glane_indexer.index import generation, segment
from glane_indexer.index.generation import Generation
from glane_indexer.index.manifest import Member
from glane_indexer.library.locking import INDEX_LOCK, writer_lock

# So many segments of one size become one: each bookmark is then rewritten once for each power of it, and
# a library of 20,000 has some ten segments.
FANOUT = 8
# A segment of which less is alive is rewritten.
ALIVE = 0.5
# No merge makes a segment of more bookmarks: what it takes does not grow with the library.
LARGEST = 40_000


@dataclass(frozen=True, slots=True)
class Compaction:
    """The generation after a compaction, its segments before and after, and the bookmarks left out."""

    generation: str
    segments_before: int
    segments: int
    superseded: int


def plan(members: Sequence[Member]) -> list[list[int]]:
    """Which segments to merge with one another (by their places), all of one visibility and like size."""
    groups: list[list[int]] = []

    def key(place: int) -> tuple[str, int]:
        member = members[place]
        return member.file.visibility, int(math.log(max(1, member.bookmarks), FANOUT))

    for _, places in groupby(sorted(range(len(members)), key=key), key):
        own = list(places)
        packs = _packed(members, own) if len(own) >= FANOUT else [[place] for place in own]
        groups += [
            pack
            for pack in packs
            if len(pack) > 1 or members[pack[0]].bookmarks < ALIVE * members[pack[0]].file.bookmarks
        ]
    return groups


def _packed(members: Sequence[Member], places: Sequence[int]) -> list[list[int]]:
    """These segments in groups of at most :data:`LARGEST` bookmarks, the smallest together."""
    packs: list[list[int]] = []
    room = 0
    for place in sorted(places, key=lambda place: (members[place].bookmarks, place)):
        if not packs or members[place].bookmarks > room:
            packs.append([])
            room = LARGEST
        packs[-1].append(place)
        room -= members[place].bookmarks
    return packs


def merge_tiers(library: Path) -> str | None:
    """Merge what the current generation has too much of; the name of the new one, or None.

    The caller holds the lock of the index.

    Raises:
        GenerationError: the current generation is damaged.
        OSError: a segment cannot be written.
    """
    merged = None
    while True:
        name = generation.current_name(library)
        if name is None:
            return None
        groups = plan(generation.read_manifest(library, name).members)
        if not groups:
            return merged
        merged = _merged(library, name, groups)


def compact(library: Path, *, keep_previous: bool = True, wait: float = 0.0) -> Compaction:
    """Merge the segments of one visibility into as few as :data:`LARGEST` allows.

    Args:
        keep_previous: keep the generation before, to go back to; without it nothing that is superseded
            or deleted stays in any file of the index.
        wait: seconds to wait for another process that is indexing.

    Raises:
        GenerationError: there is no index, or it is damaged or cannot be written.
        LockedError: another process is indexing the library.
    """
    try:
        with writer_lock(library, "compacting the index", name=INDEX_LOCK, wait=wait):
            opened = Generation.open(library)
            members = opened.manifest.members
            groups = []
            for visibility in ("public", "private"):
                places = [
                    place for place, member in enumerate(members) if member.file.visibility == visibility
                ]
                groups += [
                    pack
                    for pack in _packed(members, places)
                    if len(pack) > 1 or not members[pack[0]].alive.all()
                ]
            name = _merged(library, opened.name, groups) if groups else opened.name
            if not keep_previous:
                generation.clean(library, {name})
            return Compaction(
                name,
                len(members),
                len(generation.read_manifest(library, name).members),
                opened.manifest.superseded,
            )
    except OSError as error:
        raise GenerationError(
            f"the index cannot be written: {error.strerror or error}",
            where=str(library),
            hint="Check the room on the disk and the rights of the folder",
        ) from error


def _merged(library: Path, name: str, groups: Sequence[Sequence[int]]) -> str:
    """A new generation in which each of these groups of segments is one; its name."""
    manifest = generation.read_manifest(library, name)
    new = generation.new_name(library)
    folder = library / generation.INDEX
    members = list(manifest.members)
    gone = {place for group in groups for place in group}
    kept = [member for place, member in enumerate(members) if place not in gone]
    for number, group in enumerate(groups):
        parts = [
            (generation.open_segment(library, members[place].file), members[place].alive) for place in group
        ]
        if any(alive.any() for _, alive in parts):
            file = segment.write(
                folder, f"{new}-{number + 1}", members[group[0]].file.visibility, segment.merged(parts)
            )
            kept.append(Member(file, np.ones(file.bookmarks, np.bool_)))
    generation.write_manifest(
        library, new, replace(manifest, members=kept, merges=manifest.merges + len(groups))
    )
    # A merge is no state of its own: to go back is to go to what was before the one that it merges.
    before = generation.previous(library)
    generation.set_current(library, new)
    generation.clean(library, {new, before} if before else {new})
    return new
