"""What a build can build upon: the segments of the current generation that are sound."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index import generation
from glane_indexer.index.generation import Generation, open_segment
from glane_indexer.index.manifest import Manifest, Member
from glane_indexer.index.segment import Segment

logger = logging.getLogger("glane")


@dataclass(frozen=True, slots=True)
class Basis:
    """What of the current generation can be built upon; ``whole``: all of it."""

    name: str | None = None
    manifest: Manifest | None = None
    members: Sequence[tuple[Member, Segment]] = ()
    whole: bool = False

    def hashes(self) -> dict[str, tuple[str, int, int]]:
        """Of each bookmark its content hash, its segment and its row there."""
        found = {}
        for number, (member, opened) in enumerate(self.members):
            hashes = opened.hashes()
            for row in np.flatnonzero(member.alive).tolist():
                found[opened.ids[row]] = hashes[row], number, row
        return found


def basis_of(library: Path, encoder: EncoderInfo, reuse: Generation | None = None) -> Basis:
    """The current generation, as far as it is sound and was made as one with this encoder will be.

    Args:
        reuse: an opened generation, whose segments need not be opened and checked again.
    """
    try:
        name = generation.current_name(library)
        if name is None:
            return Basis()
        manifest = generation.read_manifest(library, name)
        manifest.check(str(library), encoder)
    except GenerationError:
        # Damaged or out of date: that is what this build repairs.
        return Basis()
    members = []
    for member in manifest.members:
        try:
            members.append((member, open_segment(library, member.file, reuse)))
        except GenerationError as error:
            logger.error("a segment is damaged, and built anew from the catalog: %s", error)
    return Basis(name, manifest, members, len(members) == len(manifest.members))
