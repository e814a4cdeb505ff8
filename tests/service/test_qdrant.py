"""The service and the commands on a Qdrant server, over its HTTP API."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder import load
from glane_indexer.errors import GenerationError, UsageError
from glane_indexer.index.build import build_generation
from glane_indexer.index.qdrant import opening
from glane_indexer.models import Bookmark
from glane_indexer.settings import Settings
from glane_service import serve, source
from glane_service.app import create_app
from glane_service.cli import main
from glane_service.live import LiveEngine
from glane_service.search.query import Query
from tests.support.hashed import HashedEncoder
from tests.support.little import make
from tests.support.qdrant_server import QdrantStandIn

# Which bookmarks hold it, no service knows by itself.
PHRASE = '"carril bici"'


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "load_encoder", lambda *given, **options: HashedEncoder())
    monkeypatch.setattr(source, "SERVER_SECONDS", 0.0)


@pytest.fixture
def server() -> Iterator[QdrantStandIn]:
    made = QdrantStandIn()
    yield made
    made.close()


@pytest.fixture
def settings(server: QdrantStandIn, tmp_path: Path) -> Settings:
    """Those of a service that has nothing but the address: no library."""
    return replace(
        Settings.from_env({}), library=tmp_path / "nowhere", engine=f"{server.url}#little", admin_key="k"
    )


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make(tmp_path / "library", HashedEncoder())


def published(library: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setenv("GLANE_ENGINE", settings.engine)
    code = main(["publish", "--library", str(library), *options])
    monkeypatch.delenv("GLANE_ENGINE")
    return code


def test_services_answer_from_the_server_alone(
    library: Path,
    settings: Settings,
    server: QdrantStandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert published(library, settings, monkeypatch) == 0
    assert "12 bookmarks, 12 written and 0 deleted" in capsys.readouterr().out
    assert published(library, settings, monkeypatch) == 0
    assert "published already" in capsys.readouterr().out
    local = LiveEngine(replace(settings, library=library, engine="local"), follow=False)
    one, other = (LiveEngine(settings, follow=False) for _ in range(2))
    # The library's own settings of its ranking have travelled with it.
    assert one.engine.parameters.line == 0
    for text in ("protection sociale des données", "vélo", '"droit d’auteur"', ""):
        expected = local.engine.search(Query(text))
        for live in (one, other):
            found = live.engine.search(Query(text))
            assert [hit.bookmark for hit in found.hits] == [hit.bookmark for hit in expected.hits]
            assert found.facets == expected.facets
    with TestClient(create_app(settings, one)) as client:
        answer = client.get("/api/search", params={"q": "travail"}).json()
        assert answer["total"] == local.engine.search(Query("travail")).total
        assert client.get("/readyz").status_code == 200
        # While the server is away, it says so, and goes on when it is back.
        server.down = [503] * 8
        assert client.get("/api/search", params={"q": PHRASE}).status_code == 503
        server.down = []
        assert client.get("/api/search", params={"q": PHRASE}).status_code == 200
        with_key = {"Authorization": "Bearer k"}
        refused = client.post("/api/bookmarks", json={"title": "Non"}, headers=with_key)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/read-only")
    assert not settings.library.exists()
    with Catalog.open(library) as catalog:
        catalog.upsert([Bookmark("Le pangolin", id="new", language="fr")])
    build_generation(library, HashedEncoder())
    assert published(library, settings, monkeypatch, "--json") == 0
    assert '"written": 1' in capsys.readouterr().out
    assert [live.refresh() for live in (other, other)] == [True, False]
    assert other.engine.search(Query("pangolin")).hits[0].bookmark.id == "new"
    for live in (local, other):
        live.close()


def test_what_cannot_be_answered_from(settings: Settings, server: QdrantStandIn) -> None:
    with pytest.raises(GenerationError, match="nothing is published as 'little'"):
        LiveEngine(settings, follow=False)
    with pytest.raises(UsageError, match="not the address of a Qdrant server"):
        LiveEngine(replace(settings, engine="qdrant"), follow=False)
    with pytest.raises(UsageError, match="no name for a library"):
        LiveEngine(replace(settings, engine=f"{server.url}#A B"), follow=False)
    server.close()
    with pytest.raises(GenerationError, match="cannot be reached"):
        LiveEngine(settings, follow=False)


@pytest.mark.parametrize("also", [{"follow": "elsewhere"}, {"judge": True}, {"feedback": True}])
def test_settings_that_do_not_go_together(settings: Settings, also: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        serve.checked(replace(settings, **also))


def test_the_key_is_that_of_the_environment_or_of_a_file(
    settings: Settings, server: QdrantStandIn, tmp_path: Path
) -> None:
    server.key = "s3cret"
    (tmp_path / "key").write_text("s3cret\n")
    for given in ({"engine_key": "s3cret"}, {"engine_key_file": str(tmp_path / "key")}):
        store, names = opening.connect(replace(settings, **given))
        assert (store.collections(), names.library) == ([], "little")
        store.close()
    with pytest.raises(UsageError, match="GLANE_ENGINE_KEY_FILE"):
        opening.connect(replace(settings, engine_key_file=str(tmp_path / "absent")))
    with pytest.raises(UsageError, match="no Qdrant server is set"):
        opening.connect(replace(settings, engine="local"))


def test_without_the_client_it_is_said_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'glane\[qdrant\]'"):
        LiveEngine(settings, follow=False)


def test_who_serves_the_own_index_needs_no_client() -> None:
    program = (
        "import sys; sys.modules['qdrant_client'] = None\n"
        "import glane_service.source, glane_indexer.index.qdrant.opening\n"
        "import glane_indexer.index.qdrant.published\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
