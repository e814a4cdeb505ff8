"""How many cores there are, and what is each worker's share of them."""

from __future__ import annotations

import os

import pytest

from glane_indexer.machine import cores, share_of


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert cores() == 3


def test_a_system_without_affinity_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on macOS.
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("threads", "workers", "share"), [(8, 1, 8), (8, 2, 4), (8, 3, 2), (2, 4, 1), (1, 1, 1), (4, 0, 4)]
)
def test_threads_are_divided_among_workers(threads: int, workers: int, share: int) -> None:
    assert share_of(threads, workers) == share


def test_no_number_means_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert share_of(0, 2) == 3
