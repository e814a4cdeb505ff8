"""A library that is damaged, full or taken away while it is served: said, survived, and taken up again."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from glane_indexer.index.build import build_generation
from glane_indexer.index.local.leases import Lease
from glane_indexer.library.checking import check
from tests.support.writable import ENCODER, bearer, soon, writable


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that does not let files be held: not Linux, or a file system of another machine."""

    def refuse(*_: object) -> None:
        raise OSError("there are no leases")

    monkeypatch.setattr(Lease, "__init__", refuse)


@pytest.fixture
def client(library: Path) -> Iterator[TestClient]:
    with writable(library) as made:
        yield made


def segment(library: Path) -> Path:
    return next((library / "index").glob("*.safetensors"))


def search(client: TestClient) -> int:
    return client.get("/api/search", params={"q": "travail"}).status_code


def flip(path: Path) -> None:
    """Change one byte of a file in its place."""
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 0xFF]))


def test_what_is_written_into_a_served_file_is_seen_and_mended(
    not_held: None, library: Path, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "glane")
    assert client.get("/readyz").json() == {"status": "ok", "generation": "000001"}
    assert "glane_index_damaged 0.0" in client.get("/metrics").text
    flip(segment(library))
    soon(lambda: search(client) == 503)
    assert str(segment(library)) in caplog.text
    assert client.get("/readyz").status_code == 503
    assert str(library) not in client.get("/readyz").text
    assert "glane_index_damaged 1.0" in client.get("/metrics").text
    assert build_generation(library, ENCODER).embedded == 0
    soon(lambda: search(client) == 200)
    assert "glane_index_damaged 0.0" in client.get("/metrics").text


@pytest.mark.skipif(sys.platform != "linux", reason="files can be held on Linux alone")
@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_a_copy_of_what_is_written_into_goes_on_answering(
    library: Path, client: TestClient, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.ERROR, "glane")
    asked = {"q": "travail", "view": "full", "all": "true"}
    before = client.get("/api/search", params=asked).json()["results"]
    path = segment(library)
    if how == "cut":
        os.truncate(path, 100)
    else:
        flip(path)
    assert client.get("/api/search", params=asked).json()["results"] == before
    ready = soon(lambda: (found := client.get("/readyz").json()).get("damage") and found)
    assert (ready["status"], ready["generation"]) == ("ok", "000001")
    assert str(path) in caplog.text
    assert "glane_index_damaged 1.0" in client.get("/metrics").text
    assert client.get("/api/search", params=asked).json()["results"] == before
    # A change is no reason to go on with a damaged file.
    headers = bearer(library, "write")
    (id,) = client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers).json()["ids"]
    soon(lambda: client.get(f"/api/bookmarks/{id}").status_code == 200, seconds=30)
    soon(lambda: "damage" not in client.get("/readyz").json())
    assert [item for item in check(library) if item.level == "error"] == []
    assert "glane_index_damaged 0.0" in client.get("/metrics").text


def test_an_older_generation_answers_and_readyz_says_so(
    not_held: None, library: Path, client: TestClient
) -> None:
    headers = bearer(library, "write")
    client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers)
    soon(lambda: client.get("/readyz").json()["generation"] == "000002")
    flip(max((library / "index").glob("000002-*.safetensors")))
    ready = soon(lambda: (found := client.get("/readyz").json()).get("damage") and found)
    assert ready["generation"] == "000001"
    assert search(client) == 200
    assert "glane_index_damaged 1.0" in client.get("/metrics").text


def test_files_that_are_removed_or_replaced_go_on_answering(library: Path, client: TestClient) -> None:
    path = segment(library)
    other = path.with_name("other")
    shutil.copy2(path, other)
    flip(other)
    other.replace(path)
    assert search(client) == 200
    shutil.rmtree(library / "index")
    client.app.state.backend._live.look_after()  # type: ignore[attr-defined]
    assert search(client) == 200


def test_a_catalog_that_is_taken_away_is_not_made_anew(library: Path, client: TestClient) -> None:
    headers = bearer(library, "write")
    (library / "catalog.duckdb").rename(library.parent / "kept.duckdb")
    refused = client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert "the catalog is gone" in refused.text
    assert client.patch("/api/bookmarks/b01", json={"title": "x"}, headers=headers).status_code == 503
    assert search(client) == 200
    assert not (library / "catalog.duckdb").exists()
    (library.parent / "kept.duckdb").rename(library / "catalog.duckdb")
    taken = client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers)
    assert taken.status_code == 202
    (id,) = taken.json()["ids"]
    soon(lambda: client.get(f"/api/bookmarks/{id}").status_code == 200, seconds=20)


@contextmanager
def full_disk() -> Iterator[None]:
    """Inside the block no file can grow past a kilobyte, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_writes_are_refused_and_searching_goes_on(library: Path, client: TestClient) -> None:
    headers = bearer(library, "write")
    ids = []
    for number in range(12):
        body = {"title": f"Avant {number}", "description": "x" * 100}
        answer = client.post("/api/bookmarks", json=body, headers=headers)
        assert answer.status_code == 202
        ids += answer.json()["ids"]
    with full_disk():
        refused = client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers)
        found = search(client)
    assert (refused.status_code, found) == (503, 200)
    assert "Check the room on the disk" in refused.text
    taken = client.post("/api/bookmarks", json={"title": "Pangolin"}, headers=headers)
    assert taken.status_code == 202
    assert taken.json()["seq"] == 13
    ids += taken.json()["ids"]
    soon(lambda: client.get(f"/api/bookmarks/{ids[-1]}").status_code == 200, seconds=20)
    assert all(client.get(f"/api/bookmarks/{id}").status_code == 200 for id in ids)
    assert [item for item in check(library) if item.level == "error"] == []
