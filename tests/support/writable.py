"""The service over a library of its own that may be written to, with an instant encoder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.access import Role
from glane_service.app import create_app
from glane_service.keys import KeyRing
from glane_service.live import LiveEngine
from tests.support import little
from tests.support.hashed import HashedEncoder

ENCODER = HashedEncoder()


@contextmanager
def hashed() -> Iterator[None]:
    """Inside the block every encoder that is loaded is the instant one."""
    with patch("glane_indexer.encoder.load.load_encoder", lambda *_, **__: ENCODER):
        yield


@contextmanager
def writable(library: Path, lines: bytes = little.LINES, **settings: Any) -> Iterator[TestClient]:
    """A client of the service, as it runs; its applier works, and its engine follows the library."""
    little.make(library, ENCODER, lines)
    chosen = replace(Settings.from_env(), library=library, **settings)
    with hashed():
        app = create_app(chosen, LiveEngine(chosen))
        with TestClient(app, follow_redirects=False) as client:
            yield client


def bearer(library: Path, role: Role, name: str = "") -> dict[str, str]:
    """The header of a new key with this role."""
    _, text = KeyRing(library).add(name or f"a {role}", role)
    return {"Authorization": f"Bearer {text}"}


def soon(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What ``condition`` gives, once it gives something."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.01)
    return found
