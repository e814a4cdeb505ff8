"""The commands that change and keep a library, alone and beside a service."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.index.generation import Generation
from glane_indexer.library.journal import Journal
from glane_indexer.models import Bookmark
from glane_service.cli import main
from glane_service.keys import KeyRing
from tests.support import little
from tests.support.writable import ENCODER, bearer, hashed, writable


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return little.make(tmp_path / "library", ENCODER)


@pytest.fixture
def run(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | Path, at: Path = library) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in (*arguments, "--library", at)])
        return Ran(code, *capsys.readouterr())

    with hashed():
        yield run


def stored(library: Path, id: str) -> Bookmark | None:
    with Catalog.open(library, read_only=True) as catalog:
        return catalog.bookmark(id)


def indexed(library: Path) -> list[str]:
    return list(Generation.open(library).view("member").ids)


# Adding, editing, deleting


def test_add_edit_rm(run: Run, library: Path) -> None:
    url = "https://nature.example.com/pangolin"
    said = run(
        "add", url, "--title", "Le pangolin", "--tag", "nature", "--text", "Il dort.", "--private", "--json"
    )
    assert said.code == 0, said.err
    assert said.json["seq"] == 1
    (id,) = said.json["ids"]
    found = stored(library, id)
    assert found is not None
    assert (found.title, found.tags, found.visibility) == ("Le pangolin", ("nature",), "private")
    assert found.annotations[0].text == "Il dort."
    assert id in indexed(library)
    assert run("edit", url, "--tag", "a", "--tag", "b", "--note", "Oui.", "--public").code == 0
    found = stored(library, id)
    assert found is not None
    assert (found.tags, found.visibility, len(found.annotations)) == (("a", "b"), "public", 2)
    gone = run("rm", url, "b01")
    assert gone.out == "2 bookmarks are deleted (change 5).\n"
    assert stored(library, id) is None
    assert not {id, "b01"} & set(indexed(library))


def test_editing_in_an_editor(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: Path
) -> None:
    assert "set $EDITOR" in run("edit", "b01").err
    script = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    script.write_text("")
    assert run("edit", "b01").out == "Nothing has changed.\n"
    script.write_text(
        "import sys, pathlib\nfile = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text().replace('Camille Roy', 'Camille R.'))\n"
    )
    assert run("edit", "b01").code == 0
    found = stored(library, "b01")
    assert found is not None
    assert found.contributor == "Camille R."
    script.write_text("import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('{')\n")
    assert "nothing was changed" in run("edit", "b01").err
    script.write_text("raise SystemExit(3)\n")
    assert "nothing was changed" in run("edit", "b01").err


@pytest.mark.parametrize("command", ["edit", "rm", "purge"])
def test_a_bookmark_that_is_not_there(run: Run, library: Path, command: str) -> None:
    options = ("--title", "x") if command == "edit" else ()
    said = run(command, "nothing", *options)
    assert (said.code, "there is no such bookmark" in said.err) == (1, True)
    assert not Journal(library).path.exists()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "notes", "ftp://a.example/"])
def test_an_address_that_is_none(run: Run, library: Path, url: str) -> None:
    assert run("add", url).code == 2
    assert not Journal(library).path.exists()


def test_beside_a_service_the_service_takes_it_up(run: Run, tmp_path: Path) -> None:
    served = tmp_path / "served"
    with writable(served) as client:
        headers = bearer(served, "write")
        # The first change makes the service take its turn.
        first = client.post("/api/bookmarks", json={"title": "x"}, headers=headers).json()["seq"]
        client.get("/api/status")
        client.get("/api/search", params={"q": "x", "min_seq": first})
        said = run("add", "https://nature.example.com/pangolin", "--json", at=served)
        assert said.code == 0, said.err
        (id,) = said.json["ids"]
        seq = said.json["seq"]
        assert client.get(f"/api/bookmarks/{id}", params={"min_seq": seq}).status_code == 200
        assert run("check", at=served).code == 0
        backup = tmp_path / "backup"
        assert run("backup", backup, at=served).code == 0
        assert run("purge", id, at=served).code == 0
        assert client.get("/api/search", params={"q": "travail"}).status_code == 200


# Purging


def test_what_is_purged_is_in_no_file(run: Run, library: Path) -> None:
    secret = "Le mot de passe de la grange est sésame"
    record = {"id": "s1", "title": secret, "annotations": [{"text": f'"{secret}", dit-elle\\'}]}
    (library.parent / "more.jsonl").write_text(json.dumps(record))
    assert run("import", library.parent / "more.jsonl").code == 0
    assert run("index").code == 0
    assert run("edit", "s1", "--title", "Autre chose qui dit sésame ouvre-toi").code == 0
    hidden = [
        path for path in library.rglob("*") if path.is_file() and "sésame".encode() in path.read_bytes()
    ]
    assert hidden
    said = run("purge", "s1", "--json")
    assert said.code == 0, said.err
    assert said.json["ids"] == ["s1"]
    assert said.json["texts"] == 3
    for path in library.rglob("*"):
        if path.is_file():
            assert "sésame".encode() not in path.read_bytes(), path
            assert b"s\\u00e9same" not in path.read_bytes(), path
    with Catalog.open(library, read_only=True) as catalog:
        assert catalog.counts()["bookmarks"] == 12
        assert list(catalog.places_of(["sésame"])) == []
    assert len(indexed(library)) == 12
    assert run("check").out == "Catalog, journal and index are whole and agree.\n"
    assert run("search", "travail", "--json").json["total"] > 0


def test_a_text_that_stays_somewhere_is_told(run: Run, library: Path) -> None:
    (library / "notes.txt").write_text("Recette du pain au levain\n")
    said = run("purge", "b05")
    assert said.code == 1
    assert "notes.txt" in said.err


def test_a_text_that_others_have_too_stays(run: Run, library: Path) -> None:
    run("add", "https://a.example/1", "--title", "Deux fois le même titre")
    said = run("add", "https://a.example/2", "--title", "Deux fois le même titre", "--json")
    report = run("purge", *said.json["ids"], "--json").json
    assert report["elsewhere"] == 1


# Keys


def test_keys(run: Run, library: Path) -> None:
    said = run("key", "add", "Anne", "--role", "write")
    assert said.code == 0
    text = said.out.strip()
    found = KeyRing(library).find(text)
    assert found is not None
    assert (found.name, found.role) == ("Anne", "write")
    listed = run("key", "list")
    assert "write   Anne, since" in listed.out
    assert text not in listed.out
    assert run("key", "list", "--json").json[0]["id"] == found.id
    assert run("key", "revoke", "Anne").code == 0
    assert KeyRing(library).find(text) is None
    assert "revoked" in run("key", "list").out
    assert run("key", "add", "Anne", "--json").json["role"] == "search"
    for wrong in (("add",), ("revoke", "nobody"), ("add", "Anne")):
        assert run("key", *wrong).code == 2


# Checking and repairing


def test_a_sound_library_is_sound(run: Run, library: Path) -> None:
    assert run("check", "--json").json == {"ok": True, "done": [], "findings": []}
    run("add", "https://a.example/")
    assert run("check", "--json").json == {"ok": True, "done": [], "findings": []}
    assert run("repair", "--json").json == {"ok": True, "done": [], "findings": []}


def test_damage_of_the_journal_is_found_and_set_aside(run: Run, library: Path) -> None:
    from glane_indexer.library.writing import Writer

    writer = Writer(library)
    for number in range(3):
        writer.save([{"id": f"n{number}", "title": f"Page {number}"}])
    data = bytearray(writer.journal.path.read_bytes())
    place = data.index(b"Page 1")
    data[place] ^= 1
    writer.journal.path.write_bytes(data)
    said = run("check", "--json")
    assert said.code == 1
    (finding,) = said.json["findings"]
    assert (finding["part"], finding["level"]) == ("journal", "error")
    assert "journal.log, byte" in finding["message"]
    said = run("repair", "--json")
    assert said.code == 0, said.out
    assert "without 1 damaged changes" in said.json["done"][0]
    assert stored(library, "n0")
    assert stored(library, "n2")
    assert stored(library, "n1") is None
    (aside,) = (library / "damaged").iterdir()
    assert aside.read_bytes() == bytes(data)
    assert {"n0", "n2"} <= set(indexed(library))
    # The numbers go on after those that were given.
    assert Writer(library).save([{"title": "x"}]).seq == 4


def test_damage_of_the_index_is_found_and_mended(run: Run, library: Path) -> None:
    path = next(
        p for p in (library / "index").iterdir() if p.name not in ("CURRENT",) and p.suffix != ".json"
    )
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    said = run("check", "--json")
    assert said.code == 1
    assert [item["part"] for item in said.json["findings"]] == ["index"]
    assert run("repair").code == 0
    assert run("check").code == 0
    assert len(indexed(library)) == 12


def test_tables_that_contradict_one_another(run: Run, library: Path) -> None:
    with Catalog.open(library) as catalog:
        catalog._run("DELETE FROM bookmarks WHERE id = 'b01'")
    said = run("check", "--json")
    assert said.code == 1
    messages = [item["message"] for item in said.json["findings"]]
    assert any("5 annotations belong to no bookmark" in message for message in messages)
    assert any(
        "1 bookmarks are in the index and not in the catalog: b01" in message for message in messages
    )
    done = run("repair", "--json")
    assert "5 annotations that belonged to no bookmark were taken out" in done.json["done"]
    assert run("check").code == 0


def test_what_waits_is_a_note(run: Run, library: Path) -> None:
    from glane_indexer.library.writing import Writer

    Writer(library).save([{"title": "x"}])
    said = run("check", "--json")
    assert said.code == 0
    assert said.json["findings"][0]["message"] == "1 changes wait to be applied"
    assert run("repair", "--json").json["done"][0] == "1 changes that waited were applied"


@pytest.mark.parametrize("name", ["settings.json", "keys.json"])
def test_a_file_that_is_not_json(run: Run, library: Path, name: str) -> None:
    (library / name).write_text("{")
    assert name in run("check").out


def test_a_damaged_catalog_is_named_and_left(run: Run, library: Path) -> None:
    (library / "catalog.duckdb").write_bytes(b"nothing" * 1000)
    said = run("check", "--json")
    assert said.code == 1
    assert said.json["findings"][0]["part"] == "catalog"
    assert run("repair").code == 1
    assert (library / "catalog.duckdb").read_bytes() == b"nothing" * 1000


# Backup and restore


def everything(library: Path) -> list[Bookmark]:
    with Catalog.open(library, read_only=True) as catalog:
        return list(catalog.bookmarks())


def test_backup_and_restore(run: Run, library: Path, tmp_path: Path) -> None:
    run("add", "https://a.example/", "--title", "Ajouté")
    _, key = KeyRing(library).add("Anne", "write")
    KeyRing(library).session_secret()
    made = run("backup", tmp_path / "backup", "--json")
    assert made.code == 0, made.err
    assert (made.json["bookmarks"], made.json["seq"]) == (13, 1)
    names = {path.name for path in (tmp_path / "backup").iterdir()}
    assert names == {
        *("backup.json", "catalog.duckdb", "index", "journal.log", "keys.json", "settings.json")
    }
    before = everything(library)
    new = tmp_path / "new"
    assert run("restore", tmp_path / "backup", at=new).code == 0
    assert everything(new) == before
    assert indexed(new) == indexed(library)
    assert KeyRing(new).find(key)
    assert stat.S_IMODE((new / "keys.json").stat().st_mode) == 0o600
    assert run("check", at=new).out == "Catalog, journal and index are whole and agree.\n"
    assert run("add", "https://a.example/2", "--json", at=new).json["seq"] == 2


def test_restoring_over_a_library(run: Run, library: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "backup").code == 0
    before = everything(library)
    run("add", "https://a.example/", "--title", "Ajouté après")
    run("rm", "b01")
    later = everything(library)
    assert run("restore", tmp_path / "backup").code == 2
    assert everything(library) == later
    assert run("restore", tmp_path / "backup", "--replace").code == 0
    assert everything(library) == before
    assert sorted(indexed(library)) == [bookmark.id for bookmark in before]
    assert run("check").code == 0
    # Numbers of changes are not given twice, and what was there is beside it.
    assert run("add", "https://a.example/3", "--json").json["seq"] == 3
    (aside,) = library.glob("before-restore-*")
    assert everything(aside) == later


def test_what_waits_in_the_journal_is_in_the_backup(run: Run, library: Path, tmp_path: Path) -> None:
    from glane_indexer.library.writing import Writer

    Writer(library).save([{"id": "w", "title": "Attend"}])
    assert run("backup", tmp_path / "backup", "--json").json["seq"] == 1
    assert run("restore", tmp_path / "backup", at=tmp_path / "new").code == 0
    assert stored(tmp_path / "new", "w")
    assert "w" in indexed(tmp_path / "new")


def test_a_damaged_backup_is_refused(run: Run, library: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "backup").code == 0
    for path in [p for p in sorted((tmp_path / "backup").rglob("*")) if p.is_file()]:
        data = path.read_bytes()
        for damaged in (data[:-1], data[:-1] + bytes([data[-1] ^ 0xFF]), None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            said = run("restore", tmp_path / "backup", at=tmp_path / "new")
            if path.name == "backup.json" and damaged is not None:
                # Its last byte is a line's end.
                shutil.rmtree(tmp_path / "new", ignore_errors=True)
                continue
            assert said.code == 1, path
            assert path.name in said.err
            assert not (tmp_path / "new").exists()
        path.write_bytes(data)


def test_a_backup_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert run("backup", tmp_path / "there").code == 2
    assert run("restore", tmp_path / "there", at=tmp_path / "new").code == 1
    assert run("backup", tmp_path / "x", at=tmp_path / "none").code == 2


# Compacting


def test_compacting(run: Run, library: Path) -> None:
    for number in range(3):
        run("add", f"https://a.example/{number}", "--title", f"Ajouté {number}")
    run("rm", "b01", "b02")
    run("add", "https://a.example/4", "--title", "Autre", "--private")
    before, ids = run("search", "travail", "--json").json, indexed(library)
    held = run("status", "--json").json
    assert (held["segments"], held["superseded"], held["merges"]) == (5, 2, 0)
    assert "Segments     5, with 2 superseded bookmarks; merged 0 times\n" in run("status").out
    done = run("compact", "--json")
    assert done.code == 0, done.err
    assert (done.json["segments_before"], done.json["segments"], done.json["superseded"]) == (5, 2, 2)
    assert not (library / "catalog.duckdb.wal").exists()
    assert indexed(library) == ids
    assert run("search", "travail", "--json").json["results"] == before["results"]
    assert run("status", "--json").json["merges"] == 1
    assert "2 segments became 2, without 0 superseded bookmarks" in run("compact").out
    assert run("check").out == "Catalog, journal and index are whole and agree.\n"
    assert run("index", "--rollback").code == 0


def test_what_cannot_be_compacted(run: Run, library: Path, tmp_path: Path) -> None:
    assert "there is no library here" in run("compact", at=tmp_path / "nowhere").err
    (tmp_path / "empty").mkdir()
    assert "there is no catalog here" in run("compact", at=tmp_path / "empty").err
    shutil.rmtree(library / "index")
    assert "Run `glane index`" in run("compact").err
    assert run("index").code == 0
    assert run("compact").code == 0
