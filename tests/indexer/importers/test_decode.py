"""From bytes to text: encodings, repairs, and files that are no text."""

from __future__ import annotations

import codecs
import mmap
from pathlib import Path

import pytest

from glane_indexer.errors import InputError
from glane_indexer.importers.decode import decode, decoded, detect

TEXT = "Le métier de l’été\nœuvre – 60 €\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"],
)
def test_unicode_is_read_as_it_is(data: bytes) -> None:
    assert decode(data) == (TEXT, [])


@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_nothing_is_an_empty_text(data: bytes) -> None:
    assert decode(data) == ("", [])


def test_latin_1_is_read_as_windows_1252_and_told() -> None:
    text, problems = decode("Un titre\nLe métier, l’été\n".encode("cp1252"))
    assert text == "Un titre\nLe métier, l’été\n"
    assert [problem.where for problem in problems] == ["line 2"]
    assert "byte 0xE9" in problems[0].message
    assert "Windows-1252" in problems[0].message
    assert not problems[0].skipped


def test_bytes_that_windows_1252_does_not_have_are_replaced() -> None:
    text, problems = decode(b"caf\xe9 \x81 th\xe9")
    assert text == "café \ufffd thé"
    assert len(problems) == 1


def test_a_few_broken_bytes_among_utf_8_are_replaced_and_counted() -> None:
    data = "été, métier\n".encode() + b"cut \xc3\nlast \xff\n"
    text, problems = decode(data)
    assert text == "été, métier\ncut \ufffd\nlast \ufffd\n"
    assert [(problem.where, problem.skipped) for problem in problems] == [("line 2", False)]
    assert problems[0].message.startswith("2 byte sequences are not UTF-8")


def test_replacement_characters_of_the_file_itself_are_not_counted() -> None:
    _, problems = decode("é \ufffd\ufffd ".encode() + b"\xff")
    assert problems[0].message.startswith("1 byte sequences")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [(b"caf\xc3\xa9 \xff", "café \ufffd"), (b"caf\xe9 th\xe9", "café thé")],
    ids=["a broken byte", "Windows-1252"],
)
def test_a_mark_before_a_text_to_repair_is_no_part_of_it(rest: bytes, expected: str) -> None:
    text, problems = decode(codecs.BOM_UTF8 + rest)
    assert text == expected
    assert len(problems) == 1


def test_a_few_nul_bytes_are_not_a_binary_file() -> None:
    data = b"a title\x00,an address\n" * 2 + b"text " * 200
    assert decode(data)[0].count("\x00") == 2
    assert decode(b"a\x00b") == ("a\x00b", [])


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00",
        b"%PDF-1.7\n" + bytes(range(256)) * 20,
        b"\x00\x00",
        codecs.BOM_UTF16_LE + b"\x00\xd8\x00\x00\x01\x00",
    ],
    ids=["png", "pdf", "nul", "broken utf-16"],
)
def test_a_binary_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(InputError, match=r"notes\.bin: this is a binary file, and not text"):
        decode(data, "notes.bin")


def test_a_zip_archive_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"export\.zip: this is a zip archive\. Unpack it"):
        decode(b"PK\x03\x04\x14\x00" + b"x" * 100, "export.zip")


def test_text_that_was_encoded_twice_is_repaired_and_told() -> None:
    twice = TEXT.encode().decode("cp1252").encode()
    text, (problem,) = decode(twice)
    assert text == TEXT
    assert problem.message.startswith("the text was encoded as UTF-8 twice, all 7 of its letters")
    assert not problem.skipped
    # A byte that Windows-1252 has no letter for: "à" ends in 0xA0, "Á" in 0x81.
    again = "Á la carte, été, où".encode()
    assert decode(again.decode("latin-1").encode())[0] == again.decode()


@pytest.mark.parametrize(
    "text",
    [
        "On lit « Ã© » pour é, et c'est tout.",
        "Ã©",
        "Été, Ã© et Ã¨, déjà.",
        "Größe, naïve, œuvre",
        "Привет, мир",
    ],
)
def test_text_that_may_be_meant_is_left_as_it_is(text: str) -> None:
    assert decode(text.encode()) == (text, [])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_without_its_mark(codec: str) -> None:
    assert decode(TEXT.encode(codec)) == (TEXT, [])


def test_an_encoding_that_the_file_declares_is_heeded() -> None:
    page = (
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">\n<p>Живая изгородь</p>'
    )
    text, (problem,) = decode(page.encode("cp1251"))
    assert text == page
    assert problem.message.endswith("it was read as cp1251")


def test_a_memory_map_is_read_like_bytes(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(TEXT.encode() * 100_000)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert "".join(decoded(content, detect(content))) == TEXT * 100_000
