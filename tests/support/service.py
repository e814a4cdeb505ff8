"""The whole service on a free port, for a browser: what its tests see is what readers see."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
import uvicorn

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.http.connections import LimitedConnection
from glane_service.live import LiveEngine

START_SECONDS = 20


@contextmanager
def serving(
    settings: Settings, live: LiveEngine, *, lifespan: Literal["on", "off"] = "off"
) -> Iterator[str]:
    """The address, without a slash at its end, that the service of ``live`` answers on.

    Without its lifespan the application leaves the engine open, which others use too.
    """
    config = uvicorn.Config(
        create_app(settings, live),
        host="127.0.0.1",
        port=0,
        lifespan=lifespan,
        http=LimitedConnection,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the service does not start"
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        assert not thread.is_alive(), "the service does not stop"


@pytest.fixture(scope="session")
def served(sample_settings: Settings, sample_live: LiveEngine) -> Iterator[str]:
    """The address of the service over the sample library."""
    with serving(sample_settings, sample_live) as url:
        yield url
