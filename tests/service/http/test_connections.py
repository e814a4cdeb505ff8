"""Connections over a real socket: slow, long, idle and unread ones."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from glane_indexer.settings import Settings
from glane_service.http import connections
from glane_service.live import LiveEngine
from tests.support.service import serving

SOON = 0.3


@pytest.fixture(scope="module")
def base(little_settings: Settings, little_live: LiveEngine) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "HEAD_SECONDS", SOON)
        patch.setattr(connections, "READ_SECONDS", SOON)
        with serving(little_settings, little_live) as url:
            yield url


@pytest.fixture
def connection(base: str) -> Iterator[socket.socket]:
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=20) as opened:
        yield opened


def rest(connection: socket.socket) -> bytes:
    """What the server says until it closes."""
    said = b""
    try:
        while chunk := connection.recv(65536):
            said += chunk
    except ConnectionResetError:
        pass
    return said


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(connection: socket.socket, sent: bytes) -> None:
    connection.sendall(sent)
    assert rest(connection).startswith(b"HTTP/1.1 408 ")


def test_a_second_head_has_its_time_as_well(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"GET /hea")
    assert b"HTTP/1.1 408 " in rest(connection)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X-Many: a\r\n" * 12_000,
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Whole: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_a_head_that_is_too_long_is_refused(connection: socket.socket, head: bytes) -> None:
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(head)
    # The rest of what was sent may reset the connection before the answer is read.
    assert rest(connection)[:13] in (b"HTTP/1.1 431 ", b"")


def test_an_answer_that_nobody_reads_is_given_up(base: str) -> None:
    parts = urlsplit(base)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((parts.hostname, parts.port))
        # Far more than the system holds on its way.
        slow.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 400)
        time.sleep(4 * SOON)
        slow.settimeout(20)
        received = len(rest(slow))
    whole = len(httpx.get(f"{base}/openapi.json").content)
    assert received < 400 * whole


def test_what_is_no_http_is_refused_and_the_service_goes_on(connection: socket.socket, base: str) -> None:
    connection.sendall(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
    assert rest(connection).startswith(b"HTTP/1.1 400 ")
    assert httpx.get(f"{base}/healthz").status_code == 200
