"""The pages in both languages and every state, with a library that means harm among them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from glane_indexer.encoder.base import Encoder
from glane_indexer.importers import jsonl
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine
from tests.support import little

HTML = {"accept": "text/html"}
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """What a page holds; fails where its elements are not nested."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def hrefs(self) -> list[str]:
        return [attributes["href"] for attributes in self.all("a")]


def page(client: TestClient, path: str, status: int = 200, language: str = "") -> Page:
    response = client.get(path, headers={**HTML, "accept-language": language})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    found = Page(response.text)
    identifiers = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert len(found.all("h1")) == 1
    assert len(found.all("main")) == 1
    assert found.all("html")[0]["lang"] in ("fr", "en")
    # The policy of the pages forbids what stands in the page itself.
    for name, attributes in found.elements:
        assert not any(attribute.startswith("on") or attribute == "style" for attribute in attributes), name
    return found


STATES = [
    ("", 200),
    ("?q=travail", 200),
    ("?q=travail&mode=keyword&view=full&explain=1", 200),
    ("?q=travail&view=middle&sort=date", 200),
    ("?q=xyzzy&mode=keyword", 200),
    ("?q=xyzzy&mode=keyword&tag=travail&language=fr&after=2015", 200),
    ("?tag=travail&tag=IA", 200),
    ("?tag=travail&language=de", 200),
    ("?sort=date&per_page=3&page=2", 200),
    ("?q=%22pain+au+levain", 200),
    ("?q=pain+after%3Ahier", 200),
    ("?q=travail&kind=topic&contributor=Anne+Dupont&site=example.org&before=2016-05&fields=title", 200),
    ("?q=travail&page=99", 400),
    ("?mode=best", 400),
    ("?q=" + "a" * 1001, 400),
    ("/bookmarks/b01", 200),
    ("/bookmarks/b04", 200),
    ("/bookmarks/b12", 200),
    ("/bookmarks/none", 404),
    ("/contributors/Camille%20Roy", 200),
    ("/contributors/Nobody", 200),
    ("/tags/v%C3%A9lo", 200),
    ("/tags/v%C3%A9lo?q=Grenoble", 200),
    ("/tags/none", 200),
    ("/tags", 200),
    ("/tags?order=name&name=V%C3%89L", 200),
    ("/tags?name=zzz", 200),
    ("/tags?order=size", 400),
    ("/contributors", 200),
    ("/highlights", 200),
    ("/highlights?tag=travail&contributor=Anne+Dupont", 200),
    ("/highlights?language=de", 200),
    ("/highlights?page=9", 400),
    ("/nowhere", 404),
]


@pytest.mark.parametrize("language", ["", "fr", "en"])
@pytest.mark.parametrize(("path", "status"), STATES)
def test_every_state_is_a_page_in_every_language(
    client: TestClient, path: str, status: int, language: str
) -> None:
    prefix = f"/{language}" if language else "" if path.startswith("/") else "/"
    found = page(client, prefix + path, status)
    assert found.all("html")[0]["lang"] == (language or "fr")
    assert "{{" not in found.text
    assert "None" not in found.text.replace("tags/none", "")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("en", "en"),
        ("en-GB,fr;q=0.5", "en"),
        ("fr-CA", "fr"),
        ("de", "fr"),
        ("", "fr"),
        ("en;q=0.1, fr;q=0.9", "fr"),
    ],
)
def test_the_browser_chooses_the_language(client: TestClient, header: str, expected: str) -> None:
    assert page(client, "/", language=header).all("html")[0]["lang"] == expected
    # One that the address names wins.
    assert page(client, "/en", language="fr").all("html")[0]["lang"] == "en"


def test_a_result_leads_to_its_source_and_to_its_own_page(client: TestClient) -> None:
    found = page(client, "/?q=le+travail+invisible")
    assert "Le travail invisible des plateformes" in found.text
    assert any(href.startswith("https://www.example.org/travail-invisible.html") for href in found.hrefs)
    titles = [item["href"] for item in found.all("a") if item["href"] == "/bookmarks/b02"]
    assert titles
    assert found.all("mark")
    assert found.all("input")[0]["value"] == "le travail invisible"


