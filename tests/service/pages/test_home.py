"""What the first page offers is made before anyone waits for it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.pages import home


def test_the_first_reader_does_not_wait_for_offers(
    little_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    offers = home.offers

    def counted(engine: Any, language: str) -> home.Offers:
        made.append(language)
        return offers(engine, language)

    monkeypatch.setattr(home, "offers", counted)
    with TestClient(create_app(little_settings)) as client:
        deadline = time.monotonic() + 60
        while len(made) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert made == ["fr", "en"]
        assert client.get("/fr").status_code == client.get("/en").status_code == 200
        assert made == ["fr", "en"]
