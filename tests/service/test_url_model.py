"""A service whose encoder is a server: with it, without it, and with another model behind its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from glane_indexer.encoder import embedding_server as wire
from glane_indexer.encoder.load import load_encoder
from glane_indexer.settings import Settings
from glane_service import cli
from glane_service.app import create_app
from glane_service.live import LiveEngine
from tests.support import little
from tests.support.chat import chat_server
from tests.support.embeddings import EmbeddingStandIn, embedding_server

QUESTION = {"q": "protection sociale"}


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "sleep", lambda seconds: None)


@pytest.fixture
def server() -> Iterator[EmbeddingStandIn]:
    with embedding_server() as made:
        yield made


@pytest.fixture
def settings(server: EmbeddingStandIn, tmp_path: Path) -> Settings:
    """A library that is indexed with the server's model."""
    named = replace(Settings(), library=tmp_path / "library", model=f"{server.url}#words")
    named.library.mkdir()
    little.make(named.library, load_encoder(named, for_indexing=True))
    return named


def test_it_answers_with_the_server_and_goes_on_without(
    server: EmbeddingStandIn, settings: Settings
) -> None:
    live = LiveEngine(settings, follow=False)
    client = TestClient(create_app(settings, live))
    answer = client.get("/api/search", params=QUESTION).json()
    assert (answer["mode_used"], answer["notices"]) == ("hybrid", [])
    server.dead_after = 0
    for mode in ("hybrid", "vector"):
        response = client.get("/api/search", params={**QUESTION, "mode": mode})
        answer = response.json()
        assert response.status_code == 200 and answer["mode_used"] == "keyword"
        assert answer["results"][0]["bookmark"]["id"] == "b01"
        (notice,) = answer["notices"]
        # It is said what happened, and not where.
        assert notice["code"] == "without-meaning" and server.url not in response.text
    page = client.get("/fr", params=QUESTION, headers={"Accept": "text/html"})
    assert page.status_code == 200 and "L’encodeur ne répond pas" in page.text
    with chat_server() as model:
        composing = replace(settings, chat_url=model.url)
        refused = TestClient(create_app(composing, live)).post(
            "/api/answer", json={"question": "protection sociale"}
        )
    assert refused.status_code == 503 and "could not be checked" in refused.json()["detail"]
    assert server.url not in refused.text
    live.close()


def test_it_starts_while_the_server_is_away(server: EmbeddingStandIn, settings: Settings) -> None:
    server.dead_after = 0
    live = LiveEngine(settings, follow=False)
    client = TestClient(create_app(settings, live))
    assert client.get("/readyz").status_code == 200
    assert client.get("/api/search", params=QUESTION).json()["mode_used"] == "keyword"
    live.close()


def test_another_model_is_not_asked_questions(server: EmbeddingStandIn, settings: Settings) -> None:
    server.dead_after = 0
    live = LiveEngine(settings, follow=False)
    # It comes back with another model: its vectors are not compared with those of the index.
    server.dead_after, server.model = 10**9, 1
    answer = TestClient(create_app(settings, live)).get("/api/search", params=QUESTION).json()
    assert answer["mode_used"] == "keyword" and answer["notices"][0]["code"] == "without-meaning"
    live.close()


def test_the_model_command_shows_it(
    server: EmbeddingStandIn,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GLANE_MODEL", settings.model)
    assert cli.main(["model", "--json", "--library", str(settings.library)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["dimensions"]) == ("words", 64)
    server.script = [401]
    assert cli.main(["model", "--library", str(settings.library / "elsewhere")]) == 1
    assert "GLANE_MODEL_KEY" in capsys.readouterr().err
