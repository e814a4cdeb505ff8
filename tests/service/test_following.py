"""A read-only server that follows another: over HTTP, in this process, and as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import UsageError
from glane_indexer.index import build, generation
from glane_indexer.index.segment import SegmentFile
from glane_indexer.library.importing import import_bytes
from glane_indexer.replication.replica import Replica
from glane_indexer.replication.sources import RefusedError, ServiceSource
from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.following import check, first_sync
from glane_service.keys import KeyRing
from glane_service.live import LiveEngine
from glane_service.serve import run
from tests.support import little
from tests.support.embeddings import embedding_server
from tests.support.service import serving
from tests.support.writable import ENCODER, bearer, hashed, soon

PRIVATE = b'{"id": "p1", "title": "Confidentiel", "visibility": "private"}\n'


@contextmanager
def writer(library: Path) -> Iterator[str]:
    """The address of a service that takes changes."""
    settings = replace(Settings.from_env(), library=library)
    with hashed(), serving(settings, LiveEngine(settings), lifespan="on") as url:
        yield url


@contextmanager
def follower(library: Path, follow: str, key: str = "", **settings: Any) -> Iterator[TestClient]:
    """A client of a server that follows, as ``glane serve --follow`` makes it."""
    chosen = replace(Settings.from_env(), library=library, follow=follow, follow_key=key, **settings)
    with hashed():
        app = create_app(chosen, LiveEngine(chosen) if first_sync(chosen) else None)
        with TestClient(app, follow_redirects=False) as client:
            yield client


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return little.make(tmp_path / "source", ENCODER, little.LINES + PRIVATE)


def key_of(library: Path, role: Any) -> str:
    return KeyRing(library).add(f"a server, {role}", role)[1]


def test_a_follower_of_a_service_answers_like_it_and_takes_no_changes(source: Path, tmp_path: Path) -> None:
    key, write = key_of(source, "follow"), bearer(source, "write", "Anne")
    with writer(source) as url, follower(tmp_path / "copy", url, key) as copy:
        ready = copy.get("/readyz").json()
        assert (ready["status"], ready["generation"], ready["follow"]["error"]) == ("ok", "000001", "")
        asked = {"q": "pain au levain"}
        there, here = (
            client.get(f"{base}/api/search", params=asked).json()
            for client, base in ((httpx, url), (copy, ""))
        )
        assert [hit["bookmark"]["id"] for hit in here["results"]] == [
            hit["bookmark"]["id"] for hit in there["results"]
        ]
        # The keys are its writer's, and so is what they show.
        hidden = "/api/bookmarks/p1"
        assert (copy.get(hidden).status_code, copy.get(hidden, headers=write).status_code) == (404, 200)
        seq = httpx.post(f"{url}/api/bookmarks", json={"id": "new", "title": "Neuf"}, headers=write).json()[
            "seq"
        ]
        found = copy.get("/api/bookmarks/new", params={"min_seq": seq})
        assert found.status_code == 200
        assert copy.get(f"/api/changes/{seq}", headers=write).json()["state"] == "searchable"
        assert copy.get(f"/api/changes/{seq + 1}", headers=write).status_code == 404
        refused = copy.patch("/api/bookmarks/new", json={"title": "Autre"}, headers=write)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/read-only")
        assert url in refused.json()["detail"]
        assert copy.post("/api/bookmarks", json={"title": "Autre"}).status_code == 401
        assert copy.get("/add", headers=write).status_code == 403
        assert "/edit/" not in copy.get("/bookmarks/new", headers={**write, "accept": "text/html"}).text
        assert copy.get("/api/status").json()["follow"]["seq"] == seq
        counted = copy.get("/metrics").text
        assert f"glane_follow_seq {float(seq)}" in counted and "glane_follow_ok 1.0" in counted
        KeyRing(source).revoke("Anne")
        soon(lambda: copy.get(hidden, headers=write).status_code == 401)
    assert sorted(path.name for path in (tmp_path / "copy").iterdir() if path.suffix == ".duckdb") == []


def test_a_mirror_has_nothing_private(source: Path, tmp_path: Path) -> None:
    key = key_of(source, "mirror")
    with writer(source) as url, follower(tmp_path / "copy", url, key) as copy:
        own = bearer(tmp_path / "copy", "member")
        assert copy.get("/api/bookmarks/p1", headers=own).status_code == 404
        assert copy.get("/api/status", headers=own).json()["bookmarks"] == 12
    for path in (tmp_path / "copy").rglob("*"):
        assert path.is_dir() or b"Confidentiel" not in path.read_bytes()


def test_a_follower_of_a_folder_goes_on_without_it_and_catches_up(source: Path, tmp_path: Path) -> None:
    with follower(tmp_path / "copy", str(source)) as copy:
        away = tmp_path / "away"
        source.rename(away)
        # A copy that was being taken just then has found something else to say, once.
        gone = "the library that is followed is not there"
        assert soon(lambda: copy.get("/readyz").json()["follow"]["error"] == gone)
        assert copy.get("/api/search", params={"q": "pain au levain"}).json()["results"]
        assert "glane_follow_ok 0.0" in copy.get("/metrics").text
        refused = copy.post("/api/bookmarks", json={"title": "Autre"}, headers=bearer(away, "write"))
        assert refused.status_code == 401  # made after it had gone away
        away.rename(source)
        soon(lambda: copy.get("/readyz").json()["follow"]["error"] == "")
        little.make(source, ENCODER, little.LINES + b'{"id": "new", "title": "Neuf"}\n')
        soon(lambda: copy.get("/api/bookmarks/new").status_code == 200)


def test_it_starts_before_what_it_follows_and_says_so(tmp_path: Path) -> None:
    source = tmp_path / "source"
    with follower(tmp_path / "copy", str(source)) as copy:
        assert copy.get("/readyz").status_code == 503
        little.make(source, ENCODER)
        soon(lambda: copy.get("/readyz").status_code == 200)


def test_what_does_not_go_together_is_said(source: Path, tmp_path: Path) -> None:
    settings = replace(Settings.from_env(), library=tmp_path / "copy", follow=str(source))
    for wrong, said in (
        (replace(settings, feedback=True), "not written to"),
        (replace(settings, follow="ftp://there"), "can be followed"),
        (replace(settings, follow="https://key@there/"), "GLANE_FOLLOW_KEY"),
    ):
        with pytest.raises(UsageError, match=said):
            check(wrong)
    with pytest.raises(UsageError, match="library of its own"):
        run(replace(settings, library=source, follow=str(tmp_path), port=0), quiet=True)


def test_a_key_that_is_refused_ends_the_start(source: Path, tmp_path: Path) -> None:
    settings = replace(Settings.from_env(), library=tmp_path / "copy")
    with writer(source) as url:
        for key in ("", "wrong", key_of(source, "member")):
            with pytest.raises(RefusedError, match="GLANE_FOLLOW_KEY"):
                first_sync(replace(settings, follow=url, follow_key=key))
        with pytest.raises(RefusedError, match="no Glane"):
            first_sync(replace(settings, follow=f"{url}/static", follow_key=key_of(source, "follow")))


class Process:
    """``glane serve`` as a process of its own, on a port of its own."""

    def __init__(self, library: Path, *arguments: str, **environment: str) -> None:
        command = [sys.executable, "-m", "glane_service.cli", "serve", "--port", "0"]
        self._process = subprocess.Popen(
            [*command, "--library", str(library), *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert self._process.stderr is not None
        line = self._process.stderr.readline()
        assert line.startswith("Glane answers on "), line
        self.url = line.split()[3].rstrip("/")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def ask(self, path: str, **params: object) -> Any:
        return httpx.get(self.url + path, params=params, timeout=20).json()  # type: ignore[arg-type]


def test_processes_one_killed_and_started_again(tmp_path: Path) -> None:
    library, copy = tmp_path / "library", tmp_path / "copy"
    library.mkdir()
    with embedding_server() as words:
        # Its probes are in the library: without them a copy would not know the encoder again.
        words.noise = 0.001
        model = {"GLANE_MODEL": f"{words.url}#words"}
        settings = replace(Settings(), library=library, model=model["GLANE_MODEL"])
        little.make(library, load_encoder(settings, for_indexing=True))
        write, key = bearer(library, "write"), key_of(library, "follow")
        running = [Process(library, **model)]
        url = running[0].url

        def follow() -> None:
            running.append(Process(copy, "--follow", url, GLANE_FOLLOW_KEY=key, **model))

        def change(title: str) -> None:
            sent = {"id": "one", "title": title}
            assert httpx.post(f"{url}/api/bookmarks", json=sent, headers=write).status_code == 202

        def answers(title: str) -> None:
            soon(lambda: running[-1].ask("/api/bookmarks/one").get("title") == title, 60)

        try:
            follow()
            change("Un")
            answers("Un")
            running.pop().kill()
            change("Deux")
            follow()
            answers("Deux")
            assert running[-1].ask("/api/search", q="pain au levain")["mode_used"] == "hybrid"
            running.pop(0).kill()
            said = soon(lambda: running[0].ask("/readyz")["follow"]["error"], 60)
            assert said.startswith("the source does not answer")
            assert running[0].ask("/api/bookmarks/one")["title"] == "Deux"
        finally:
            for process in running:
                process.kill()


def test_no_more_is_moved_than_three_times_what_has_changed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merges and all: sixteen changes, of which every eighth merges what came before."""
    changed, files = 0, segments(source)
    merge = build.merge_tiers

    def counting(library: Path) -> str | None:
        nonlocal changed, files
        changed += sum(file.size for file in segments(library) - files)
        merged = merge(library)
        files = segments(library)
        return merged

    monkeypatch.setattr(build, "merge_tiers", counting)
    settings = replace(Settings.from_env(), library=source)
    with hashed(), serving(settings, LiveEngine(settings)) as url:
        service = ServiceSource(url, key_of(source, "follow"))
        replica = Replica(tmp_path / "copy", service)
        replica.sync()
        before = service.moved
        for number in range(16):
            line = f'{{"id": "n{number}", "title": "Page {number}", "description": "Ce qui est neuf."}}'
            import_bytes(line.encode(), source, format="jsonl", name="more")
            build.build_generation(source, ENCODER)
            assert replica.sync()
        assert segments(tmp_path / "copy") == segments(source)
    assert changed > 0
    assert service.moved - before <= 3 * changed


def segments(library: Path) -> set[SegmentFile]:
    name = generation.current_name(library)
    assert name is not None
    return {member.file for member in generation.read_manifest(library, name).members}
