"""The commands by which bookmarks come in and go out, as a user meets them."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.service.test_cli import Run, refused, run  # noqa: F401 - a fixture
from tests.support import little
from tests.support.loopback import server
from tests.support.services import SERVICES

NETSCAPE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE>
<DL><p>
<DT><H3>Campagne</H3>
<DL><p>
<DT><A HREF="http://haies.example/guide/" ADD_DATE="1556000000">haies.example/guide</A>
<DT><A HREF="https://vent.example/" ADD_DATE="1556000001">Le vent</A>
</DL><p>
</DL><p>
"""
DIIGO = """\
title,url,tags,description,comments,annotations,created_at
"Le guide des haies","https://haies.example/guide?utm_source=f","haie","Un guide","","Highlight:Elle abrite.
Sticky notes:À relire
","2019-04-02 08:30:00"
"L'eau","https://eau.example/","","","","","2019-04-03 08:30:00"
"""
READWISE = """\
Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,Highlighted at
Elle abrite.,Le guide des haies,,,,,,order,1,2020-01-01 10:00:00+00:00
Elle coupe le vent.,Le guide des haies,,,,,,order,2,2020-01-02 10:00:00+00:00
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (("a.html", NETSCAPE), ("b.csv", DIIGO), ("c.csv", READWISE)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def exported(run: Run, library: str) -> list[dict[str, object]]:  # noqa: F811
    return [json.loads(line) for line in run("export", "--library", library).out.splitlines()]


def test_three_sources_are_one_library_and_one_of_them_can_be_taken_back(run: Run, files: Path) -> None:  # noqa: F811
    for name in ("a.html", "b.csv", "c.csv"):
        assert run("import", name, "--library", "all").code == 0
    (guide,) = [item for item in exported(run, "all") if "guide" in str(item["url"])]
    assert guide["url"] == "https://haies.example/guide?utm_source=f"
    assert (guide["title"], guide["tags"]) == ("Le guide des haies", ["Campagne", "haie"])
    assert guide["created_at"] == "2019-04-02T08:30:00Z"
    quoted = [(item["text"], item["note"]) for item in guide["annotations"]]
    assert quoted == [("Elle abrite.", "À relire"), ("Elle coupe le vent.", "")]
    ran = run("undo", "2", "--library", "all", "--json")
    assert ran.json == {"import_id": "000002", "file": "b.csv", "updated": 2, "deleted": 1}
    for name in ("a.html", "c.csv"):
        run("import", name, "--library", "two")
    assert exported(run, "all") == exported(run, "two")
    lines = run("imports", "--library", "all").out.splitlines()
    assert [line.split()[0] for line in lines] == ["000001", "000002", "000003"]
    assert "a.html: 2 added" in lines[0]
    assert "(taken back 20" in lines[1]
    assert "taken back before" in refused(run("undo", "2", "--library", "all"))
    assert "there is no such import" in refused(run("undo", "7", "--library", "all"))
    assert "there is no catalog here" in refused(run("undo", "1", "--library", "none"))
    assert not (files / "none").exists()


def test_imports_as_json(run: Run, files: Path) -> None:  # noqa: F811
    run("import", "a.html")
    (record,) = run("imports", "--json").json["imports"]
    assert (record["id"], record["format"], record["file"]) == ("000001", "netscape", "a.html")
    assert record["counts"]["bookmarks"]["added"] == 2
    assert record["undone_at"] is None


def test_a_dry_run_says_what_would_change_and_changes_nothing(run: Run, files: Path) -> None:  # noqa: F811
    ran = run("import", "a.html", "--dry-run")
    assert "added: Le vent https://vent.example/" in ran.out
    assert "2 bookmarks would be added" in ran.out
    assert not (files / "library").exists()
    run("import", "a.html")
    before = exported(run, "library")
    ran = run("import", "b.csv", "--dry-run", "--json")
    assert (ran.json["dry_run"], ran.json["import_id"]) == (True, "")
    changes = {item["title"]: item["change"] for item in ran.json["files"][0]["changes"]}
    assert changes == {"Le guide des haies": "updated", "L'eau": "added"}
    assert exported(run, "library") == before
    assert len(run("imports", "--json").json["imports"]) == 1


def test_merges_are_told_with_their_lines(run: Run, files: Path) -> None:  # noqa: F811
    twice = NETSCAPE.replace(
        "</DL><p>\n</DL>", '<DT><A HREF="https://vent.example">Vent</A>\n</DL><p>\n</DL>'
    )
    (files / "a.html").write_text(twice, "utf-8")
    report = run("import", "a.html", "--json").json
    assert (report["bookmarks"]["added"], report["bookmarks"]["merged"]) == (2, 1)
    (merge,) = report["merges"]
    assert (merge["where"], merge["into"]) == ("a.html: line 8", "line 7")
    assert "line 2 is one page with import 000001" in run("import", "b.csv").err


def test_standard_input_and_archives(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(little.LINES)))
    assert run("import", "-").out.startswith("standard input (jsonl): 12 bookmarks added")
    with zipfile.ZipFile(files / "all.zip", "w") as archive:
        for name in ("a.html", "b.csv"):
            archive.write(files / name, name)
    report = run("import", "all.zip", "--json").json
    assert [item["file"] for item in report["files"]] == ["all.zip: a.html", "all.zip: b.csv"]


def test_columns_of_a_table_can_be_named(run: Run, files: Path) -> None:  # noqa: F811
    (files / "t.csv").write_text("Lien,Nom propre,Mots\nhttps://eau.example,L'eau,a\n", "utf-8")
    run("import", "t.csv", "--format", "csv", "--map", "url=Lien, title=Nom propre,tags=Mots")
    (found,) = exported(run, "library")
    assert (found["url"], found["title"], found["tags"]) == ("https://eau.example", "L'eau", ["a"])
    assert "'Lien' is not NAME=COLUMN" in refused(run("import", "t.csv", "--map", "Lien"), 2)


def test_private_bookmarks_are_told_loudly_and_can_be_made_public(run: Run, files: Path) -> None:  # noqa: F811
    row = '<DT><A HREF="https://{0}.example/" PRIVATE="{1}">{0}</A>\n'
    text = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n" + row.format("a", 1) + row.format("b", 0)
    (files / "linkding.html").write_text(text, "utf-8")
    said = run("import", "linkding.html").out
    assert "PRIVATE: 1 of the 2 are private, since the file marks them so" in said
    assert "`glane undo 000001`, then import with --visibility public" in said
    assert {item["visibility"] for item in exported(run, "library")} == {"private", "public"}
    run("undo", "000001")
    assert "PRIVATE" not in run("import", "linkding.html", "--visibility", "public").out
    assert {item["visibility"] for item in exported(run, "library")} == {"public"}
    report = json.loads(run("import", "a.html", "--visibility", "private", "--json").out)
    assert (report["private"], report["files"][0]["private"]) == (2, 2)


def test_one_is_singular(run: Run, files: Path) -> None:  # noqa: F811
    (files / "one.jsonl").write_text('{"title": "T", "annotations": [{"text": "One"}]}')
    assert "1 bookmark added" in run("import", "one.jsonl").out
    assert run("export", "out.jsonl").out == "1 bookmark written to out.jsonl.\n"


def test_a_watched_folder_once(run: Run, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(little.LINES)
    (tmp_path / "in" / "b.txt").write_text("Dear diary, nothing happened.")
    ran = run("watch", "in", "--once")
    assert "12 bookmarks added" in ran.out
    assert "Generation 000001" in ran.out
    assert "b.txt: the format of this file is not known" in ran.err
    assert run("watch", "in", "--once").out == ""
    assert run("watch", "in", "--once", "--json").json["files"] == []
    assert "--json needs --once" in refused(run("watch", "in", "--json"), 2)
    assert "there is no such folder" in refused(run("watch", "nowhere", "--once"))


def test_a_feed_is_synchronised(run: Run, tmp_path: Path) -> None:  # noqa: F811
    with server(SERVICES["feed"](3).answer) as address:
        ran = run("sync", "feed", "--url", address)
        assert ran.out == "feed: 3 records changed, 0 gone; 3 bookmarks added, 0 updated, 0 deleted\n"
        again = run("sync", "feed", "--url", address, "--json").json
    assert (again["records"], again["import_id"], again["problems"]) == (0, "", [])
    assert "sync feed" in run("imports").out
    assert "needs --url" in refused(run("sync", "feed"), 2)
    assert "READWISE_TOKEN: there is no token" in refused(run("sync", "readwise"), 2)