def test_every_link_of_a_page_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    for path in (
        "/",
        "/tags",
        "/contributors?order=name",
        "/highlights",
        "/en/highlights?tag=travail",
        "/?q=travail&mode=keyword",
        "/en/bookmarks/b01",
        "/fr/tags/travail",
        "/?sort=date&per_page=2&page=3",
    ):
        seen |= {href for href in page(client, path).hrefs if href.startswith("/")}
    for href in sorted(seen):
        assert client.get(href.split("#")[0], headers=HTML).status_code == 200, href


def test_nothing_found_offers_ways_out_that_find_something(client: TestClient) -> None:
    found = page(client, "/?q=levain&mode=keyword&language=en")
    assert "/?q=levain&mode=keyword" in found.hrefs
    found = page(client, "/?tag=jardin&language=fr")
    assert "/?tag=jardin" in found.hrefs


def test_a_misspelt_word_is_understood_and_can_be_meant(client: TestClient) -> None:
    found = page(client, "/?q=plateformse&mode=keyword")
    assert "Le travail invisible" in found.text
    assert "/?q=plateformse&mode=keyword&as_typed=1" in found.hrefs
    as_typed = page(client, "/?q=plateformse&mode=keyword&as_typed=1")
    assert "Le travail invisible" not in as_typed.text
    # The next question is read anew.
    assert "as_typed" not in [item["name"] for item in as_typed.all("input")]


def test_a_page_past_the_end_leads_to_the_last(client: TestClient) -> None:
    found = page(client, "/?sort=date&per_page=5&page=9", 400)
    assert "/?sort=date&per_page=5&page=3" in found.hrefs


def test_the_pages_are_named_in_both_languages(client: TestClient) -> None:
    found = page(client, "/tags/travail?q=IA")
    alternates = {
        item.get("hreflang"): item["href"]
        for item in found.all("link")
        if item["rel"] == "alternate" and "hreflang" in item
    }
    assert alternates == {
        "fr": "http://testserver/fr/tags/travail?q=IA",
        "en": "http://testserver/en/tags/travail?q=IA",
        "x-default": "http://testserver/tags/travail?q=IA",
    }


def test_only_pages_of_their_own_are_for_search_engines(client: TestClient) -> None:
    def indexed(path: str, status: int = 200) -> bool:
        return not any(item.get("name") == "robots" for item in page(client, path, status).all("meta"))

    assert indexed("/")
    assert indexed("/bookmarks/b01")
    assert indexed("/tags/travail")
    assert not indexed("/?q=travail")
    assert not indexed("/tags/travail?q=IA")
    assert not indexed("/nowhere", 404)


def test_a_page_under_a_proxys_path_keeps_to_it(little_settings: Settings, little_live: LiveEngine) -> None:
    settings = replace(little_settings, public_url="https://example.org/glane")
    client = TestClient(create_app(settings, little_live))
    found = page(client, "/?q=travail")
    inner = [href for href in found.hrefs if href.startswith("/")]
    assert inner
    assert all(href.startswith("/glane") for href in inner)
    assert found.all("form")[0]["action"] == "/glane/"


def test_a_site_has_its_own_name_and_introduction(
    little_settings: Settings, little_live: LiveEngine
) -> None:
    settings = replace(
        little_settings, site_name="Fonds <b>", site_intro="Bonjour & bienvenue", site_color="#123456"
    )
    found = page(TestClient(create_app(settings, little_live)), "/")
    assert "Fonds <b>" in found.text
    assert "Bonjour & bienvenue" in found.text


# A library that means harm

