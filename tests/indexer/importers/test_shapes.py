"""Shapes of exports that differ from the fixtures: older versions, other locales, optional parts.

Each was met in an importer's tests or an exporter's source; the sentences are ours.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Problem
from tests.indexer.importers.expected_highlights import utc
from tests.support import packed

BIRDS, WALLS = "https://hedges.example/birds", "https://walls.example/basics"


def found(content: str | bytes, format: str, name: str = "export") -> list[Bookmark]:
    data = content.encode() if isinstance(content, str) else content
    chosen, items = read(Source(data, name))
    taken = list(items)
    assert chosen == format
    assert [item for item in taken if isinstance(item, Problem)] == []
    return [item for item in taken if isinstance(item, Bookmark)]


@pytest.mark.parametrize(
    "header",
    [
        "Creation Date,URL,Group,Annotation/Reply Type,Quote,User,Body,Tags,Page",
        "Created at,URL,Group,Annotation/Reply Type,Quote,Author,Comment,Tags,Page",
        "Created at,URL,Group,Type,Quote,Author,Comment,Tags,Page",
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_each_version_of_the_table_of_hypothesis(header: str, separator: str) -> None:
    row = [
        "2024-01-02 10:00",
        BIRDS,
        "Public",
        "Annotation",
        "Berries last.",
        "ines",
        "Check.",
        "birds",
        "iv",
    ]
    text = f"{header.replace(',', separator)}\n{separator.join(row)}"
    (bookmark,) = found(text, "hypothesis-csv")
    assert (bookmark.title, bookmark.url, bookmark.tags) == (BIRDS, BIRDS, ("birds",))
    assert bookmark.annotations == (
        Annotation("Berries last.", note="Check.", author="ines", created_at=utc("2024-01-02T10:00:00")),
    )


def test_collections_of_an_older_linkwarden_have_no_ids() -> None:
    def collection(name: str, url: str) -> dict[str, Any]:
        return {"name": name, "links": [{"name": name, "url": url, "tags": [{"name": "t"}]}]}

    backup = {
        "name": "ines",
        "collections": [collection("Nature", BIRDS), collection("Walls", WALLS)],
        "pinnedLinks": [{"name": "Shared", "url": "https://shared.example/"}],
    }
    assert [(item.url, item.tags) for item in found(json.dumps(backup), "linkwarden")] == [
        (BIRDS, ("Nature", "t")),
        (WALLS, ("Walls", "t")),
        ("https://shared.example/", ()),
    ]


def test_one_collection_of_raindrop_has_no_folders() -> None:
    header = "id,title,note,excerpt,url,tags,created,cover,highlights,favorite\n"
    cell = "Highlight:Berries last.\nNote:Which?\n\nHighlight:Thrushes come."
    text = f'{header}1,Birds,,,{BIRDS},"a, b",2024-01-01T00:00:00Z,https://cover.example/1,"{cell}",false\n'
    (bookmark,) = found(text, "raindrop")
    assert bookmark.tags == ("a", "b")
    assert bookmark.annotations == (
        Annotation("Berries last.", note="Which?"),
        Annotation("Thrushes come."),
    )


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("\"['a','b c']\"", ("a", "b c")),
        ('"[\'a\', ""it\'s""]"', ("a", "it's")),
        ("\"['tag\\'s', 'b']\"", ("tag's", "b")),
        ("['a']", ("a",)),
        ("not a list", ("not a list",)),
        ("", ()),
    ],
)
def test_tags_of_reader_are_a_list_as_python_writes_it(written: str, tags: tuple[str, ...]) -> None:
    header = "Title,URL,ID,Document tags,Saved date,Reading progress,Location,Seen\n"
    row = f'"Birds","{BIRDS}","1",{written},"2026-03-14 23:55:23.291000+00:00","0","new","True"\n'
    (bookmark,) = found(header + row, "readwise-reader")
    assert bookmark.tags == tags


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (
            "- Your Highlight on page ix | location 247-248 | Added on Sunday, 18 February 2018 22:30:47",
            "2018-02-18T22:30:47",
        ),
        (
            "- Your Highlight on Location 35-36 | Added on Monday, July 20, 2020 12:58:07 AM",
            "2020-07-20T00:58:07",
        ),
        (
            "- Highlight on Page 10 | Added on Monday, 3 December 12 19:51:33 Greenwich Mean Time",
            "2012-12-03T19:51:33",
        ),
        (
            "- Votre surlignement Emplacement 307-307 | Ajouté le mardi 18 décembre 2012 à 08:27:45",
            "2012-12-18T08:27:45",
        ),
        (
            "- La subrayado en la página 14 | posición 182-183 | Añadido el martes, "
            "18 de junio de 2024 3:24:35",
            "2024-06-18T03:24:35",
        ),
        (
            "- Meine Markierung auf Seite 11 | Position 155-161 | Hinzugefügt am Dienstag, "
            "26. November 2013 um 19:56:11 Uhr",
            "2013-11-26T19:56:11",
        ),
        (
            "-  La tua evidenziazione alla posizione 453-454 | Aggiunto in data martedì "
            "8 aprile 2021 22:52:57",
            "2021-04-08T22:52:57",
        ),
        (
            "- Seu destaque ou posição 2829-2829 | Adicionado: sexta-feira, "
            "29 de novembro de 2019 18:00:13",
            "2019-11-29T18:00:13",
        ),
        (
            "– Ваш выделенный отрывок в месте 904–905 | Добавлено: понедельник, 24 июля 2023 г. в 15:44:52",
            "2023-07-24T15:44:52",
        ),
        (
            "- 您在第 3 页（位置 #1-1）的标注 | 添加于 2017年11月13日星期一 下午9:00:00",
            "2017-11-13T21:00:00",
        ),
    ],
)
def test_a_clipping_in_every_language_and_age(line: str, moment: str) -> None:
    text = f"\ufeffHedges (and walls) (Calder, Ines)\r\n{line}\r\n\r\nBerries last.\r\n==========\r\n"
    (bookmark,) = found(text, "kindle")
    assert (bookmark.title, bookmark.contributor) == ("Hedges (and walls)", "Calder, Ines")
    assert bookmark.annotations == (Annotation("Berries last.", created_at=utc(moment)),)


@pytest.mark.parametrize(
    ("highlight", "note", "mark"),
    [
        (
            "– Ваш выделенный отрывок в месте 904–905 | Добавлено: x",
            "– Ваша заметка в месте 905 | Добавлено: x",
            "– Ваша закладка в месте 2712 | Добавлено: x",
        ),
        (
            "- 您在位置 #20-24的标注 | 添加于 x",
            "- 您在位置 #24 的笔记 | 添加于 x",
            "- 您在位置 #30 的书签 | 添加于 x",
        ),
        (
            "- Tu subrayado en la posición 31-35 | Añadido x",
            "- Mi nota Posición 35 | Añadido x",
            "- Mi marcador Posición 1012 | Añadido x",
        ),
    ],
)
def test_a_note_belongs_to_its_highlight_in_every_language(highlight: str, note: str, mark: str) -> None:
    blocks = [(highlight, "Berries last."), (note, "Which?"), (mark, "")]
    text = "".join(f"Hedges\n{line}\n\n{said}\n==========\n" for line, said in blocks)
    (bookmark,) = found(text, "kindle")
    assert bookmark.annotations == (Annotation("Berries last.", note="Which?"),)


def test_a_clipping_whose_second_line_is_missing_keeps_its_text() -> None:
    text = (
        "Hedges\n- Your Highlight on page 1 | Added on x\n\nBerries last.\n==========\n"
        "Walls\nThrough-stones bind.\n==========\n"
    )
    problem, hedges, walls = read(Source(text.encode()))[1]
    assert problem == Problem(
        "line 6", "the line below the title does not say what was marked", skipped=False
    )
    assert [item.annotations[0].text for item in (hedges, walls) if isinstance(item, Bookmark)] == [
        "Berries last.",
        "Through-stones bind.",
    ]


def test_highlights_of_omnivore_go_on_to_the_next_empty_line() -> None:
    metadata = [{"slug": "birds", "url": BIRDS, "title": "Birds", "savedAt": "2024-03-04T05:06:07.000Z"}]
    text = (
        "A note on the page.\n\n> Berries last\nuntil February.\n> Then nothing. \n\n"
        "#food #winter\n\nWhich?\n\n> Thrushes come. \n\n"
    )
    archive = packed.zipped(
        {"metadata_0_to_20.json": json.dumps(metadata).encode(), "highlights/birds.md": text.encode()}
    )
    (bookmark,) = found(archive, "omnivore", "export.zip")
    assert bookmark.annotations == (
        Annotation("", note="A note on the page."),
        Annotation("Berries last\nuntil February.\nThen nothing.", note="#food #winter\n\nWhich?"),
        Annotation("Thrushes come."),
    )


def test_several_parts_and_shared_collections_of_pocket() -> None:
    header = b"title,url,time_added,cursor,tags,status\n"
    archive = packed.zipped(
        {
            "part_000000.csv": header + f"Birds,{BIRDS},1600322788,x,a|b,unread\n".encode(),
            "part_000001.csv": header + f"Walls,{WALLS},1600322789,y,,archive\n".encode(),
            "collections/part_000000.csv": b"title,url,excerpt\nShared,https://shared.example/,Of all\n",
            "annotations/part_000000.json": json.dumps(
                [{"url": WALLS, "title": "Walls", "highlights": [{"quote": "Stones.", "created_at": 1}]}]
            ).encode(),
        }
    )
    assert [(item.url, len(item.annotations)) for item in found(archive, "pocket-zip", "pocket.zip")] == [
        ("https://shared.example/", 0),
        (BIRDS, 0),
        (WALLS, 1),
    ]


def test_a_dump_of_memex_says_what_an_address_was() -> None:
    dump = {
        "pages": [
            {"url": "hedges.example/birds", "fullUrl": f"{BIRDS}?page=1", "fullTitle": "Birds"},
            {"url": "walls.example/basics", "fullUrl": WALLS, "fullTitle": "Walls"},
        ],
        "annotations": [
            {
                "url": "hedges.example/birds/#1612325106000",
                "pageUrl": "hedges.example/birds",
                "pageTitle": "Birds",
                "body": "Berries last.",
                "comment": "Which?",
                "createdWhen": 1612325106000,
            }
        ],
        "bookmarks": [{"url": "walls.example/basics", "time": 1612325106000}],
        "tags": [{"name": "food", "url": "hedges.example/birds"}],
        "customLists": [{"id": 7, "name": "Winter"}],
        "pageListEntries": [{"listId": 7, "pageUrl": "walls.example/basics", "fullUrl": WALLS}],
    }
    birds, walls = found(json.dumps(dump), "memex")
    assert (birds.url, birds.title, birds.tags) == (f"{BIRDS}?page=1", "Birds", ("food",))
    assert birds.annotations == (
        Annotation("Berries last.", note="Which?", created_at=utc("2021-02-03T04:05:06")),
    )
    assert (walls.url, walls.title, walls.tags) == (WALLS, "Walls", ("Winter",))
    assert walls.created_at == utc("2021-02-03T04:05:06")


ZOTERO = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:bib="http://purl.org/net/biblio#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:link="http://purl.org/rss/1.0/modules/link/">'
)


def test_attachments_and_notes_of_zotero_that_belong_to_no_item_stay() -> None:
    def address(url: str) -> str:
        return f"<dc:identifier><dcterms:URI><rdf:value>{url}</rdf:value></dcterms:URI></dc:identifier>"

    text = f"""{ZOTERO}
