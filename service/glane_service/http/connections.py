"""Connections that may not be held for nothing: limits on what comes before a request, and after.

uvicorn limits how long a connection may be idle *between* requests. It limits neither how long a first
request may take to arrive, nor how large its head may be, nor how long an answer may wait to be read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 << 10
READ_SECONDS = 30.0
MOST_CONNECTIONS = 4000


class LimitedConnection(HttpToolsProtocol):
    """One connection, closed where its client is too slow or sends too long a head."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected, and has so long to ask."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503)
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._head_is_here()
        self._is_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before a head is complete."""
        self._head += len(data)
        super().data_received(data)
        if self._deadline is not None and self._head > HEAD_BYTES:
            self._refuse(431)

    def on_message_begin(self) -> None:
        """A request begins; the first one's time began with the connection."""
        super().on_message_begin()
        if self._deadline is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head of a request is here."""
        self._head_is_here()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refuse(431)
            return
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not read its answer as fast as it comes."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        super().resume_writing()
        self._is_read()

    def _expect_head(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, status: int) -> None:
        """Answer without asking the application, and close."""
        self._head_is_here()
        if self.transport.is_closing():
            return
        busy = self.cycle is not None and not self.cycle.response_complete
        if not busy:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


def settings_of_server() -> dict[str, Any]:
    """What uvicorn is configured with to use these connections."""
    return {"http": LimitedConnection, "timeout_keep_alive": 5}
