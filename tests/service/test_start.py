"""``glane start`` leads from an empty folder to a page that answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glane_service.cli import main
from glane_service.start import exports_near
from tests.support import little
from tests.support.hashed import HashedEncoder


def test_in_an_empty_folder_it_names_the_sources_and_the_next_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "There is no library in library yet." in shown
    assert "Diigo" in shown and "Tools › Export › CSV" in shown
    commands = [line.split("  ")[1] for line in shown.splitlines() if line.startswith("  glane")]
    assert commands == ["glane import FILE", "glane index", "glane serve", "glane demo"]
    # Looking makes nothing.
    assert list(tmp_path.iterdir()) == []


def test_files_that_look_like_exports_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("diigo export.csv", "notes.txt", "photo-bookmark.png"):
        (tmp_path / name).write_text("")
    assert exports_near(tmp_path) == [Path("diigo export.csv")]
    assert main(["start"]) == 0
    assert "glane import 'diigo export.csv'" in capsys.readouterr().out


def test_it_knows_how_far_a_library_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "library"
    little.make(library, HashedEncoder())
    # Before the command as after it.
    for given in (["--library", str(library), "start"], ["start", "--library", str(library)]):
        assert main([*given, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["state"], said["next"][0][0]) == ("ready", f"glane serve --library {library}")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith("glane ")
