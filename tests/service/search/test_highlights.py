from __future__ import annotations

from xml.etree import ElementTree

from fastapi.testclient import TestClient

from glane_service.search.engine import SearchEngine
from glane_service.search.highlights import Stream
from glane_service.search.query import Filters

ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_newest_come_first_and_those_of_one_page_in_its_order(engine: SearchEngine) -> None:
    found, total = Stream().page(engine, Filters(), 1)
    assert total == 18
    # By their bookmarks' dates, since annotations here have none; without one they are last, by id.
    assert [item.annotation.id for item in found] == [
        *("b8", "b5", "b6", "a8", "a9", "b3", "b2", "a6", "a7", "b9"),
        *("a1", "a2", "a3", "a4", "a5", "b4", "b1", "b7"),
    ]


def test_filters_are_those_of_a_search(engine: SearchEngine) -> None:
    found, total = Stream().page(engine, Filters(tags=("travail",), language="fr"), 1)
    assert ([item.annotation.id for item in found], total) == (["a6", "a7", "b9"], 3)
    assert Stream().page(engine, Filters(tags=("none",)), 1) == ([], 0)


def test_a_page_after_the_last_is_empty(engine: SearchEngine) -> None:
    found, total = Stream().page(engine, Filters(), 2)
    assert (found, total) == ([], 18)


def test_the_feed_names_who_marked_it_and_where(client: TestClient) -> None:
    feed = ElementTree.fromstring(client.get("/highlights.atom?tag=données").content)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries][:3] == [
        "Camille Roy",
        "Camille Roy",
        "Anne Dupont",
    ]
    assert entries[1].findtext(f"{ATOM}id") == "http://testserver/bookmarks/b01#a-a2"
    assert (
        entries[1].findtext(f"{ATOM}summary") == "La protection sociale devrait couvrir aussi les données."
    )
