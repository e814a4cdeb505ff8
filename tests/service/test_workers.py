"""Two workers as real processes: one is killed, then their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from glane_indexer.errors import GenerationError
from glane_indexer.settings import Settings
from glane_service.workers import open_once
from tests.support.processes import children, is_alive

SECONDS = 60


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


def searched(base: str) -> int:
    """The status of a search; a connection that is refused or broken off fails the test."""
    return httpx.get(f"{base}/api/search?q=travail", timeout=SECONDS).status_code


@pytest.fixture
def service(little_library: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a service of two workers, and the process that started them."""
    command = [sys.executable, "-m", "glane_service.cli", "serve", "--workers", "2", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--library", str(little_library)], stderr=subprocess.PIPE, text=True
    )
    workers: list[int] = []
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Glane answers on "), line
        base = line.split()[3].rstrip("/")
        wait_until(lambda: len(children(process.pid)) == 2)
        workers = children(process.pid)
        yield base, process
    finally:
        for pid in (process.pid, *workers):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=SECONDS).status_code == 200
    except httpx.TransportError:
        return False


def test_a_killed_worker_is_replaced_and_a_killed_parent_takes_its_workers_along(
    service: tuple[str, subprocess.Popen[str]],
) -> None:
    base, process = service
    wait_until(lambda: ready(base))
    first = children(process.pid)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: not is_alive(first[0]))
    # The other one answers meanwhile; none of these was in the hands of the one that died.
    wait_until(lambda: searched(base) == 200 and len(set(children(process.pid)) - set(first)) == 1)
    second = children(process.pid)
    assert first[1] in second
    # The one that takes its place takes requests when it can answer them: none is a 503.
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert searched(base) == 200

    process.kill()
    process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in second))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/healthz")


def test_a_library_that_cannot_be_opened_is_said_by_the_process_that_tried(tmp_path: Path) -> None:
    with pytest.raises(GenerationError) as caught:
        open_once(replace(Settings.from_env(), library=tmp_path))
    assert "there is no index here yet" in caught.value.message
    assert caught.value.hint
