"""Every live source against a service that answers as its documentation says, and what can go wrong."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import SourceError, UsageError
from glane_indexer.library.sources import hypothesis, raindrop, zotero
from glane_indexer.library.sources.client import Client
from glane_indexer.library.sources.registry import SOURCES
from glane_indexer.library.syncing import SyncReport, sync, token_of
from glane_indexer.library.undoing import undo_import
from glane_indexer.models import Bookmark
from tests.support.loopback import Answer, Asked, server
from tests.support.services import SERVICES, TOKEN, Readwise, quote, url

HIGHLIGHTED = ("readwise", "hypothesis", "karakeep", "raindrop", "diigo", "zotero")
Bring = Callable[[], SyncReport]


def bring(library: Path, name: str, address: str, waits: list[float] | None = None) -> SyncReport:
    source = SOURCES[name]
    waited = waits if waits is not None else []
    with Client(token=TOKEN, variable=source.variable, sleep=waited.append) as client:
        return sync(library, source, client, url=address)


def content(library: Path) -> dict[str, Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return {bookmark.url: bookmark for bookmark in catalog.bookmarks()}


def test_there_is_a_service_for_every_source() -> None:
    assert SERVICES.keys() == SOURCES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_source_is_followed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hypothesis, raindrop, zotero):
        monkeypatch.setattr(module, "LIMIT", 2)
    service = SERVICES[name]()
    with server(service.answer) as address:
        first = bring(tmp_path, name, address)
        assert (first.records, first.added, first.gone, first.problems) == (5, 5, 0, [])
        found = content(tmp_path)
        assert sorted(found) == [url(number) for number in range(1, 6)]
        page = found[url(3)]
        assert (page.title, page.tags) == ("Page 3", ("tag",))
        assert page.created_at == datetime(2020, 1, 1, tzinfo=UTC)
        assert [item.text for item in page.annotations] == ([quote(3)] if name in HIGHLIGHTED else [])

        # The same again: nothing is written, and no import is recorded.
        again = bring(tmp_path, name, address)
        assert (again.records, again.import_id) == (0, "")

        service.put(2, "Another title")
        service.put(6)
        if name != "feed":
            service.delete(4)
        changed = bring(tmp_path, name, address)
        # A feed says nothing of what it has no more.
        gone = 0 if name == "feed" else 1
        assert (changed.records, changed.added, changed.updated, changed.gone, changed.deleted) == (
            *(2, 1, 1),
            *(gone, gone),
        )
        found = content(tmp_path)
        assert found[url(2)].title == "Another title"
        assert (url(4) in found, url(6) in found) == (name == "feed", True)
        assert bring(tmp_path, name, address).records == 0

        # As an import it can be taken back, and what is taken back comes again.
        undo_import(tmp_path, changed.import_id)
        assert content(tmp_path)[url(2)].title == "Page 2"
        bring(tmp_path, name, address)
        assert content(tmp_path) == found


@pytest.mark.parametrize("name", ["linkding", "hypothesis"])
def test_a_deletion_that_is_not_told_is_noticed(name: str, tmp_path: Path) -> None:
    service = SERVICES[name]()
    with server(service.answer) as address:
        bring(tmp_path, name, address)
        service.delete(1)
        asked = len(service.asked)
        assert bring(tmp_path, name, address).deleted == 1
        service.asked = service.asked[asked:]
        # The next time it is enough to ask for what is new, and how many there are.
        asked = len(service.asked)
        bring(tmp_path, name, address)
        assert len(service.asked) - asked < asked


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "feed"])
def test_a_token_that_is_refused_is_told_by_its_variable_and_never_shown(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    with (
        server(SERVICES[name]().answer) as address,
        Client(token="bad:k:p", variable=source.variable) as client,
        pytest.raises(SourceError, match=r"the source refuses the token \(HTTP 40[13]\)") as caught,
    ):
        sync(tmp_path / "library", source, client, url=address)
    assert source.variable in str(caught.value)
    assert "bad" not in str(caught.value)
    assert not (tmp_path / "library").exists()


def test_it_waits_as_long_as_it_is_asked_to_and_tries_again(tmp_path: Path) -> None:
    service, troubles = Readwise(), [
        Answer("", 429, {"Retry-After": "7"}),
        Answer("<html>busy</html>"),
        Answer("", 503),
    ]  # fmt: skip

    def answer(asked: Asked) -> object:
        return troubles.pop(0) if troubles and "pageCursor" in asked.params else service.answer(asked)

    waits: list[float] = []
    with server(answer) as address:
        assert bring(tmp_path, "readwise", address, waits).added == 5
    assert waits == [7.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Answer("{broken"), "it answers what is no JSON"),
        (Answer("", 500), "it answers HTTP 500"),
        (Answer("", 429, {"Retry-After": "86400"}), "the source asks to wait for 86400 seconds"),
        (Answer("", 401), "the source refuses the token"),
    ],
)
def test_what_came_before_a_trouble_is_kept_and_the_next_time_completes_it(
    trouble: Answer, message: str, tmp_path: Path
) -> None:
    service, broken = Readwise(), [True]

    def answer(asked: Asked) -> object:
        return trouble if broken and asked.params.get("pageCursor") == "4" else service.answer(asked)

    with server(answer) as address:
        with pytest.raises(SourceError, match=message) as caught:
            bring(tmp_path, "readwise", address)
        assert TOKEN not in str(caught.value)
        assert len(content(tmp_path)) == 4
        broken.clear()
        assert bring(tmp_path, "readwise", address).added == 1
        assert len(content(tmp_path)) == 5


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"it does not answer \(ConnectError\)"):
        bring(tmp_path, "readwise", "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="feed needs --url URL"):
        bring(tmp_path, "feed", "")


def test_the_token_is_in_the_environment_or_in_a_file(tmp_path: Path) -> None:
    source = SOURCES["readwise"]
    assert token_of(source, None, {"READWISE_TOKEN": " abc\n"}) == "abc"
    (tmp_path / "token").write_text("def\n")
    assert token_of(source, tmp_path / "token", {}) == "def"
    with pytest.raises(
        UsageError, match=r"READWISE_TOKEN: there is no token\. Get one at https://readwise"
    ):
        token_of(source, None, {})
    with pytest.raises(UsageError, match="the token cannot be read"):
        token_of(source, tmp_path / "none", {})
    with pytest.raises(UsageError, match="the token is not one line of ASCII") as caught:
        token_of(source, None, {"READWISE_TOKEN": "a\nb"})
    assert "a\nb" not in str(caught.value)
    assert token_of(SOURCES["feed"], None, {}) == ""


def test_what_others_say_of_a_page_stays_when_a_source_has_it_no_more(tmp_path: Path) -> None:
    service = Readwise()
    with Catalog.open(tmp_path, create=True) as catalog:
        catalog.upsert([Bookmark("Mine", url(1), tags=("kept",))])
    with server(service.answer) as address:
        bring(tmp_path, "readwise", address)
        assert content(tmp_path)[url(1)].tags == ("kept", "tag")
        service.delete(1)
        assert bring(tmp_path, "readwise", address).deleted == 0
    found = content(tmp_path)[url(1)]
    assert (found.title, found.tags, found.annotations) == ("Mine", ("kept",), ())


# The drill has thirty; each takes seconds, so here are a few.
KILLS = int(os.environ.get("KILLS", "3"))


def test_killed_at_any_moment_a_repeat_completes_it(tmp_path: Path) -> None:
    service = Readwise(60)
    service.page = 3

    def slowly(asked: Asked) -> object:
        time.sleep(0.02)
        return service.answer(asked)

    def command(library: Path, address: str) -> list[str]:
        script = "import sys; from glane_service.cli import main; sys.exit(main(sys.argv[1:]))"
        return [
            sys.executable,
            "-c",
            script,
            "sync",
            "readwise",
            "--url",
            address,
            "--library",
            str(library),
        ]

    environ = {**os.environ, "READWISE_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join(sys.path)}
    moments = random.Random(5)
    with server(slowly) as address:
        bring(tmp_path / "whole", "readwise", address)
        expected = content(tmp_path / "whole")
        library = tmp_path / "killed"
        for _ in range(KILLS):
            asked = len(service.asked)
            process = subprocess.Popen(command(library, address), env=environ, stdout=subprocess.DEVNULL)
            stop = asked + moments.randint(1, 20)
            while len(service.asked) < stop and process.poll() is None:
                time.sleep(0.005)
            time.sleep(moments.random() * 0.1)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if moments.random() < 0.3 and service.records:
                number = moments.choice(sorted(service.records))
                service.put(number, service.records[number]["title"])
        bring(library, "readwise", address)
    assert content(library) == expected
    with Catalog.open(library, read_only=True) as catalog:
        assert len(catalog.records(f"readwise {address}")) == 60
