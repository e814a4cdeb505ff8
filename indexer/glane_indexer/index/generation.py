"""A generation: one immutable index of a whole library, opened for reading.

``index/CURRENT`` holds the name of the generation that answers; it changes by one atomic rename.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.documents import Documents
from glane_indexer.index.local.keyword import LexicalIndex
from glane_indexer.index.local.rows import PassageRows
from glane_indexer.index.local.vectors import PassageVectors
from glane_indexer.index.manifest import Manifest, check, read_manifest_file, sync

INDEX = "index"
CURRENT = "CURRENT"
VECTORS, ROWS, COLUMNS = "vectors.faiss", "rows.npz", "columns.npz"
DOCUMENT_VECTORS, DOCUMENTS, LEXICAL = "documents.npy", "documents.sqlite", "lexical"
_NAME = re.compile(r"\d{6,}")


class Generation:
    """The parts of an index, which agree with one another by row."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.name = folder.name
        self.manifest = manifest
        try:
            self.rows = PassageRows.load(folder / ROWS)
            self.columns = Columns.open(folder / COLUMNS)
            # Unit rows in half precision, `[bookmarks, dimensions]`.
            self.document_vectors: NDArray[Any] = np.load(folder / DOCUMENT_VECTORS, mmap_mode="r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GenerationError(
                f"the index cannot be read: {error}", where=str(folder), hint="Run `glane index --force`"
            ) from error
        self.vectors = PassageVectors.open(folder / VECTORS)
        self.documents = Documents.open(folder / DOCUMENTS)
        self.lexical = LexicalIndex.open(folder / LEXICAL)

    @classmethod
    def open(
        cls, library: Path, name: str | None = None, *, encoder: EncoderInfo | None = None
    ) -> Generation:
        """Open a generation, after a check of every file against its manifest.

        Args:
            name: which one; None: the current one.
            encoder: what questions will be encoded with; the index must have been built with it.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: there is none, or it is damaged or of another version.
        """
        name = name or current_name(library)
        if name is None:
            raise GenerationError(
                "there is no index here yet",
                where=str(library),
                hint="Run `glane index`, or `glane demo` for the sample library",
            )
        folder = library / INDEX / name
        manifest = read_manifest(library, name)
        check(folder, manifest, encoder)
        return cls(folder, manifest)

    def close(self) -> None:
        """Close the files."""
        self.documents.close()


def current_name(library: Path) -> str | None:
    """The name of the current generation; None where there is no index yet.

    Raises:
        GenerationError: ``CURRENT`` cannot be read or names no generation.
    """
    path = library / INDEX / CURRENT
    try:
        name = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise GenerationError(
            f"it cannot be read: {error}", where=str(path), hint="Run `glane index`"
        ) from error
    if not _NAME.fullmatch(name):
        raise GenerationError(
            "it does not name a generation",
            where=str(path),
            hint="Run `glane index --force` to write it anew",
        )
    return name


def names(library: Path) -> list[str]:
    """The generations of a library, the oldest first."""
    folder = library / INDEX
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir())


def read_manifest(library: Path, name: str) -> Manifest:
    """The manifest of a generation.

    Raises:
        GenerationError: it is missing or damaged.
    """
    return read_manifest_file(library / INDEX / name)


def set_current(library: Path, name: str) -> None:
    """Make a generation the one that answers, by one atomic rename."""
    folder = library / INDEX
    draft = folder / f".{CURRENT}-{os.getpid()}"
    draft.write_text(name + "\n", "ascii")
    sync(draft)
    draft.replace(folder / CURRENT)
    sync(folder)


def rollback(library: Path) -> str:
    """Go back to the generation before the current one; its name.

    Raises:
        GenerationError: there is none, or it is damaged.
        LockedError: another process is writing to the library.
    """
    from glane_indexer.library.locking import writer_lock

    if not library.is_dir():
        raise GenerationError("there is no library here", where=str(library))
    with writer_lock(library, "going back to the index before"):
        current = current_name(library)
        earlier = [name for name in names(library) if current and name < current]
        if not earlier:
            raise GenerationError("there is no generation to go back to", where=str(library))
        check(library / INDEX / earlier[-1], read_manifest(library, earlier[-1]), None)
        set_current(library, earlier[-1])
    return earlier[-1]


def remove_others(library: Path, kept: set[str]) -> None:
    """Delete all generations but these, and what an ended build has left behind."""
    folder = library / INDEX
    for path in folder.iterdir():
        if path.is_dir() and path.name not in kept:
            # Out of sight first: a half-deleted generation must not look like one.
            hidden = path if path.name.startswith(".") else path.with_name(f".old-{path.name}")
            if path != hidden:
                path.replace(hidden)
            shutil.rmtree(hidden, ignore_errors=True)
        elif path.name.startswith(f".{CURRENT}-"):
            path.unlink(missing_ok=True)
