"""The command line: every command, its JSON, its exit codes, and what it says to bad input."""

from __future__ import annotations

import importlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from glane_indexer.encoder.base import Encoder
from glane_indexer.importers import jsonl
from glane_indexer.index.build import build_generation
from glane_indexer.library.locking import INDEX_LOCK, writer_lock
from glane_service.cli import build_parser, main
from glane_service.http.schemas import SearchAnswer
from tests.support import little
from tests.support.hashed import HashedEncoder

COMMANDS = (
    *("import", "imports", "undo", "watch", "sync", "export"),
    *("index", "search", "serve", "demo", "status", "model"),
)


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], encoder: Encoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Runs a command in this process; the encoder is loaded once for all tests."""
    monkeypatch.setattr("glane_indexer.encoder.load.load_encoder", lambda *given, **named: encoder)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def library(little_library: Path, tmp_path: Path) -> Path:
    """A copy of the library of twelve, to do with as one likes."""
    return Path(shutil.copytree(little_library, tmp_path / "library"))


def refused(ran: Ran, code: int = 1) -> str:
    """The one message of a command that has done nothing."""
    assert ran.code == code
    assert ran.out == ""
    assert "Traceback" not in ran.err
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("glane: ")
    assert len(lines[0]) < 600
    return lines[0]


def count(library: Path) -> int:
    from glane_indexer.catalog.bookmarks import Catalog

    with Catalog.open(library, read_only=True) as catalog:
        return catalog.counts()["bookmarks"]


# Help, and wrong usage


def test_help_names_every_command(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert ran.err == ""
    for name in COMMANDS:
        assert f"\n    {name} " in ran.out
    for word in ("library", "bookmarks", "question"):
        assert word in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert "--library DIR" in ran.out
    assert "--json" in ran.out


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from glane_service.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as stopped: assert not stopped.code\n"
        "heavy = {'torch','duckdb','faiss','numpy','onnxruntime','fastapi','transformers',"
        "'sentence_transformers','tqdm','uvicorn','jinja2'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: glane ")


def test_the_installed_command_answers() -> None:
    command = Path(sys.executable).with_name("glane")
    if not command.exists():
        command = Path(shutil.which("glane") or pytest.fail("the command glane is not installed"))
    done = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: glane ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("search",),
        ("search", "a", "--mode", "best"),
        ("search", "a", "--page", "deux"),
        ("import",),
        ("import", "a.txt", "--format", "docx"),
        ("status", "--verbose"),
        ("model", "destroy"),
    ],
)
def test_wrong_usage_is_two(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("usage: glane")
    assert "Traceback" not in ran.err


def test_a_setting_that_is_none_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLANE_LIBARY", "/tmp/x")
    assert "GLANE_LIBARY" in refused(run("status"), 2)
    monkeypatch.delenv("GLANE_LIBARY")
    monkeypatch.setenv("GLANE_PORT", "http")
    assert "GLANE_PORT" in refused(run("status"), 2)


def test_the_parser_and_the_commands_agree() -> None:
    for name in (*COMMANDS, "box"):
        extra = {"sync": ["feed"]}.get(name, ["a"] if name in ("search", "import", "undo", "watch") else [])
        options = build_parser().parse_args([name, *extra])
        assert callable(
            getattr(importlib.import_module(f"glane_service.{options.module}"), options.function)
        )


# Every command


def test_import_reports_what_it_did(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(little.LINES + b"{nonsense\n")
    ran = run("import", file, "--json", "--library", tmp_path / "new")
    assert ran.code == 0
    report = ran.json
    assert report["import_id"]
    assert report["format"] == "jsonl"
    assert report["bookmarks"] == {"added": 12, "updated": 0, "merged": 0, "unchanged": 0, "skipped": 1}
    notes = sum(len(bookmark.annotations) for bookmark in little.BOOKMARKS)
    assert report["annotations"] == {"added": notes, "duplicates": 0}
    assert report["announced_missing"] == {"bookmarks": 0, "annotations": 0}
    (problem,) = report["problems"]
    assert problem["where"] == f"{file}: line 13"
    assert ran.err == ""
    again = run("import", file, "--json", "--library", tmp_path / "new").json
    assert again["bookmarks"] == {"added": 0, "updated": 0, "merged": 0, "unchanged": 12, "skipped": 1}


def test_strict_fails_on_a_problem_and_keeps_the_good_ones(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(little.LINES + b"{nonsense\n")
    ran = run("import", file, "--strict")
    assert ran.code == 1
    assert "12 bookmarks added" in ran.out
    assert "line 13" in ran.err
    assert count(tmp_path / "library") == 12
    file.write_bytes(little.LINES)
    assert run("import", file, "--strict").code == 0


def test_several_files_are_one_document(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(little.LINES)
    one = run("import", "a", "--json").json
    two = run("import", "a", "b", "--json").json
    assert one.keys() == two.keys()
    assert [report["bookmarks"]["unchanged"] for report in two["files"]] == [12, 12]
    assert two["bookmarks"] == {"added": 0, "updated": 0, "merged": 0, "unchanged": 24, "skipped": 0}
    assert [report["import_id"] for report in two["files"]] == ["000002", "000003"]
    assert two["import_id"] == "000003"


def test_where_a_file_fails_the_document_has_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(little.LINES)
    ran = run("import", "a", "missing", "--json")
    assert ran.code == 1
    assert ran.json["bookmarks"]["added"] == 12
    assert ran.json["failed"] == [{"file": "missing", "message": "missing: there is no such file"}]
    # A library that is locked fails for all of them; what was done before is told all the same.
    with writer_lock(tmp_path / "library", "indexing"):
        ran = run("import", "a", "--json")
    assert (ran.code, ran.json["files"]) == (1, [])
    assert "is indexing since" in ran.err


def test_of_several_files_a_bad_one_loses_no_other(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(little.LINES)
    ran = run("import", "missing", "good", "missing")
    assert ran.code == 1
    assert "12 bookmarks added" in ran.out
    assert ran.err == "glane: missing: there is no such file\n" * 2
    assert count(tmp_path / "library") == 12


def test_index_reports_what_it_did(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(little.LINES)
    run("import", "a")
    report = run("index", "--json").json
    assert set(report) >= {"generation", "passages", "embedded", "seconds", "passages_per_second"}
    assert report["generation"] == "000001"
    assert report["embedded"] >= report["passages"] > 12
    again = run("index", "--json").json
    assert (again["generation"], again["embedded"]) == ("000001", 0)
    forced = run("index", "--force", "--json").json
    assert (forced["generation"], forced["embedded"]) == ("000002", 0)
    back = run("index", "--rollback", "--json")
    assert (back.code, back.json) == (0, {"generation": "000001"})
    assert "Generation 000001" in run("index").out
    assert "no generation to go back to" in refused(run("index", "--rollback"))


def test_search_is_the_answer_of_the_service(run: Run, library: Path) -> None:
    ran = run("search", "pain au levain", "--library", library, "--json", "--view", "full")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.json
    SearchAnswer.model_validate(answer)
    assert answer["results"][0]["bookmark"]["id"] == "b05"
    assert len(answer["results"][0]["annotations"]) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--tag", "travail", "--tag", "IA"], ["b03"]),
        (["--contributor", "Luc Martin", "--sort", "date"], ["b10", "b06", "b05"]),
        (["--site", "example.org", "--before", "2015"], ["b01"]),
        (["--language", "es"], ["b07"]),
        (["--kind", "topic"], ["b04"]),
        (["--sort", "date", "--per-page", "2"], ["b10", "b08"]),
        (["--after", "2019-09"], ["b10", "b08"]),
        (["--after", "2015", "--page", "2", "--per-page", "3"], ["b06", "b05", "b02"]),
    ],
)
def test_search_has_every_filter(run: Run, library: Path, options: list[str], expected: list[str]) -> None:
    answer = run("search", "", "--library", library, "--json", *options).json
    assert [hit["bookmark"]["id"] for hit in answer["results"]] == expected


def test_search_on_a_terminal_reads_as_text(run: Run, library: Path) -> None:
    ran = run("search", "travail", "--mode", "keyword", "--library", library)
    assert ran.code == 0
    assert ran.out.startswith("1 - 5 of 5\n")
    assert "Le travail invisible des plateformes" in ran.out
    assert "https://www.example.org/travail-invisible.html" in ran.out
    assert "\x1b" not in ran.out
    nothing = run("search", "xyzzy", "--mode", "keyword", "--library", library)
    assert (nothing.code, nothing.out) == (0, "Nothing was found.\n")


def test_fields_can_be_named(run: Run, library: Path) -> None:
    ran = run(
        "search", "travail", "--mode", "keyword", "--fields", "title,url", "--library", library, "--json"
    )
    assert [hit["bookmark"]["id"] for hit in ran.json["results"]] == ["b02"]


def test_status_counts(run: Run, library: Path) -> None:
    status = run("status", "--library", library, "--json").json
    assert set(status) >= {
        *("bookmarks", "annotations", "descriptions", "passages", "contributors", "generation"),
        *("encoder", "bytes"),
    }
    assert (status["bookmarks"], status["contributors"], status["generation"]) == (12, 4, "000001")
    assert set(status["encoder"]) >= {"name", "fingerprint", "dimensions"}
    text = run("status", "--library", library)
    assert text.code == 0
    assert "12 by 4 contributors" in text.out


def test_status_of_nothing(run: Run, tmp_path: Path) -> None:
    assert "no library here" in refused(run("status"))
    assert not (tmp_path / "library").exists()
    (tmp_path / "a").write_bytes(little.LINES)
    run("import", "a")
    status = run("status", "--json").json
    assert (status["generation"], status["encoder"], status["passages"]) == (None, None, 0)
    assert "run `glane index`" in run("status").out


def test_export_is_what_import_takes_back(run: Run, library: Path, tmp_path: Path) -> None:
    lines = run("export", "--library", library)
    assert lines.code == 0
    assert lines.out.encode() == little.LINES
    ran = run("export", "out.jsonl", "--library", library, "--json")
    assert ran.json == {"file": "out.jsonl", "format": "jsonl", "bookmarks": 12}
    assert (tmp_path / "out.jsonl").read_bytes() == little.LINES
    run("import", "out.jsonl", "--library", tmp_path / "copy")
    assert run("export", "--library", tmp_path / "copy").out == lines.out
    some = run(
        "export", "-", "--tag", "Travail", "--by", "camille roy", "--after", "2018", "--library", library
    )
    assert [json.loads(line)["id"] for line in some.out.splitlines()] == ["b03"]
    assert "NETSCAPE-Bookmark-file" in run("export", "--format", "netscape", "--library", library).out
    assert "--after: 'hier' is not a date" in refused(run("export", "--after", "hier"), 2)
    assert "--json needs a FILE" in refused(run("export", "--library", library, "--json"), 2)
    assert "cannot be written" in refused(run("export", "no/such/folder/x", "--library", library))


def test_demo_makes_a_library_of_the_sample(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sample itself is long to embed, and has tests of its own.
    monkeypatch.setattr("glane_indexer.sample.load.library_bytes", lambda: little.LINES)
    ran = run("demo", "--no-serve", "--json")
    assert ran.code == 0
    assert ran.json["import"]["bookmarks"]["added"] == 12
    assert ran.json["index"]["generation"] == "000001"
    again = run("demo", "--no-serve")
    assert "has 12 bookmarks" in again.out
    assert run("status", "--json").json["behind"] is False


def test_model_shows_the_encoder_that_is_set(run: Run, encoder: Encoder) -> None:
    shown = run("model", "--json").json
    assert shown["fingerprint"] == encoder.info.fingerprint
    assert shown["dimensions"] == encoder.info.dimensions == 384
    assert encoder.info.fingerprint in run("model", "show").out
    # It is ready: nothing is done.
    assert run("model", "prepare", "--json").json["fingerprint"] == encoder.info.fingerprint


def test_box_prints_lines_to_paste(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("box", "https://search.example.org/", "--json")
    assert ran.json["endpoint"] == "https://search.example.org"
    assert '<glane-search endpoint="https://search.example.org">' in ran.json["snippet"]
    assert run("box", "https://search.example.org").out.strip() == ran.json["snippet"]
    refused(run("box"), 2)
    refused(run("box", "javascript:alert(1)"), 2)
    monkeypatch.setenv("GLANE_PUBLIC_URL", "https://other.example.org")
    assert run("box", "--json").json["endpoint"] == "https://other.example.org"


# Bad input: one clear message each, and nothing lost

HEADER = "title,url,tags,description,comments,annotations,created_at\n"
ROW = '"Un titre","https://a.example.org/{n}","un deux","Une description","","","2015-01-0{n} 10:00:00"\n'


def test_a_missing_file(run: Run, library: Path) -> None:
    assert refused(run("import", "nowhere.csv", "--library", library)) == (
        "glane: nowhere.csv: there is no such file"
    )
    assert count(library) == 12


def test_no_library_is_left_behind_by_a_file_that_is_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    refused(run("import", "empty"))
    refused(run("import", "nowhere"))
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (bytes(range(256)) * 8, ""),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, ""),
        (b"PK\x03\x04" + bytes(200), ""),
        (b"Dear diary, nothing happened.", "the format of this file is not known"),
    ],
)
def test_a_file_that_is_no_library(
    run: Run, library: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    message = refused(run("import", "file", "--library", library))
    assert said in message
    assert message.startswith("glane: file: ")
    assert message.isprintable()
    assert count(library) == 12


def test_a_directory(run: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "there are no files in this folder" in refused(run("import", "folder", "--library", library))
    (tmp_path / "folder" / "readme").write_text("Dear diary, nothing happened.")
    assert "the format of this file is not known" in refused(run("import", "folder", "--library", library))
    (tmp_path / "folder" / "a.jsonl").write_bytes(little.LINES)
    ran = run("import", "folder")
    assert ran.code == 0
    assert ran.out.startswith(
        "folder/a.jsonl (jsonl): 0 bookmarks added, 0 updated, 0 merged, 12 unchanged"
    )
    assert "folder/readme: the format of this file is not known" in ran.err


def test_a_file_in_latin_1(run: Run, tmp_path: Path) -> None:
    row = ROW.format(n=1).replace("Un titre", "Où était l’été ?".replace("’", "'"))
    (tmp_path / "latin.csv").write_bytes((HEADER + row).encode("latin-1"))
    ran = run("import", "latin.csv", "--json")
    assert ran.code == 0
    assert ran.json["bookmarks"]["added"] == 1
    assert json.loads(run("export").out)["title"] == "Où était l'été ?"


def test_a_csv_that_is_cut_off(run: Run, tmp_path: Path) -> None:
    text = HEADER + ROW.format(n=1) + ROW.format(n=2) + ROW.format(n=3)[:40]
    (tmp_path / "cut.csv").write_text(text)
    ran = run("import", "cut.csv", "--json")
    assert ran.code == 0
    assert ran.json["bookmarks"]["added"] >= 2
    assert ran.json["problems"]
    assert run("import", "cut.csv", "--strict").code == 1
    assert count(tmp_path / "library") == ran.json["bookmarks"]["added"]


def test_a_cell_of_200_kb(run: Run, tmp_path: Path) -> None:
    long = "mot " * 50_000
    (tmp_path / "long.csv").write_text(HEADER + ROW.format(n=1).replace("Une description", long))
    ran = run("import", "long.csv", "--json")
    assert ran.code == 0
    assert ran.json["bookmarks"]["added"] == 1
    assert len(json.loads(run("export").out)["description"]) == len(long.strip())


def test_a_format_that_does_not_fit_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + ROW.format(n=1))
    ran = run("import", "a.csv", "--format", "jsonl")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert ran.err.startswith("glane: ")


@pytest.mark.parametrize("file", ["000001.json", "000001-1.safetensors"])
def test_a_damaged_index(run: Run, library: Path, file: str) -> None:
    path = library / "index" / file
    data = path.read_bytes()
    path.write_bytes(data[:-9] + b"corrupted")
    message = refused(run("search", "travail", "--library", library))
    assert file in message
    assert "glane index" in message
    assert run("index", "--library", library).code == 0
    assert run("search", "travail", "--library", library).code == 0


def test_an_index_that_is_missing(run: Run, library: Path, tmp_path: Path) -> None:
    shutil.rmtree(library / "index")
    assert "glane index" in refused(run("search", "travail", "--library", library))
    refused(run("search", "travail", "--library", tmp_path / "nowhere"))
    assert "no library here" in refused(run("index", "--library", tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_an_index_of_another_encoder(run: Run, library: Path) -> None:
    build_generation(library, HashedEncoder())
    message = refused(run("search", "travail", "--library", library))
    assert "hashed-words" in message
    assert "Run `glane index`" in message
    assert run("index", "--library", library).code == 0
    assert run("search", "travail", "--library", library).code == 0


def test_settings_that_cannot_be_read(run: Run, library: Path) -> None:
    (library / "settings.json").write_text("{")
    assert "settings.json" in refused(run("search", "travail", "--library", library))


def test_a_second_writer(run: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(jsonl.dump(little.BOOKMARKS[0]).encode())
    with writer_lock(library, "importing"), writer_lock(library, "indexing", name=INDEX_LOCK):
        assert "is importing since" in refused(run("import", "a", "--library", library))
        for arguments in ("--force", "--rollback"):
            assert "is indexing since" in refused(run("index", arguments, "--library", library))
        # Readers do not wait for writers.
        assert run("search", "travail", "--library", library).code == 0
        assert run("status", "--library", library).code == 0
    assert run("import", "a", "--library", library).code == 0


def test_a_port_that_is_taken(run: Run, library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(run("serve", "--port", str(port), "--library", library))
    assert message == (
        f"glane: 127.0.0.1:{port}: the port is in use. "
        "Stop what listens there, or choose another with --port"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--port", "70000"), 2),
        (("--port", "-1"), 2),
        (("--host", "no.such.host.invalid"), 1),
        (("--port", "0"), 1),
    ],
)
def test_a_service_that_cannot_start(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    refused(run("serve", *arguments, "--library", tmp_path / "nowhere"), code)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("travail", "--per-page", "0"), 2, "--per-page: 0 is not from 1 to 100"),
        (("travail", "--per-page", "101"), 2, "--per-page: 101 is not from 1 to 100"),
        (("travail", "--page", "0"), 2, "page: 0 is not 1 or more"),
        (("travail", "--after", "hier"), 2, "after: 'hier' is not a date"),
        (("travail", "--fields", "body"), 2, "fields: 'body' is not one of its values"),
        (("a" * 10_000,), 2, "QUESTION: the question has 10000 characters"),
        (("",), 2, "the question is empty"),
        (("   ",), 2, "the question is empty"),
        (("travail", "--page", "999"), 1, "--page: there is no page 999. The last one is 1"),
    ],
)
def test_a_question_that_cannot_be_asked(
    run: Run, library: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in refused(run("search", *arguments, "--library", library), code)


def test_quotes_without_a_partner_are_said_and_searched(run: Run, library: Path) -> None:
    ran = run("search", '"pain au levain', "--library", library)
    assert ran.code == 0
    assert ran.err == "(The quotation mark at 1 has no partner)\n"
    assert "Recette du pain au levain" in ran.out
    answer = run("search", '"pain au levain', "--library", library, "--json")
    assert answer.err == ""
    assert answer.json["notices"][0]["code"] == "unbalanced-quotes"


def test_what_drives_a_terminal_is_not_printed(run: Run, tmp_path: Path) -> None:
    title = "Danger \\u001b[31mrouge\\u0007"
    (tmp_path / "a").write_text(f'{{"title": "{title}", "contributor": "x\\u001b]0;y"}}\n')
    run("import", "a")
    run("index")
    ran = run("search", "danger")
    assert ran.code == 0
    assert "Danger" in ran.out
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out


def test_which_version_this_is(run: Run) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("glane ")


def test_the_library_can_be_named_before_the_command_and_after_it(run: Run, library: Path) -> None:
    before = run("--library", library, "--json", "status")
    assert before.json == run("status", "--library", library, "--json").json
    # After it wins, where both are given.
    assert run("--library", library / "none", "status", "--library", library).code == 0


def test_a_view_shows_more_or_less(run: Run, library: Path) -> None:
    shown = {
        view: run(
            "search",
            "protection sociale des données",
            "--per-page",
            "1",
            "--view",
            view,
            "--library",
            library,
        )
        for view in ("simple", "middle", "full")
    }
    said = "Les entreprises en tirent une rente."
    listed = {view: ran.out.count("     - ") for view, ran in shown.items()}
    assert listed == {"simple": 0, "middle": 3, "full": 4}
    assert said in shown["full"].out
    assert "1 annotation\n" in run("search", "pain au levain", "--per-page", "1", "--library", library).out


def test_a_message_names_the_flag_as_it_is_typed(run: Run, library: Path) -> None:
    assert "--per-page: 0 is not" in refused(run("search", "a", "--per-page", "0", "--library", library), 2)
    assert "--page: there is no page 99" in refused(
        run("search", "a", "--page", "99", "--library", library), 1
    )
    assert "QUESTION: " in refused(run("search", "a" * 1001, "--library", library), 2)


def test_the_demo_takes_what_serving_takes() -> None:
    options = build_parser().parse_args(["demo", "--no-serve", "--workers", "2", "--port", "1"])
    assert (options.workers, options.port) == (2, 1)


def test_a_question_without_an_answer_is_told_so(run: Run, sample_library: Path) -> None:
    ran = run("search", "recette de tarte aux pommes", "--library", sample_library)
    assert ran.out.startswith("There is no good answer in this library. What is nearest:\n\n")
    assert ran.out.count("annotation") == 3
    answer = json.loads(
        run("search", "recette de tarte aux pommes", "--json", "--library", sample_library).out
    )
    assert (answer["answered"], answer["results"], answer["total"]) == (False, [], 0)
    assert answer["more"] > 0
    listed = run("search", "recette de tarte aux pommes", "--all", "--json", "--library", sample_library)
    assert json.loads(listed.out)["total"] == answer["more"]


def test_a_misspelt_word_is_taken_for_another_and_that_can_be_undone(
    run: Run, sample_library: Path
) -> None:
    ran = run("search", "protectoin sociale", "--library", sample_library)
    assert "'protectoin' is taken for 'protection'" in ran.err
    assert "; --all lists them." in ran.out
    as_typed = run("search", "protectoin sociale", "--as-typed", "--library", sample_library)
    assert "is taken for" not in as_typed.err
