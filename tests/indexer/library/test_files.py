"""What names on the command line stand for, and which archives are refused."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tarfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from glane_indexer.errors import InputError
from glane_indexer.library import files
from glane_indexer.library.files import contents


def found(path: Path, whole: bool = False) -> list[tuple[str, bytes, bool]]:
    return [
        (item.name.removeprefix(f"{path}"), bytes(item.data), item.found)
        for item in contents(path, lambda content: whole)
    ]


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, mode: str, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def member(name: str, size: int = 0, type: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, type
    return info


def test_a_file_is_itself_and_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / "b.txt").touch()
    assert found(tmp_path / "a.txt") == [("", b"one", False)]
    assert found(tmp_path / "b.txt") == [("", b"", False)]


def test_a_folder_is_its_files_in_order_without_what_systems_leave(tmp_path: Path) -> None:
    for name in ("b.csv", "a/c.html", ".DS_Store", "__MACOSX/a", "a/.git/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert found(tmp_path) == [("/a/c.html", b"a/c.html", True), ("/b.csv", b"b.csv", True)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="there are no files in this folder"):
        found(tmp_path / "empty")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(b"one"))))
    assert found(Path("-")) == [("standard input", b"one", False)]


def test_a_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"one"))
    writer.start()
    assert found(tmp_path / "pipe") == [("", b"one", False)]
    writer.join()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_is_its_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        zipped(path, **{"a/one": b"xxx", "two": b"", "__MACOSX/a": b"x"})
    else:
        folder = member("a", type=tarfile.DIRTYPE)
        tarred(path, "w:gz" if "gz" in kind else "w", folder, member("a/one", 3), member("two"))
    assert found(path) == [(": a/one", b"xxx", True), (": two", b"", True)]


def test_an_archive_that_is_an_export_by_itself_stays_closed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", one=b"1")
    assert found(path, whole=True) == [("", path.read_bytes(), False)]


def test_a_compressed_file_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(b"<html>"))
    assert found(tmp_path / "a.html.gz") == [("", b"<html>", False)]


def link(name: str, target: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "..\\a"])
def test_an_archive_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good", b"1")
        archive.writestr(name, b"2")
    tarred(tmp_path / "a.tar", "w", member(name, 1))
    for path in (tmp_path / "a.zip", tmp_path / "a.tar"):
        with pytest.raises(InputError, match="which leads outside of it; nothing of it is taken"):
            found(path)


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link("a", "/etc/passwd"), "/etc/passwd")
    tars = (
        tarred(tmp_path / f"a{type.decode()}.tar", "w", member("a", type=type))
        for type in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    )
    for path in (tmp_path / "a.zip", *tars):
        with pytest.raises(InputError, match="which leads outside of it"):
            found(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w") as stream:
        for _ in range(600):
            stream.write(bytes(1 << 20))
    with pytest.raises(InputError, match=r"unpacks to 629 MB from 0\.6 MB, as a trap would"):
        found(path)


def test_what_unpacks_to_too_much_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    monkeypatch.setattr(files, "MAX_MEMBERS", 3)
    path = tarred(tmp_path / "a.tar", "w", member("a", 900), member("b", 900))
    with pytest.raises(InputError, match="b: this unpacks to more than"):
        found(path)
    path = tarred(tmp_path / "b.tar", "w", *(member(f"{place}") for place in range(4)))
    with pytest.raises(InputError, match="the archive holds more than 3 files"):
        found(path)


@pytest.mark.parametrize("cut", [40, 200, -40])
def test_a_damaged_archive_is_told(tmp_path: Path, cut: int) -> None:
    data = os.urandom(2000)
    zipped(tmp_path / "a.zip", a=data)
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    for name in ("a.zip", "a.gz"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(InputError, match=r"the archive (is damaged|cannot be read)"):
            found(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.txt: there is no such file"):
        found(tmp_path / "nothing.txt")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="the file cannot be read: Not a directory"):
        found(tmp_path / "file" / "inner")
