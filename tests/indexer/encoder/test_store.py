"""Prepared encoders in the cache: found by their settings, and whole or refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glane_indexer.encoder import store
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.encoder.store import GRAPH, RECORD, SCHEMA_VERSION, TOKENIZER
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

RECORD_VALUES: dict[str, Any] = {
    "name": "tiny",
    "source": "tiny",
    "runtime": "onnx",
    "precision": "int8",
    "pooling": "mean",
    "query_prefix": "query: ",
    "passage_prefix": "passage: ",
    "dimensions": 8,
    "max_tokens": 32,
    "pad": 1,
    "weights": "abc",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared encoder of fake files."""
    folder = tmp_path / "models" / "tiny"
    (folder / store.SOURCE).mkdir(parents=True)
    (folder / GRAPH).write_bytes(b"graph" * 10)
    (folder / TOKENIZER).write_text("{}")
    (folder / store.SOURCE / "weights").write_bytes(b"weights")
    store.write(folder, RECORD_VALUES)
    return folder


def test_what_is_written_is_read(folder: Path) -> None:
    found = store.read(folder, thorough=True)
    assert found is not None
    assert found.files == {GRAPH: 50, TOKENIZER: 2, f"{store.SOURCE}/weights": 7}
    assert set(found.sha256) == set(found.files)
    assert found.schema == SCHEMA_VERSION
    assert (found.info.name, found.info.dimensions, found.info.max_tokens) == ("tiny", 8, 32)
    assert found.info.fingerprint == store.fingerprint(RECORD_VALUES)
    assert store.read(folder) == found


def test_probes_are_read_as_written(folder: Path) -> None:
    probes = Probes(("query: l’emploi", "passage: 図書館"), np.eye(2, 8, dtype=np.float32))
    store.write_probes(folder, probes)
    found = store.read_probes(folder)
    assert found.texts == probes.texts
    np.testing.assert_array_equal(found.vectors, probes.vectors)
    (folder / store.PROBES).write_bytes(b"no archive")
    with pytest.raises(EncoderError, match="probes cannot be read") as caught:
        store.read_probes(folder)
    assert caught.value.where == str(folder / store.PROBES)


def test_there_is_none(tmp_path: Path) -> None:
    assert store.read(tmp_path / "nowhere") is None


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER, f"{store.SOURCE}/weights"])
def test_a_file_of_another_size_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    size = (copy / name).stat().st_size
    with (copy / name).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(EncoderError) as caught:
        store.read(copy)
    assert caught.value.where == str(copy / name)
    assert caught.value.message == f"it has {size + 1} bytes, not {size}"
    assert "glane model prepare" in caught.value.hint
    (copy / name).unlink()
    with pytest.raises(EncoderError, match="the file is missing"):
        store.read(copy)
    assert store.read(folder) is not None


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER])
def test_a_file_of_another_content_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(EncoderError, match="its checksum does not match") as caught:
        store.read(folder)
    assert caught.value.where == str(path)


def test_what_serving_does_not_read_is_hashed_only_when_asked(folder: Path) -> None:
    (folder / store.SOURCE / "weights").write_bytes(b"changed")
    assert store.read(folder) is not None
    with pytest.raises(EncoderError, match="its checksum does not match"):
        store.read(folder, thorough=True)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", f'{{"schema": {SCHEMA_VERSION}}}'])
def test_a_damaged_record_is_refused(folder: Path, text: str) -> None:
    (folder / RECORD).write_text(text)
    with pytest.raises(EncoderError) as caught:
        store.read(folder)
    assert caught.value.where == str(folder / RECORD)


@pytest.mark.parametrize(
    "values", [{"dimensions": "8"}, {"files": []}, {"name": None}, {"surplus": 1}, {"sha256": {}}]
)
def test_a_record_with_a_wrong_value_is_refused(folder: Path, values: dict[str, Any]) -> None:
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps(record | values))
    with pytest.raises(EncoderError):
        store.read(folder)


def test_a_folder_without_a_record_is_refused(folder: Path) -> None:
    (folder / RECORD).unlink()
    with pytest.raises(EncoderError, match="the file is missing"):
        store.read(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("precision", "fp32"),
        ("pooling", "cls"),
        ("query_prefix", ""),
        ("passage_prefix", "text: "),
        ("dimensions", 9),
        ("max_tokens", 64),
        ("weights", "abd"),
    ],
)
def test_what_changes_the_vectors_changes_the_fingerprint(name: str, value: Any) -> None:
    assert store.fingerprint(RECORD_VALUES | {name: value}) != store.fingerprint(RECORD_VALUES)


@pytest.mark.parametrize("name", ["name", "source", "runtime", "pad"])
def test_what_does_not_change_the_vectors_does_not(name: str) -> None:
    assert store.fingerprint(RECORD_VALUES | {name: "other"}) == store.fingerprint(RECORD_VALUES)


def test_every_setting_that_decides_has_a_folder_of_its_own(tmp_path: Path) -> None:
    settings = replace(Settings(), cache=tmp_path)
    places = {
        store.folder_of(settings),
        store.folder_of(replace(settings, precision="fp32")),
        store.folder_of(replace(settings, model="someone/a-model")),
        store.folder_of(replace(settings, model="another/a-model")),
    }
    assert len(places) == 4
    assert {place.parent for place in places} == {tmp_path / "models"}
    assert store.folder_of(replace(settings, threads=7, library=Path("x"))) in places


def test_a_model_in_a_folder_is_another_after_a_change(tmp_path: Path) -> None:
    model = tmp_path / "my model"
    model.mkdir()
    (model / "weights").write_bytes(b"one")
    settings = replace(Settings(), cache=tmp_path, model=str(model))
    before = store.folder_of(settings)
    assert before == store.folder_of(settings)
    assert before.name.startswith("my-model-int8-")
    (model / "weights").write_bytes(b"longer")
    assert store.folder_of(settings) != before


def test_a_workplace_replaces_the_folder_only_when_all_went_well(folder: Path) -> None:
    with pytest.raises(RuntimeError), store.workplace(folder) as place:
        (place / "half").touch()
        raise RuntimeError
    assert store.read(folder) is not None
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    with store.locked(folder), store.workplace(folder) as place:
        (place / GRAPH).write_bytes(b"new")
        store.write(place, RECORD_VALUES | {"weights": "new"})
    found = store.read(folder, thorough=True)
    assert found is not None
    assert (found.weights, found.files) == ("new", {GRAPH: 3})
    assert {path.name for path in folder.parent.iterdir()} == {"tiny", ".tiny.lock"}
