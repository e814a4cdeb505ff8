"""The API that changes the library: what it accepts, what it refuses and where, and what becomes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from glane_indexer.importers.jsonl import record_of
from glane_service.http import bodies, schemas
from tests.support import little
from tests.support.writable import bearer, soon, writable

NEW = {"title": "Le pangolin", "url": "https://nature.example.com/pangolin"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written") / "library"


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    with writable(library) as made:
        made.headers.update(bearer(library, "write"))
        yield made


def accepted(response: Response) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    schemas.AcceptedAnswer.model_validate(answer)
    assert response.headers["location"] == f"/api/changes/{answer['seq']}"
    return answer


def refused(response: Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"/problems/{slug}"
    schemas.ProblemAnswer.model_validate(problem)
    assert "/tmp/" not in response.text
    return problem


def shown(client: TestClient, id: str, seq: int) -> dict[str, Any]:
    """The bookmark as of this change."""
    response = client.get(f"/api/bookmarks/{id}", params={"min_seq": seq})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    schemas.FullBookmarkAnswer.model_validate(answer)
    return answer


def test_a_bookmark_is_searchable_within_two_seconds(client: TestClient) -> None:
    started = time.monotonic()
    answer = accepted(client.post("/api/bookmarks", json=NEW))
    found = client.get("/api/search", params={"q": "pangolin", "min_seq": answer["seq"]}).json()
    assert time.monotonic() - started < 2
    schemas.SearchAnswer.model_validate(found)
    assert [hit["bookmark"]["id"] for hit in found["results"]][:1] == answer["ids"]
    assert found["seq"] >= answer["seq"]
    change = client.get(f"/api/changes/{answer['seq']}").json()
    schemas.ChangeAnswer.model_validate(change)
    assert change == {"seq": answer["seq"], "state": "searchable", "ids": answer["ids"]}
    assert client.get("/api/status").json()["seq"] >= answer["seq"]


def test_the_life_of_a_bookmark(client: TestClient) -> None:
    answer = accepted(client.put("/api/bookmarks/n1", json={"title": "Un", "created_at": None}))
    assert answer["ids"] == ["n1"]
    made = shown(client, "n1", answer["seq"])
    assert (made["title"], made["created_at"], made["visibility"]) == ("Un", None, "public")
    answer = accepted(client.patch("/api/bookmarks/n1", json={"tags": ["b", "a"], "description": "d"}))
    made = shown(client, "n1", answer["seq"])
    assert (made["tags"], made["description"], made["title"]) == (["b", "a"], "d", "Un")
    answer = accepted(
        client.post("/api/bookmarks/n1/annotations", json=[{"text": "passage"}, {"note": "seule"}])
    )
    made = shown(client, "n1", answer["seq"])
    assert [(item["text"], item["note"]) for item in made["annotations"]] == [
        ("passage", ""),
        ("", "seule"),
    ]
    answer = accepted(client.delete("/api/bookmarks/n1"))
    gone = client.get("/api/bookmarks/n1", params={"min_seq": answer["seq"]})
    assert gone.status_code == 404
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/annotations")):
        body = {"text": "x"} if path else {"title": "x"}
        refused(client.request(method, f"/api/bookmarks/n1{path}", json=body), 404, "not-found")


def test_a_thousand_at_once(client: TestClient) -> None:
    many = [{"id": f"m{number}", "title": f"Page {number}"} for number in range(1000)]
    answer = accepted(client.post("/api/bookmarks", json=many))
    assert len(answer["ids"]) == 1000
    assert shown(client, "m999", answer["seq"])["title"] == "Page 999"
    problem = refused(client.post("/api/bookmarks", json=[*many, NEW]), 400, "bad-request")
    assert problem["detail"].endswith("these are more than 1000")


def test_what_was_exported_is_taken_as_it_is(client: TestClient) -> None:
    lines = little.LINES.splitlines(keepends=True)[:3]
    answer = accepted(
        client.post(
            "/api/bookmarks", content=b"".join(lines), headers={"Content-Type": "application/x-ndjson"}
        )
    )
    assert answer["ids"] == ["b01", "b02", "b03"]
    one = shown(client, "b01", answer["seq"])
    assert one["description"] == little.BOOKMARKS[0].description
    # What it answers can be sent back, but for what is made of the rest.
    sent = {name: value for name, value in one.items() if name != "site"}
    answer = accepted(client.put("/api/bookmarks/b01", json=sent))
    assert shown(client, "b01", answer["seq"]) == one
    assert set(record_of(little.BOOKMARKS[0])) == set(sent)


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        ({}, "", "neither a title nor a url"),
        ([], "", "empty"),
        ("x", "", "not a JSON object"),
        ({"title": 3}, "/title", "not a text"),
        ({"title": "x", "colour": "red"}, "/colour", "no such field"),
        ({"title": "x", "views": -1}, "/views", "less than 0"),
        ({"title": "x", "views": True}, "/views", "not a whole number"),
        ({"title": "x", "kind": "page"}, "/kind", "not one of"),
        ({"title": "x", "visibility": "secret"}, "/visibility", "not one of"),
        ({"title": "x", "tags": "a, b"}, "/tags", "not a list"),
        ({"title": "x", "tags": ["a", 3]}, "/tags/1", "not a text"),
        ({"title": "x", "tags": ["a" * 501]}, "/tags/0", "more than 500"),
        ({"title": "x" * 10_001}, "/title", "more than 10000"),
        ({"url": "https://a.example/" + "x" * 8192}, "/url", "more than 8192"),
        (
            [NEW, {"title": "x", "annotations": [{"text": "a"}, {"note": []}]}],
            "/1/annotations/1/note",
            "text",
        ),
        ([NEW, {"title": "x", "annotations": [{"author": "a"}]}], "/1", "annotation 1 has neither"),
        ([NEW, {"title": "x", "created_at": "soon"}], "/1", "not a date"),
    ],
)
def test_what_is_refused_says_where(client: TestClient, body: Any, pointer: str, message: str) -> None:
    before = client.post("/api/bookmarks", json=NEW).json()["seq"]
    problem = refused(client.post("/api/bookmarks", json=body), 400, "bad-request")
    assert problem["pointer"] == pointer
    assert message in problem["detail"]
    assert client.post("/api/bookmarks", json=NEW).json()["seq"] == before + 1


def test_several_mistakes_are_said_together(client: TestClient) -> None:
    problem = refused(client.post("/api/bookmarks", json={"title": 1, "views": "x"}), 400, "bad-request")
    assert [item["pointer"] for item in problem["errors"]] == ["/title", "/views"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "message"),
    [
        (b"{", "application/json", 400, "this is not JSON"),
        (b"", "application/json", 400, "this is not JSON"),
        (b'{"title": "\\ud800"}', "application/json", 400, "this is not JSON"),
        (b'{"title": "a"}\n{"title"', "application/x-ndjson", 400, "line 2: this is not JSON"),
        (b"[" * 100_000, "application/json", 400, "this is not JSON"),
        (b"title=a", "application/x-www-form-urlencoded", 415, "x-www-form-urlencoded"),
        (b"{}", "text/plain", 415, "text/plain"),
        (b" " * (bodies.MAX_BODY + 1), "application/json", 413, "bytes"),
    ],
)
def test_bodies_that_are_none(
    client: TestClient, content: bytes, kind: str, status: int, message: str
) -> None:
    response = client.post("/api/bookmarks", content=content, headers={"Content-Type": kind})
    slug = {400: "bad-request", 413: "too-large", 415: "unsupported-media-type"}[status]
    assert message in refused(response, status, slug)["detail"]


def test_an_id_does_not_change(client: TestClient) -> None:
    assert (
        refused(client.patch("/api/bookmarks/b02", json={"id": "x"}), 400, "bad-request")["pointer"]
        == "/id"
    )
    body = {"id": "x", "title": "y"}
    assert refused(client.put("/api/bookmarks/b02", json=body), 400, "bad-request")["pointer"] == "/id"
    assert refused(client.put("/api/bookmarks/b02", json=[NEW]), 400, "bad-request")["pointer"] == ""
    refused(client.put(f"/api/bookmarks/{'x' * 501}", json=NEW), 400, "bad-request")


def test_two_editors_do_not_overwrite_one_another(client: TestClient) -> None:
    seen = client.get("/api/bookmarks/b05").headers["etag"]
    answer = accepted(client.patch("/api/bookmarks/b05", json={"views": 4}, headers={"If-Match": seen}))
    late = client.patch("/api/bookmarks/b05", json={"views": 5}, headers={"If-Match": seen})
    refused(late, 412, "precondition-failed")
    now = client.get("/api/bookmarks/b05", params={"min_seq": answer["seq"]}).headers["etag"]
    assert late.headers["etag"] == now != seen
    accepted(client.patch("/api/bookmarks/b05", json={"views": 5}, headers={"If-Match": f'"x", {now}'}))
    accepted(client.patch("/api/bookmarks/b05", json={"views": 6}, headers={"If-Match": "*"}))
    refused(
        client.put("/api/bookmarks/b05", json=NEW, headers={"If-None-Match": "*"}),
        412,
        "precondition-failed",
    )
    refused(
        client.put("/api/bookmarks/none", json=NEW, headers={"If-Match": "*"}), 412, "precondition-failed"
    )


def test_a_repeated_request_is_one_change(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-key"}
    first = accepted(client.post("/api/bookmarks", json=NEW, headers=key))
    assert accepted(client.post("/api/bookmarks", json=NEW, headers=key)) == first
    other = client.post("/api/bookmarks", json={**NEW, "views": 3}, headers=key)
    assert refused(other, 409, "conflict")["parameter"] == "Idempotency-Key"
    refused(
        client.post("/api/bookmarks", json=NEW, headers={"Idempotency-Key": "x" * 201}), 400, "bad-request"
    )
    deleted = {"Idempotency-Key": "another"}
    accepted(client.put("/api/bookmarks/once", json={"title": "x"}))
    first = accepted(client.delete("/api/bookmarks/once", headers=deleted))
    assert accepted(client.delete("/api/bookmarks/once", headers=deleted)) == first


def test_a_key_of_a_request_is_its_writers_own(client: TestClient, library: Path) -> None:
    key = {"Idempotency-Key": "shared"}
    first = accepted(client.post("/api/bookmarks", json=NEW, headers=key))
    other = bearer(library, "write", "another writer")
    assert accepted(client.post("/api/bookmarks", json=NEW, headers=key | other))["seq"] == first["seq"] + 1


def test_changes_that_there_are_not(client: TestClient) -> None:
    refused(client.get("/api/changes/999999"), 404, "not-found")
    for seq in ("0", "-1", "x", "9" * 30):
        refused(client.get(f"/api/changes/{seq}"), 400, "bad-request")


def test_nobody_waits_for_a_change_that_there_is_not(client: TestClient) -> None:
    started = time.monotonic()
    assert client.get("/api/search", params={"q": "travail", "min_seq": 999_999}).status_code == 200
    assert time.monotonic() - started < 2


def test_what_a_client_changed_is_in_the_facets(client: TestClient) -> None:
    answer = accepted(client.patch("/api/bookmarks/b12", json={"tags": ["tout-neuf"]}))
    found = client.get("/api/search", params={"tag": "tout-neuf", "min_seq": answer["seq"]}).json()
    assert [hit["bookmark"]["id"] for hit in found["results"]] == ["b12"]


def test_the_documentation_shows_what_is_sent(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    body = paths["/api/bookmarks"]["post"]["requestBody"]["content"]["application/json"]
    assert "$ref" not in json.dumps(body)
    accepted(client.post("/api/bookmarks", json=body["example"]))


def test_a_library_without_an_index_takes_bookmarks(tmp_path: Path) -> None:
    with writable(tmp_path / "library", b'{"title": "x"}\n') as client:
        library = tmp_path / "library"
        (library / "index" / "CURRENT").unlink()
        client.headers.update(bearer(library, "write"))
        answer = accepted(client.post("/api/bookmarks", json=NEW))
        soon(lambda: (library / "index" / "CURRENT").exists())
        assert shown(client, answer["ids"][0], answer["seq"])["title"] == "Le pangolin"
