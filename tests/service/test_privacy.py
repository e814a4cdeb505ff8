"""What is private does not exist for the public: every answer is that of a library without it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from glane_indexer.importers.jsonl import record_of
from tests.support import little
from tests.support.writable import bearer, writable

WORDS = [
    "travail",
    "données",
    "droit",
    "vélo",
    "plateforme",
    "machine",
    "pain",
    "soleil",
    "ville",
    "enquête",
]
SECRET = "quetzalcoatl"
# What names a state of the library, and not what is in it.
_STATE = re.compile(r'"(generation|seq|took_ms|bytes)": ?("[^"]*"|[\d.]+)')


def records(*, private: bool) -> list[dict[str, Any]]:
    """The twelve bookmarks, and with ``private`` thirty more that only members may see."""
    chance = random.Random(5)
    made = [record_of(bookmark) for bookmark in little.BOOKMARKS]
    for number in range(30 if private else 0):
        words = [*chance.choices(WORDS, k=6), SECRET]
        made.append(
            {
                "id": f"a{number:02d}" if number % 2 else f"z{number:02d}",
                "title": " ".join(words).capitalize(),
                "url": f"https://secret.example/{number}",
                "tags": [*chance.choices(WORDS, k=2), "secret", "travail"],
                "contributor": chance.choice(("Camille Roy", "Zoé Secrète")),
                "created_at": f"2021-01-{number % 28 + 1:02d}T00:00:00Z",
                "views": 1000 + number,
                "visibility": "private",
                "annotations": [{"text": " ".join(chance.choices(WORDS, k=9)) + f" {SECRET} {number}."}],
            }
        )
    return made


def lines(*, private: bool) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records(private=private)).encode()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    library = tmp_path_factory.mktemp("mixed") / "library"
    with writable(library, lines(private=True), feedback=True) as client:
        client.headers["accept-language"] = "fr"
        client.app.state.library = library  # type: ignore[attr-defined]
        yield client


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    library = tmp_path_factory.mktemp("public") / "library"
    with writable(library, lines(private=False), feedback=True) as client:
        client.headers["accept-language"] = "fr"
        yield client


def paths() -> list[str]:
    made = [
        f"/api/search?q={q}&mode={mode}&view=full&per_page=100"
        for q in (
            "travail",
            "donn%C3%A9es+droit",
            SECRET,
            "%22le+travail%22",
            "soleil+-pain",
            "v%C3%A9lo+ville",
        )
        for mode in ("hybrid", "keyword", "vector")
    ]
    made += ["/api/search?sort=date&per_page=100", "/api/search?tag=travail", "/api/search?tag=secret"]
    made += ["/api/search?site=secret.example", "/api/search?contributor=Camille+Roy&sort=date"]
    made += [f"/api/suggest?q={q}&limit=20" for q in ("trav", "s", "sec", "quetz", "Cam", "Zo")]
    made += [f"/api/bookmarks/b{n:02d}" for n in range(1, 13)]
    made += [f"/api/bookmarks/b{n:02d}/similar?limit=30" for n in range(1, 13)]
    made += [f"/api/bookmarks/{id}{rest}" for id in ("a01", "z00") for rest in ("", "/similar")]
    made += ["/api/status", "/search.atom?q=travail", "/search.atom?sort=date", "/readyz"]
    made += [f"/opensearch/suggest?q={q}" for q in ("trav", "quetz")]
    pages = [
        "/",
        "/?q=travail",
        f"/?q={SECRET}",
        "/?q=travail&view=full&explain=1",
        "/?sort=date&per_page=100",
    ]
    pages += ["/tags/travail", "/tags/secret", "/contributors/Zo%C3%A9%20Secr%C3%A8te", "/bookmarks/b01"]
    pages += [
        "/bookmarks/a01",
        "/en?q=soleil",
        "/add",
        "/edit/a01",
        "/tags",
        "/contributors",
        "/highlights",
    ]
    return [*made, *pages]


def shown(client: TestClient, path: str, **headers: str) -> tuple[int, str]:
    """The answer, without what names the state of the library."""
    accept = "application/json" if path.startswith("/api/") else "text/html"
    answer = client.get(path, headers={"accept": accept, **headers})
    return answer.status_code, _STATE.sub(r'"\1": 0', answer.text)


@pytest.mark.parametrize("path", paths())
def test_the_public_sees_a_library_without_it(mixed: TestClient, public: TestClient, path: str) -> None:
    assert shown(mixed, path) == shown(public, path)


@pytest.mark.parametrize("path", paths())
def test_a_key_for_searching_sees_no_more(mixed: TestClient, public: TestClient, path: str) -> None:
    header = bearer(mixed.app.state.library, "search", f"search {path[:60]}")  # type: ignore[attr-defined]
    if path in ("/add", "/edit/a01"):
        assert mixed.get(path, headers=header).status_code == 403
        return
    assert shown(mixed, path, **header) == shown(public, path)


def test_the_searches_find_something(public: TestClient) -> None:
    for path in paths():
        if path.startswith("/api/search?q=travail"):
            assert public.get(path).json()["total"] > 0


def test_members_see_it(mixed: TestClient) -> None:
    library = mixed.app.state.library  # type: ignore[attr-defined]
    for role in ("member", "write", "admin"):
        header = bearer(library, role, f"sees as {role}")  # type: ignore[arg-type]
        assert mixed.get("/api/status", headers=header).json()["bookmarks"] == 42
        assert mixed.get("/api/bookmarks/a01", headers=header).json()["visibility"] == "private"
        found = mixed.get("/api/search", params={"q": SECRET, "mode": "keyword"}, headers=header).json()
        assert found["results"][0]["bookmark"]["site"] == "secret.example"


def test_instantsearch_and_votes(mixed: TestClient, public: TestClient) -> None:
    body = {
        "requests": [
            {"indexName": "glane", "params": {"query": q, "facets": ["*"], "hitsPerPage": 50}}
            for q in ("travail", SECRET, "")
        ]
    }
    answers = [client.post("/api/instantsearch", json=body).text for client in (mixed, public)]
    answers = [re.sub(r'"processingTimeMS":\d+', "", answer) for answer in answers]
    assert answers[0] == answers[1]
    vote = {"query": "q", "bookmark_id": "a01", "helpful": True}
    statuses = [client.post("/api/feedback", json=vote).status_code for client in (mixed, public)]
    assert statuses == [404, 404]


def test_metrics_count_what_is_public(mixed: TestClient, public: TestClient) -> None:
    sizes = [
        [line for line in client.get("/metrics").text.splitlines() if line.startswith("glane_library_size")]
        for client in (mixed, public)
    ]
    assert [line for line in sizes[0] if "bytes" not in line] == [
        line for line in sizes[1] if "bytes" not in line
    ]


def test_what_becomes_private_is_gone_and_comes_back(mixed: TestClient) -> None:
    header = bearer(mixed.app.state.library, "write", "turns")  # type: ignore[attr-defined]
    for visibility, status in (("private", 404), ("public", 200)):
        answer = mixed.patch("/api/bookmarks/b10", json={"visibility": visibility}, headers=header)
        seq = answer.json()["seq"]
        assert mixed.get("/api/bookmarks/b10", params={"min_seq": seq}).status_code == status
        found = mixed.get("/api/search", params={"q": "bees", "mode": "keyword"}).json()
        assert found["total"] == (status == 200)