<bib:Article rdf:about="#item_1"><z:itemType>journalArticle</z:itemType><dc:title>Birds</dc:title>
<link:link rdf:resource="#item_2"/></bib:Article>
<z:Attachment rdf:about="#item_2"><z:itemType>attachment</z:itemType>{address(BIRDS)}</z:Attachment>
<z:Attachment rdf:about="#item_3"><z:itemType>attachment</z:itemType>{address(WALLS)}
<dc:title>Walls</dc:title></z:Attachment>
<bib:Memo rdf:about="#item_4"><rdf:value>&lt;p&gt;A note alone.&lt;/p&gt;</rdf:value></bib:Memo>
</rdf:RDF>"""
    assert [(item.title, item.url, len(item.annotations)) for item in found(text, "zotero-rdf")] == [
        ("Birds", BIRDS, 0),
        ("Walls", WALLS, 0),
        ("A note alone.", "", 1),
    ]


def test_better_bibtex_encloses_notes_and_annotations() -> None:
    item = {
        "itemType": "webpage",
        "key": "A",
        "title": "Birds",
        "url": BIRDS,
        "notes": [{"note": "<p>Read it.</p>"}],
        "attachments": [
            {"annotations": [{"annotationText": "Berries last.", "annotationComment": "Which?"}]}
        ],
    }
    (bookmark,) = found(json.dumps({"config": {}, "collections": {}, "items": [item]}), "zotero-json")
    assert bookmark.annotations == (
        Annotation("", note="Read it."),
        Annotation("Berries last.", note="Which?"),
    )


def test_any_json_may_write_its_names_with_large_letters() -> None:
    favourites = {
        "Activity": {"Favorite Videos": {"List": [{"Date": "2026-05-30 07:45:10", "Link": BIRDS}]}}
    }
    (bookmark,) = found(json.dumps(favourites), "json")
    assert (bookmark.url, bookmark.created_at) == (BIRDS, utc("2026-05-30T07:45:10"))


def test_letters_of_an_address_are_not_composed() -> None:
    # "é" as a letter and its accent: another address than with the one letter.
    url = "https://hedges.example/caf" + "e\u0301"
    (bookmark,) = found(f"title,url,time_added,tags,status\nA,{url},1600322788,,unread\n", "pocket-csv")
    assert bookmark.url == url


def test_links_without_the_marks_of_a_list_are_bookmarks_all_the_same() -> None:
    text = f"""<!DOCTYPE NETSCAPE-Bookmark-file-1>
