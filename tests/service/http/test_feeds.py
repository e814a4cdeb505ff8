"""The Atom feed of a search: valid, newest first, and plain text throughout."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine
from tests.support.little import BY_DATE

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(client: TestClient, **parameters: str) -> ElementTree.Element:
    response = client.get("/search.atom", params=parameters)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/atom+xml"
    assert response.headers["cache-control"] == "private, max-age=300"
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    return root


def texts(root: ElementTree.Element, path: str) -> list[str]:
    return [
        element.text or ""
        for element in root.findall("/".join(f"{ATOM}{part}" for part in path.split("/")))
    ]


def test_a_feed_has_all_that_atom_asks_for(client: TestClient) -> None:
    root = feed(client, q="travail", mode="keyword")
    for name in ("id", "title", "updated"):
        assert len(texts(root, name)) == 1
        assert all(texts(root, name))
    assert texts(root, "title") == ["travail – Glane"]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://testserver/search.atom?q=travail&mode=keyword",
        "alternate": "http://testserver/?q=travail&mode=keyword",
    }
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == 5
    for entry in entries:
        for name in ("id", "title", "updated", "summary"):
            assert len(texts(entry, name)) == 1
        assert len(texts(entry, "author/name")) == 1
        assert datetime.fromisoformat(texts(entry, "updated")[0]).tzinfo is not None
    assert len(set(texts(root, "entry/id"))) == 5


def test_the_newest_come_first(client: TestClient) -> None:
    root = feed(client)
    assert texts(root, "entry/id") == [f"http://testserver/bookmarks/{name}" for name in BY_DATE]
    assert texts(root, "updated") == ["2020-02-29T00:00:00Z"]
    assert texts(root, "entry/updated")[-3:] == ["1970-01-01T00:00:00Z"] * 3
    assert len(texts(root, "entry/published")) == 9
    assert texts(root, "title") == ["Glane"]


def test_a_feed_follows_its_search(client: TestClient) -> None:
    root = feed(client, tag="travail", language="fr", page="7", sort="relevance", utm_source="x")
    assert [name[-3:] for name in texts(root, "entry/id")] == ["b02", "b11"]
    first = root.find(f"{ATOM}entry")
    assert first is not None
    assert [item.get("term") for item in first.findall(f"{ATOM}category")] == ["travail", "plateformes"]
    links = {link.get("rel"): link.get("href") for link in first.findall(f"{ATOM}link")}
    assert links == {
        "alternate": "https://www.example.org/travail-invisible.html",
        "related": "http://testserver/bookmarks/b02",
    }


def test_a_bookmark_without_an_address_leads_to_its_own_page(client: TestClient) -> None:
    (entry,) = feed(client, kind="topic").findall(f"{ATOM}entry")
    (link,) = entry.findall(f"{ATOM}link")
    assert (link.get("rel"), link.get("href")) == ("alternate", "http://testserver/bookmarks/b04")
    assert texts(entry, "author/name") == ["Anne Dupont"]


def test_an_entry_leads_to_the_passage_on_its_page(client: TestClient) -> None:
    (entry,) = feed(client, q="personne ne paie", mode="keyword").findall(f"{ATOM}entry")
    (link,) = [item.get("href") for item in entry.findall(f"{ATOM}link") if item.get("rel") == "alternate"]
    assert link == (
        "https://www.example.org/travail-invisible.html"
        "#:~:text=Chaque%20clic%20est%20un%20travail%20que%20personne%20ne%20paie."
    )


def test_a_feed_of_nothing_is_a_feed(client: TestClient) -> None:
    root = feed(client, q="xyzzy", mode="keyword")
    assert root.findall(f"{ATOM}entry") == []
    assert len(texts(root, "updated")) == 1


@pytest.mark.parametrize("text", ["<&>\"'", "]]>", "\x00\x08", "\ufffe", "é œ 🙂", "a\nb"])
def test_whatever_is_asked_the_feed_is_well_formed(client: TestClient, text: str) -> None:
    feed(client, q=text)


def test_a_value_that_is_none_is_refused(client: TestClient) -> None:
    response = client.get("/search.atom?mode=best")
    assert response.status_code == 400
    assert response.json()["parameter"] == "mode"


def test_the_public_address_is_the_one_that_is_said(
    little_settings: Settings, little_live: LiveEngine
) -> None:
    settings = replace(
        little_settings, public_url="https://search.example.org/glane/", site_name="Notre & fonds"
    )
    root = feed(TestClient(create_app(settings, little_live)), q="travail")
    assert texts(root, "id") == ["https://search.example.org/glane/search.atom?q=travail"]
    assert texts(root, "entry/id")[0].startswith("https://search.example.org/glane/bookmarks/")
    assert texts(root, "title") == ["travail – Notre & fonds"]
