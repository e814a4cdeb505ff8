"""What other servers follow this one by: who may have what, and how files are given."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xxhash
from fastapi.testclient import TestClient

from glane_service.access import ROLES, Role
from glane_service.http.replica import MAX_WAIT
from glane_service.keys import KeyRing
from tests.support import little
from tests.support.writable import bearer, soon, writable

PRIVATE = b'{"id": "p1", "title": "Confidentiel", "visibility": "private"}\n'


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offered") / "library"


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    with writable(library, little.LINES + PRIVATE, rate_limit=60) as client:
        yield client


@pytest.fixture(scope="module")
def keys(client: TestClient, library: Path) -> dict[Role, dict[str, str]]:
    return {role: bearer(library, role) for role in ROLES}


def segments(client: TestClient, headers: dict[str, str]) -> dict[str, dict[str, object]]:
    document = client.get("/api/generation", headers=headers).json()
    return {item["visibility"]: item for item in document["manifest"]["segments"]}


def test_who_may_copy_what(client: TestClient, keys: dict[Role, dict[str, str]]) -> None:
    assert client.get("/api/generation").status_code == 401
    assert client.get("/api/generation", headers={"Authorization": "Bearer wrong"}).status_code == 401
    answered = {role: client.get("/api/generation", headers=keys[role]).status_code for role in ROLES}
    assert answered == {
        "search": 403,
        "member": 403,
        "write": 403,
        "admin": 200,
        "mirror": 200,
        "follow": 200,
    }
    everything, public = segments(client, keys["follow"]), segments(client, keys["mirror"])
    assert (set(everything), set(public)) == ({"public", "private"}, {"public"})
    hidden = f"/api/generation/segments/{everything['private']['name']}"
    assert client.get(hidden, headers=keys["mirror"]).status_code == 404
    assert b"Confidentiel" in client.get(hidden, headers=keys["follow"]).content
    for role in ("search", "member", "write"):
        assert client.get(hidden, headers=keys[role]).status_code == 403
    parts = client.get("/api/generation", headers=keys["follow"]).json()["parts"]
    secret = f"/api/generation/parts/keys?checksum={parts['keys']['checksum']}"
    assert client.get(secret, headers=keys["mirror"]).status_code == 404
    assert len(client.get(secret, headers=keys["follow"]).json()["keys"]) == len(ROLES)
    # What copies may not write.
    body = {"title": "Une page"}
    assert client.post("/api/bookmarks", json=body, headers=keys["follow"]).status_code == 403


def test_a_file_is_given_whole_and_from_where_it_broke_off(
    client: TestClient, keys: dict[Role, dict[str, str]]
) -> None:
    file = segments(client, keys["follow"])["public"]
    path, size = f"/api/generation/segments/{file['name']}", int(str(file["size"]))
    whole = client.get(path, headers=keys["follow"])
    assert whole.headers["etag"] == f'"{file["checksum"]}"'
    assert xxhash.xxh3_128_hexdigest(whole.content) == file["checksum"]
    rest = client.get(path, headers={**keys["follow"], "Range": "bytes=1000-"})
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes 1000-{size - 1}/{size}"
    assert rest.content == whole.content[1000:]
    after = client.get(path, headers={**keys["follow"], "Range": f"bytes={size}-"})
    assert (after.status_code, after.headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "name", ["..%2f..%2fkeys.json", "%2e%2e", "CURRENT", "000001.json", "999999-1", "000001-1.safetensors"]
)
def test_no_other_file_is_given(client: TestClient, keys: dict[Role, dict[str, str]], name: str) -> None:
    answer = client.get(f"/api/generation/segments/{name}", headers=keys["follow"])
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_waits_is_answered_when_there_is_another(
    client: TestClient, keys: dict[Role, dict[str, str]]
) -> None:
    first = client.get("/api/generation", headers=keys["follow"])
    same = {**keys["follow"], "If-None-Match": first.headers["etag"]}
    started = time.monotonic()
    assert client.get("/api/generation", params={"wait": 0.2}, headers=same).status_code == 304
    assert time.monotonic() - started >= 0.2
    seq = client.post("/api/bookmarks", json={"title": "Une page"}, headers=keys["write"]).json()["seq"]
    other = client.get("/api/generation", params={"wait": MAX_WAIT}, headers=same)
    assert other.json()["manifest"]["seq"] == seq
    assert client.get("/api/generation", params={"wait": 60}, headers=same).status_code == 400


def test_a_key_that_is_revoked_is_news(
    client: TestClient, library: Path, keys: dict[Role, dict[str, str]]
) -> None:
    ring = KeyRing(library)
    ring.add("Ana", "member")
    before = client.get("/api/generation", headers=keys["follow"])
    mirrored = client.get("/api/generation", headers=keys["mirror"])
    ring.revoke("Ana")
    after = client.get("/api/generation", headers=keys["follow"])
    assert before.headers["etag"] != after.headers["etag"]
    assert before.json()["generation"] == after.json()["generation"]
    same = {**keys["mirror"], "If-None-Match": mirrored.headers["etag"]}
    assert client.get("/api/generation", headers=same).status_code == 304


def test_following_is_not_counted_as_asking(client: TestClient, keys: dict[Role, dict[str, str]]) -> None:
    answers = {client.get("/api/generation", headers=keys["admin"]).status_code for _ in range(70)}
    assert answers == {200}


def test_a_library_without_an_index_offers_nothing(tmp_path: Path) -> None:
    from dataclasses import replace

    from glane_indexer.settings import Settings
    from glane_service.app import create_app

    library = tmp_path / "empty"
    library.mkdir()
    client = TestClient(create_app(replace(Settings.from_env(), library=library)))
    answer = client.get("/api/generation", headers=bearer(library, "follow"))
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert json.loads(answer.text)["type"] == "/problems/unavailable"


def test_what_was_replaced_a_moment_ago_is_still_given(
    client: TestClient, library: Path, keys: dict[Role, dict[str, str]]
) -> None:
    before = segments(client, keys["follow"])["public"]["name"]
    seq = client.post("/api/bookmarks", json={"title": "Une autre"}, headers=keys["write"]).json()["seq"]
    soon(lambda: client.get("/api/generation", headers=keys["follow"]).json()["manifest"]["seq"] == seq)
    assert client.get(f"/api/generation/segments/{before}", headers=keys["follow"]).status_code == 200
