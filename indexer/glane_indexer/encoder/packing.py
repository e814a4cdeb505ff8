"""A prepared encoder as one file: made on one machine, put into the cache of another.

A server that is given one needs neither torch nor the packages that hold the weights and write graphs.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import IO

from glane_indexer.encoder import store
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

# In this order, so that what a pack is for is known before its half of a gigabyte is read.
FILES = (store.RECORD, store.PROBES, store.TOKENIZER, store.GRAPH)
LARGEST = 8 << 30
_REMEDY = "Make it again with `glane model pack` where the encoder is prepared"


def pack(settings: Settings, path: Path) -> PreparedModel:
    """Write the prepared encoder of these settings into a tar archive, whole or not at all.

    Raises:
        EncoderError: there is none, it is damaged, needs torch to run, or the file cannot be written.
    """
    folder = store.folder_of(settings)
    prepared = store.read(folder, thorough=True)
    if prepared is None:
        raise EncoderError(
            "the encoder is not prepared yet", where=settings.model, hint="Run `glane model prepare`"
        )
    if prepared.runtime != "onnx":
        raise EncoderError(
            "an encoder that runs through sentence-transformers cannot be packed",
            where=settings.model,
            hint="Copy the model's own folder, and set GLANE_MODEL to it",
        )
    prepared = replace(
        prepared,
        # By which name the settings know it, wherever the library's form of it lies here.
        source=settings.model,
        files={name: size for name, size in prepared.files.items() if name in FILES},
        sha256={name: value for name, value in prepared.sha256.items() if name in FILES},
    )
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as stream:
            _write(prepared, folder, stream)
        draft.replace(path)
    except OSError as error:
        raise EncoderError(
            f"the file cannot be written: {error.strerror or error}",
            where=str(path),
            hint="Name a file in a folder that exists and has room",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return prepared


def _write(prepared: PreparedModel, folder: Path, stream: IO[bytes]) -> None:
    record = json.dumps(asdict(prepared), indent=2, ensure_ascii=False).encode()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in FILES:
            entry = tarfile.TarInfo(name)
            if name == store.RECORD:
                entry.size = len(record)
                archive.addfile(entry, BytesIO(record))
            else:
                entry.size = prepared.files[name]
                with (folder / name).open("rb") as content:
                    archive.addfile(entry, content)


def unpack(settings: Settings, path: Path) -> PreparedModel:
    """Put a packed encoder where these settings look for theirs, in the place of one that is there.

    Args:
        settings: for the model's name, its precision, and the cache.
        path: what :func:`pack` wrote.

    Raises:
        EncoderError: it is no such file, is damaged, is of another model than that of the settings, or
            cannot be put there.
    """
    where = str(path)
    if not path.is_file():
        raise EncoderError("there is no such file", where=where, hint=_REMEDY)
    folder = store.folder_of(settings)
    try:
        with store.locked(folder), store.workplace(folder) as place:
            _extract(path, place)
            prepared = store.read(place, thorough=True)
            if prepared is None:
                raise EncoderError("it was packed by another version of Glane", where=where, hint=_REMEDY)
            if prepared.source != settings.model:
                raise EncoderError(
                    f"it is the encoder {prepared.source}, and the settings name {settings.model}",
                    where=where,
                    hint=f"Set GLANE_MODEL to {prepared.source}",
                )
            return prepared
    except OSError as error:
        raise EncoderError(
            f"the encoder cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Make room there, or set GLANE_CACHE to another folder",
        ) from error


def _extract(path: Path, place: Path) -> None:
    """The files of an archive that have one of the expected names; whatever else it holds is refused."""
    where = str(path)
    try:
        with tarfile.open(path, mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isreg() else None
                if entry.name not in FILES or content is None or entry.size > LARGEST:
                    raise EncoderError(f"{entry.name!r} does not belong in it", where=where, hint=_REMEDY)
                with (place / entry.name).open("wb") as file:
                    while part := content.read(1 << 20):
                        file.write(part)
    except tarfile.TarError as error:
        raise EncoderError(f"it is no packed encoder: {error}", where=where, hint=_REMEDY) from error
    if missing := [name for name in FILES if not (place / name).is_file()]:
        raise EncoderError(f"it lacks {', '.join(missing)}", where=where, hint=_REMEDY)