SCRIPT = "<script>alert(1)</script>"
ATTRIBUTE = '"\' onmouseover=alert(1) x="<img src=x onerror=alert(1)>'
HOSTILE = (
    Bookmark(
        id="h1",
        title=f"Titre {SCRIPT} danger",
        url="javascript:alert(document.cookie)",
        description=f"danger {ATTRIBUTE}",
        tags=(SCRIPT, "a/b?c#d", "..", "{{ 7*7 }}"),
        contributor=f"Eve {ATTRIBUTE}",
        annotations=(
            Annotation(f"danger </blockquote>{SCRIPT}", note=ATTRIBUTE, author=SCRIPT, id='x"><u>'),
        ),
    ),
    Bookmark(id="h2", title="danger data", url="data:text/html,<script>alert(1)</script>"),
    Bookmark(id="h3", title="danger vbscript", url="vbscript:msgbox(1)"),
    Bookmark(id="h4", title="danger espace", url="java\tscript:alert(1)"),
    Bookmark(id="h5", title="danger guillemets", url='https://e.example/"onclick="alert(1)'),
    Bookmark(id='h6/"><i>', title="\u202edanger\ud800", url="https://e.example/\ud800"),
    Bookmark(
        id="h7", title="danger <!--", url="https://e.example/ok?a=1&b=<2>", description="]]> <![CDATA["
    ),
    Bookmark(id="h8", title="danger " + "x" * 5000, url="https://" + "e" * 9000),
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    # A lone surrogate comes in as JSON's escape.
    lines = "".join(json.dumps(json.loads(jsonl.dump(bookmark))) + "\n" for bookmark in HOSTILE)
    library: Path = little.make(tmp_path_factory.mktemp("hostile") / "library", encoder, lines.encode())
    live = LiveEngine(replace(Settings.from_env(), library=library), follow=False)
    yield TestClient(create_app(replace(Settings.from_env(), library=library), live))
    live.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?q=danger&view=full",
        "/?q=danger&view=middle&mode=keyword&explain=1",
        "/bookmarks/h1",
        "/bookmarks/h2",
        "/bookmarks/h6%2F%22%3E%3Ci%3E",
        "/bookmarks/h7",
        "/bookmarks/h8",
        "/?tag=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/tags/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E&tag=%22%3E%3Cb%3E",
        "/?q=%22%20onfocus=alert(1)%20autofocus=%22",
        "/?contributor=%3Cscript%3E&site=%3Cscript%3E&language=%3Cscript%3E",
    ],
)
def test_what_means_harm_is_text(hostile: TestClient, path: str) -> None:
    found = page(hostile, path)
    own, box = found.all("script")
    assert own["src"].startswith("/static/glane.")
    assert re.fullmatch(r"/search-box\.[0-9a-f]{16}\.js", box["src"])
    assert len(found.all("svg")) == 1
    for tag in ("img", "u", "i", "iframe"):
        assert found.all(tag) == []
    for href in found.hrefs:
        assert re.match(r"(/|#|https?://)", href), href
    for source in (item.get("src", "/") for _, item in found.elements):
        assert source.startswith("/")


def test_an_address_that_is_no_link_is_shown_as_text(hostile: TestClient) -> None:
    for name in ("h1", "h2", "h3"):
        found = page(hostile, f"/bookmarks/{name}")
        url = next(item.url for item in HOSTILE if item.id == name)
        assert url in found.text
        assert url not in found.hrefs


def test_odd_names_have_pages_that_can_be_reached(hostile: TestClient) -> None:
    found = page(hostile, "/bookmarks/h1")
    tags = [attributes["href"] for attributes in found.all("a") if attributes.get("rel") == "tag"]
    assert len(tags) == 4
    for href in tags:
        assert "danger" in page(hostile, href).text
    people = [href for href in found.hrefs if "/contributors/" in href]
    assert people
    for href in people:
        assert "danger" in page(hostile, href).text


def test_the_other_forms_are_safe_too(hostile: TestClient) -> None:
    feed = hostile.get("/search.atom?q=danger").content
    links = [
        item.get("href") for item in ElementTree.fromstring(feed).iter("{http://www.w3.org/2005/Atom}link")
    ]
    assert all(str(link).startswith(("http://", "https://")) for link in links)
    answer = hostile.get("/api/search?q=danger&view=full")
    assert len(answer.json()["results"]) == 8
    assert answer.headers["content-type"] == "application/json"
    # The API gives the address as it is kept; who shows it must look at it.
    assert {hit["bookmark"]["url"] for hit in answer.json()["results"]} >= {"vbscript:msgbox(1)"}
    batch = hostile.post("/api/instantsearch", json={"requests": [{"params": {"query": "danger"}}]}).json()
    for hit in batch["results"][0]["hits"]:
        assert hit["url"] == "" or hit["url"].startswith("https://")
        assert "<script" not in hit["_highlightResult"]["title"]["value"]
        assert "<script" not in hit["_highlightResult"]["passage"]["value"]
    for path in (
        "/api/suggest?q=danger",
        "/opensearch/suggest?q=titre",
        "/api/bookmarks/h1",
        "/api/bookmarks/h1/similar",
    ):
        assert hostile.get(path).status_code == 200
