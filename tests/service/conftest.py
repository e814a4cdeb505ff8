"""The library of twelve bookmarks, and the application that serves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from glane_indexer.encoder.base import Encoder
from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from tests.support import little


@pytest.fixture(scope="session")
def little_library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """Twelve bookmarks, with the default encoder. Not to be changed."""
    return little.make(tmp_path_factory.mktemp("little") / "library", encoder)


@pytest.fixture(scope="session")
def little_settings(little_library: Path) -> Settings:
    """Settings that name the library of twelve."""
    return replace(Settings.from_env(), library=little_library)


@pytest.fixture(scope="session")
def little_live(little_settings: Settings) -> Iterator[LiveEngine]:
    """The engine of the library of twelve."""
    live = LiveEngine(little_settings, follow=False)
    yield live
    live.close()


@pytest.fixture(scope="session")
def engine(little_live: LiveEngine) -> SearchEngine:
    """The same, without what follows the library."""
    return little_live.engine


@pytest.fixture(scope="session")
def client(little_settings: Settings, little_live: LiveEngine) -> TestClient:
    """A client of the application, as it runs over the library of twelve."""
    return TestClient(create_app(little_settings, little_live), follow_redirects=False)
