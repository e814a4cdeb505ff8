"""`glane serve` as a process of its own, on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from glane_indexer.errors import ServiceError, UsageError
from glane_indexer.settings import Settings
from glane_service.serve import address, run


@pytest.fixture(scope="module")
def served(little_library: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a service, and its process."""
    script = "import sys; from glane_service.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "serve", "--port", "0", "--library", str(little_library)]
    # On another machine's terminal, bytes that are not UTF-8 must not matter.
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"Glane answers on (http://127\.0\.0\.1:\d+)/ \(Ctrl-C stops it\)\n", line)
        assert found, line
        yield found[1], process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def test_it_answers_and_stops_when_it_is_told_to(served: tuple[str, subprocess.Popen[str]]) -> None:
    base, process = served
    with httpx.Client(base_url=base, timeout=30) as client:
        assert client.get("/readyz").json() == {"status": "ok", "generation": "000001"}
        answer = client.get("/api/search", params={"q": "pain au levain"}).json()
        assert answer["results"][0]["bookmark"]["id"] == "b05"
        assert client.get("/", headers={"accept": "text/html"}).text.startswith("<!doctype html>")
        head = client.head("/api/status")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(client.get("/api/status").content)
        assert "server" not in head.headers
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_a_library_that_cannot_be_opened_ends_the_command(tmp_path: Path) -> None:
    from glane_indexer.errors import GenerationError

    with pytest.raises(GenerationError):
        run(replace(Settings.from_env(), library=tmp_path, port=0), quiet=True)


def test_settings_that_do_not_go_together_are_said(tmp_path: Path) -> None:
    settings = replace(Settings.from_env(), library=tmp_path, port=0, judge=True)
    with pytest.raises(UsageError, match="Set GLANE_ADMIN_KEY as well"):
        run(settings, quiet=True)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "http://127.0.0.1:{port}/"), ("0.0.0.0", "http://localhost:{port}/")],
)
def test_the_address_to_open(host: str, shown: str) -> None:
    with socket.create_server((host, 0)) as listener:
        port = listener.getsockname()[1]
        assert address(Settings(), listener) == shown.format(port=port)


def test_a_port_that_is_taken_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = replace(Settings.from_env(), library=tmp_path, port=taken.getsockname()[1])
        with pytest.raises(ServiceError) as caught:
            run(settings, quiet=True)
    assert caught.value.message == "the port is in use"
