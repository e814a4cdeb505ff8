from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from glane_indexer.models import Bookmark
from glane_service.search import citations

BOOKMARK = Bookmark(
    id="b01",
    title="Protection sociale des données",
    url="https://revue.example.org/protection",
    tags=("données", "droit"),
    contributor="Camille Roy",
    created_at=datetime(2015, 3, 1, 8, tzinfo=UTC),
    language="fr",
)


def test_a_quotation_in_markdown() -> None:
    assert citations.markdown(BOOKMARK, "Deux lignes,\net *trois*.") == (
        "> Deux lignes,\n> et \\*trois\\*.\n>\n"
        "> — [Protection sociale des données](<https://revue.example.org/protection>), "
        "Camille Roy, revue.example.org, 2015-03-01\n"
    )
    assert ":~:text=Une%20ligne" in citations.markdown(BOOKMARK, "Une ligne")


def test_a_source_without_an_address_has_its_page_here() -> None:
    topic = replace(BOOKMARK, url="")
    assert "](<https://glane.example/bookmarks/b01>)" in citations.markdown(
        topic, "", "https://glane.example/bookmarks/b01"
    )


def test_a_quotation_as_text() -> None:
    assert citations.plain(BOOKMARK, " Une rente. ") == (
        "«\u00a0Une rente.\u00a0»\nProtection sociale des données, Camille Roy, revue.example.org, "
        "2015-03-01, https://revue.example.org/protection\n"
    )


def test_bibtex_escapes_what_tex_reads() -> None:
    shown = citations.bibtex(replace(BOOKMARK, title="100 % {vrai} & $faux_"), "50 %")
    assert shown.splitlines() == [
        "@online{vrai2015-b01,",
        r"  title = {{100 \% \{vrai\} \& \$faux\_}},",
        "  url = {https://revue.example.org/protection},",
        "  urldate = {2015-03-01},",
        "  organization = {revue.example.org},",
        "  keywords = {données, droit},",
        r"  note = {50 \%},",
        "}",
    ]


def test_ris_has_one_line_a_field() -> None:
    assert citations.ris(BOOKMARK, "une\nnote").split("\r\n") == [
        "TY  - ELEC",
        "TI  - Protection sociale des données",
        "UR  - https://revue.example.org/protection",
        "PB  - revue.example.org",
        "Y2  - 2015/03/01",
        "LA  - fr",
        "KW  - données",
        "KW  - droit",
        "N1  - une note",
        "ER  - ",
        "",
    ]


def test_csl() -> None:
    (item,) = json.loads(citations.csl_json(BOOKMARK, "Une rente."))
    assert item["accessed"] == {"date-parts": [[2015, 3, 1]]}
    assert (item["type"], item["note"], item["URL"]) == ("webpage", "Une rente.", BOOKMARK.url)


@pytest.mark.parametrize("name", citations.FORMATS)
def test_hostile_addresses_are_never_cited(name: str) -> None:
    write, _ = citations.FORMATS[name]
    assert "javascript" not in write(replace(BOOKMARK, url="javascript:alert(1)"), "x", "")
    assert "\nmal" not in write(replace(BOOKMARK, title="a\nmal}]("), "", "")
