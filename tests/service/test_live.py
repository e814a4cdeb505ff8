"""A new generation is taken up while serving; one that cannot be opened is not."""

from __future__ import annotations

import gc
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import EncoderMismatchError, GenerationError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import rollback, set_current
from glane_indexer.library.importing import import_bytes
from glane_indexer.settings import Settings
from glane_service import live as module
from glane_service.live import LiveEngine
from glane_service.search.query import Query
from tests.support.hashed import HashedEncoder

NEW = b'{"id": "n1", "title": "Le pangolin", "language": "fr"}\n'


@pytest.fixture
def library(little_library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(little_library, tmp_path / "library"))


@pytest.fixture
def live(library: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveEngine]:
    # The encoder is loaded already; the rest is as in the service.
    monkeypatch.setattr("glane_indexer.encoder.load.load_encoder", lambda settings: encoder)
    opened = LiveEngine(replace(Settings.from_env(), library=library), follow=False)
    yield opened
    opened.close()


def grow(library: Path, encoder: Encoder) -> str:
    import_bytes(NEW, library, format="jsonl", name="new")
    return build_generation(library, encoder).generation


def total(live: LiveEngine) -> int:
    return live.engine.search(Query("")).total


def test_nothing_new_is_nothing_to_do(live: LiveEngine) -> None:
    before = live.engine
    assert live.refresh() is False
    assert live.engine is before


def test_a_new_generation_is_taken_up(live: LiveEngine, library: Path, encoder: Encoder) -> None:
    assert total(live) == 12
    assert grow(library, encoder) == "000002"
    assert total(live) == 12
    assert live.refresh() is True
    assert live.generation.name == "000002"
    assert total(live) == 13
    assert live.engine.search(Query("pangolin", mode="keyword")).hits[0].bookmark.id == "n1"
    assert live.refresh() is False


def test_going_back_is_taken_up_too(live: LiveEngine, library: Path, encoder: Encoder) -> None:
    grow(library, encoder)
    live.refresh()
    rollback(library)
    assert live.refresh() is True
    assert live.generation.name == "000001"
    assert total(live) == 12


def test_who_has_the_old_engine_keeps_it(live: LiveEngine, library: Path, encoder: Encoder) -> None:
    old = live.engine
    grow(library, encoder)
    live.refresh()
    gc.collect()
    assert old.search(Query("travail")).generation == "000001"
    assert old.search(Query("")).total == 12


@pytest.mark.parametrize("file", [".json", "-1.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_generation_is_not_taken_up(
    live: LiveEngine, library: Path, encoder: Encoder, file: str, damage: str
) -> None:
    path = library / "index" / f"{grow(library, encoder)}{file}"
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :])
    else:
        path.unlink()
    with pytest.raises(GenerationError) as caught:
        live.refresh()
    assert file in caught.value.where or file in str(caught.value)
    assert caught.value.hint
    assert live.generation.name == "000001"
    assert total(live) == 12
    path.write_bytes(data)
    assert live.refresh() is True
    assert total(live) == 13


def test_a_generation_of_another_encoder_is_not_taken_up(live: LiveEngine, library: Path) -> None:
    build_generation(library, HashedEncoder())
    with pytest.raises(EncoderMismatchError) as caught:
        live.refresh()
    assert "hashed-words" in str(caught.value)
    assert total(live) == 12


@pytest.mark.parametrize("text", ["", "latest", "../../etc", "000009"])
def test_a_current_that_names_nothing_is_not_taken_up(live: LiveEngine, library: Path, text: str) -> None:
    (library / "index" / "CURRENT").write_text(text)
    with pytest.raises(GenerationError):
        live.refresh()
    assert total(live) == 12
    set_current(library, "000001")
    assert live.refresh() is False


def test_an_index_that_is_gone_leaves_the_old_one_answering(live: LiveEngine, library: Path) -> None:
    (library / "index" / "CURRENT").unlink()
    with pytest.raises(GenerationError):
        live.refresh()
    assert total(live) == 12


def test_a_library_without_an_index_does_not_open(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glane_indexer.encoder.load.load_encoder", lambda settings: encoder)
    with pytest.raises(GenerationError) as caught:
        LiveEngine(replace(Settings.from_env(), library=tmp_path), follow=False)
    assert "glane index" in caught.value.hint


def wait_for(condition: object, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def test_it_follows_the_library_by_itself_and_drops_no_request(
    library: Path,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("glane_indexer.encoder.load.load_encoder", lambda settings: encoder)
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.02)
    caplog.set_level(logging.INFO, "glane")
    live = LiveEngine(replace(Settings.from_env(), library=library))
    totals: list[int] = []
    errors: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                totals.append(live.engine.search(Query("travail", mode="vector")).total)
            except Exception as error:
                errors.append(error)
            # Leaves the others their turn.
            time.sleep(0.002)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    try:
        for asker in askers:
            asker.start()
        # First one that cannot be opened: said once, and the old one goes on.
        (library / "index" / "CURRENT").write_text("000009\n")
        assert wait_for(lambda: "is not taken up" in caplog.text)
        time.sleep(0.1)
        assert caplog.text.count("is not taken up") == 1
        set_current(library, "000001")
        grow(library, encoder)
        assert wait_for(lambda: totals and totals[-1] == 13)
    finally:
        stop.set()
        for asker in askers:
            asker.join()
        live.close()
    assert errors == []
    assert set(totals) == {12, 13}
    assert "generation 000002 taken up" in caplog.text
