"""Who applies changes: one process at a time, another after it, and none twice."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drills.writes import drill
from glane_indexer.index.generation import Generation
from glane_indexer.library.applying import applied_seq
from glane_indexer.library.locking import writer_lock
from glane_indexer.library.writing import Writer
from glane_service import applier as module
from glane_service.applier import Applier, take_turn
from glane_service.keys import KeyRing
from tests.support import little
from tests.support.hashed import HashedEncoder
from tests.support.writable import ENCODER, soon


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return little.make(tmp_path / "library", ENCODER)


@pytest.fixture
def started(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Applier]:
    monkeypatch.setattr(module, "TURN_SECONDS", 0.02)
    monkeypatch.setattr(module, "FAILED_SECONDS", 0.05)
    made = Applier(library, lambda: ENCODER, lambda: None)
    made.start()
    yield made
    made.close()


def test_without_changes_nothing_is_made(library: Path, started: Applier) -> None:
    before = sorted(library.iterdir())
    started.close()
    assert sorted(library.iterdir()) == before


def test_what_the_first_change_needs_is_loaded_before_anybody_is_answered(library: Path) -> None:
    encoder = HashedEncoder()
    generation = Generation.open(library)
    for has_key in (False, True):
        if has_key:
            KeyRing(library).add("somebody", "write")
        made = Applier(library, lambda: encoder, lambda: None, lambda: generation)
        made.start()
        assert encoder.encoded == ([module.WARMING] if has_key else [])
        made.close()


def test_another_takes_over(library: Path, started: Applier) -> None:
    handle = take_turn(library)
    assert handle is not None
    Writer(library).save([{"title": "x"}])
    assert take_turn(library) is None
    with pytest.raises(AssertionError):
        soon(lambda: applied_seq(library) == 1, seconds=0.3)
    # A process that ends, however it does, lets go of its lock.
    os.close(handle)
    soon(lambda: applied_seq(library) == 1)


def test_it_waits_for_an_import_to_end(library: Path, started: Applier) -> None:
    with writer_lock(library, "importing"):
        Writer(library).save([{"title": "x"}])
        with pytest.raises(AssertionError):
            soon(lambda: applied_seq(library) == 1, seconds=0.3)
    soon(lambda: applied_seq(library) == 1)


def test_what_cannot_be_applied_is_logged_once_and_tried_again(
    library: Path, started: Applier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "glane")
    writer = Writer(library)
    writer.save([{"title": "x"}])
    soon(lambda: "changes up to 1: 1 applied" in caplog.text)
    path = writer.journal.path
    sound = path.read_bytes()
    path.write_bytes(sound + b"00000000 2 {}\n")
    soon(lambda: "changes wait, since they cannot be applied" in caplog.text)
    path.write_bytes(sound)
    writer.save([{"title": "y"}])
    soon(lambda: applied_seq(library) == 2)
    assert caplog.text.count("changes wait") == 1


def test_a_service_that_is_killed_loses_nothing() -> None:
    report = drill(kills=2, seed=1)
    assert report["kills"] == 2
    assert report["acknowledged_before_each_kill"]["least"] > 0
