"""An encoder packed here is unpacked there whole, or not at all."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.encoder import store
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.encoder.packing import FILES, pack, unpack
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

RECORD = {
    "name": "small",
    "source": "some/model",
    "runtime": "onnx",
    "precision": "int8",
    "pooling": "mean",
    "query_prefix": "ask: ",
    "passage_prefix": "say: ",
    "dimensions": 4,
    "max_tokens": 32,
    "pad": 1,
    "weights": "0123456789abcdef",
}


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Settings whose encoder is prepared, with the folder that torch would read beside it."""
    settings = replace(Settings(), model="some/model", cache=tmp_path / "here")
    folder = store.folder_of(settings)
    (folder / store.SOURCE).mkdir(parents=True)
    (folder / store.SOURCE / "weights").write_bytes(b"large")
    (folder / store.GRAPH).write_bytes(b"graph" * 10)
    (folder / store.TOKENIZER).write_bytes(b"{}")
    store.write_probes(folder, Probes(("ask: a",), np.eye(4, dtype=np.float32)[:1]))
    store.write(folder, RECORD)
    return settings


def packed(settings: Settings) -> Path:
    path = settings.cache.parent / "encoder.tar"
    pack(settings, path)
    return path


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "other.tar"
    path.write_bytes(content)
    return path


def test_what_is_packed_here_is_read_there(here: Settings, tmp_path: Path) -> None:
    there = replace(here, cache=tmp_path / "there")
    unpacked = unpack(there, packed(here))
    found = store.read(store.folder_of(there), thorough=True)
    assert found == unpacked
    assert found is not None and set(found.files) == set(FILES) - {store.RECORD}
    original = store.read(store.folder_of(here))
    assert original is not None and found.info == original.info
    assert sorted(path.name for path in store.folder_of(there).iterdir()) == sorted(FILES)
    # Again, over the one that is there.
    assert unpack(there, packed(here)) == unpacked


def test_the_default_encoder_is_known_as_such_wherever_it_lies(here: Settings, tmp_path: Path) -> None:
    default = replace(here, model=store.DEFAULT)
    store.folder_of(here).replace(store.folder_of(default))
    assert pack(default, tmp_path / "default.tar").source == store.DEFAULT


def damaged(content: bytes, name: str) -> bytes:
    """A pack in which one byte of a file is another."""
    place = content.index(b"graph") if name == store.GRAPH else content.index(b"{}")
    return content[:place] + b"X" + content[place + 1 :]


@pytest.mark.parametrize("name", [store.GRAPH, store.TOKENIZER])
def test_a_flipped_byte_leaves_nothing_behind(here: Settings, tmp_path: Path, name: str) -> None:
    there = replace(here, cache=tmp_path / "there")
    with pytest.raises(EncoderError, match="its checksum does not match"):
        unpack(there, written(tmp_path, damaged(packed(here).read_bytes(), name)))
    assert store.read(store.folder_of(there)) is None
    assert [path for path in (tmp_path / "there" / "models").iterdir() if path.is_dir()] == []


def archive(*names: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            made.addfile(entry)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not an archive", "it is no packed encoder"),
        (b"", "it is no packed encoder"),
        (archive("../../escaped"), "'../../escaped' does not belong in it"),
        (archive(store.GRAPH, kind=tarfile.SYMTYPE), "'encoder.onnx' does not belong in it"),
        (archive(store.GRAPH), "it lacks model.json, probes.npz, tokenizer.json"),
    ],
)
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    settings = Settings(cache=tmp_path / "cache")
    with pytest.raises(EncoderError, match=said) as caught:
        unpack(settings, written(tmp_path, content))
    assert (caught.value.where, store.read(store.folder_of(settings))) == (
        str(tmp_path / "other.tar"),
        None,
    )


def test_another_model_is_refused(here: Settings, tmp_path: Path) -> None:
    other = replace(here, model="default", cache=tmp_path / "there")
    with pytest.raises(EncoderError, match="it is the encoder some/model, and the settings name default"):
        unpack(other, packed(here))
    assert store.read(store.folder_of(other)) is None


def test_what_is_not_prepared_is_not_packed(here: Settings, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="not prepared yet"):
        packed(replace(here, cache=tmp_path / "there"))
    (store.folder_of(here) / store.RECORD).unlink()
    store.write(store.folder_of(here), RECORD | {"runtime": "torch"})
    with pytest.raises(EncoderError, match="cannot be packed"):
        packed(here)
    assert list(tmp_path.glob("*.tar*")) == []
