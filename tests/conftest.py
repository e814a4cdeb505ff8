"""What the tests of all three components share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.load import load_encoder
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.sample.load import library_bytes
from glane_indexer.settings import Settings
from glane_service.live import LiveEngine

# A verdict must depend on the code alone: the same examples each time, and no limit of time on a machine
# that others share. `pytest --hypothesis-profile explore` looks for examples that nobody has seen yet.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=2000)
settings.load_profile("fixed")

# What these assert is to be as readable as what tests assert.
pytest.register_assert_rewrite("tests.support")

# How many random changes of a library are followed; `GLANE_SEQUENCES=300` is for an hour without hurry.
SEQUENCES = int(os.environ.get("GLANE_SEQUENCES", "4"))
# Whether libraries on Qdrant are all on its own code, `edge`, and not in the client's local mode.
QDRANT = os.environ.get("GLANE_QDRANT", "")
# A developer's own settings must not change what the tests see; the place of prepared encoders may.
for name in [name for name in os.environ if name.startswith("GLANE_") and name != "GLANE_CACHE"]:
    del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default encoder, prepared the first time."""
    return load_encoder(Settings.from_env(), quiet=True)


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """The sample library, imported and indexed with the default encoder. Not to be changed."""
    library = tmp_path_factory.mktemp("sample") / "library"
    import_bytes(library_bytes(), library, name="sample")
    build_generation(library, encoder)
    return library


@pytest.fixture(scope="session")
def sample_settings(sample_library: Path) -> Settings:
    """Settings that name the sample library."""
    return replace(Settings.from_env(), library=sample_library)


@pytest.fixture(scope="session")
def sample_live(sample_settings: Settings) -> Iterator[LiveEngine]:
    """The engine of the sample library."""
    live = LiveEngine(sample_settings, follow=False)
    yield live
    live.close()