<H3>Birds</H3>
<A HREF="{BIRDS}" ADD_DATE="1456433741">Birds</A><BR>
<A HREF="{WALLS}">Walls</A>
<DD>Of stones, see <a href="https://b.example/">three</a>
<A HREF="https://c.example/" ADD_DATE="1456433741">C</A>
<A FEEDURL="https://d.example/feed">D</A>
"""
    assert [(item.url, item.description) for item in found(text, "netscape")] == [
        (BIRDS, ""),
        (WALLS, "Of stones, see three (https://b.example/)"),
        ("https://c.example/", ""),
        ("https://d.example/feed", ""),
    ]


OBSIDIAN: dict[str, tuple[str, str, str, tuple[Annotation, ...]]] = {
    "omnivore": (
        "---\nid: 1\n---\n\n# Birds\n#Omnivore\n\n[Read on Omnivore](https://omnivore.example/me/birds)\n"
        f"[Read Original]({BIRDS})\n\n## Highlights\n\n> Berries last. [⤴️](https://omnivore.example/me/birds#1)\n",
        BIRDS,
        "",
        (Annotation("Berries last."),),
    ),
    "readwise": (
        "# Birds\n\n![rw-book-cover](https://cover.example/1.png)\n\n## Metadata\n"
        f"- Author: [[Ines Calder]]\n- Full Title: Birds\n- Category: #articles\n- URL: {BIRDS}\n"
        "\n## Highlights\n"
        "- Berries last. ([View Highlight](https://read.example/1))\n    - Note: Which?\n",
        BIRDS,
        "",
        (Annotation("Berries last.", note="Which?"),),
    ),
    "hypothesis": (
        f"# Birds\n\n## Metadata\n- Author: [[hedges.example]]\n- Title: Birds\n- Reference: {BIRDS}\n"
        "- Category: #article\n\n## Highlights\n- Berries last.\n    - Annotation: Which?\n",
        BIRDS,
        "",
        (Annotation("Berries last.", note="Annotation: Which?"),),
    ),
    "clipper": (
        f'---\ntitle: "Birds"\nsource: "{BIRDS}"\ntags:\n  - "clippings"\n---\n'
        "A page on berries.\n\n> Berries last.\n",
        BIRDS,
        "A page on berries.",
        (Annotation("Berries last."),),
    ),
    "glasp": (
        f"---\nURL: {BIRDS}\nGlasp URL: https://glasp.example/1\nTags: [food]\n---\n"
        "#### Highlights & Notes\n\n> Berries last.\n- Which?\n",
        BIRDS,
        "",
        (Annotation("Berries last.", note="Which?"),),
    ),
}


@pytest.mark.parametrize("plugin", OBSIDIAN)
def test_a_page_as_each_plugin_of_obsidian_writes_it(plugin: str) -> None:
    text, url, description, annotations = OBSIDIAN[plugin]
    (bookmark,) = found(text, "markdown", "Birds.md")
    assert (bookmark.title, bookmark.url, bookmark.description) == ("Birds", url, description)
    assert bookmark.annotations == annotations


def test_links_in_lists_and_tables_of_markdown_are_bookmarks() -> None:
    text = (
        f"# Pages\n\n- [Birds]({BIRDS}) - berries and thrushes\n- see [Walls]({WALLS})\n- https://c.example/\n\n"
        "| page | about |\n|---|---|\n| [D](https://d.example/) | ditches |\n"
    )
    assert [(item.title, item.url, item.description) for item in found(text, "markdown")] == [
        ("Birds", BIRDS, "berries and thrushes"),
        ("Walls", WALLS, "see"),
        ("https://c.example/", "https://c.example/", ""),
        ("D", "https://d.example/", "ditches"),
    ]
