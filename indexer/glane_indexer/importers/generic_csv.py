"""Any table: columns by their usual names, or as ``--map title=Titre,url=Lien`` says (pure).

Where no header names them, a column of addresses and what stands in the others tell which is which.

A column of highlights makes an annotation of each row; rows of one address are one bookmark.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from glane_indexer.errors import UsageError
from glane_indexer.importers.columns import day_first, iso_date, unnamed
from glane_indexer.importers.record import Works, annotation, paragraphs, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Cells, Row, has_url, header, rows
from glane_indexer.models import Imported, Problem

# What a column may be called, in small letters; the first that is there is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "url": (
        *(
            "url",
            "permalink",
            "html_url",
            "link",
            "href",
            "uri",
            "address",
            "source url",
            "source_url",
            "page url",
            "page_url",
        ),
        *(
            "website",
            "web page",
            "tweet url",
            "bookmark",
            "book url",
            "lien",
            "adresse",
            "enlace",
            "dirección",
            "webseite",
        ),
    ),
    "title": (
        *(
            "title",
            "name",
            "page title",
            "page_title",
            "book title",
            "titre",
            "nom",
            "titel",
            "título",
            "heading",
        ),
    ),
    "description": (
        *("description", "desc", "extended", "excerpt", "summary", "abstract", "abstract note"),
        *("document note", "content", "full text", "full_text", "text"),
        *("résumé", "beschreibung", "descripción", "comments", "comment"),
    ),
    "tags": (
        "tags",
        "manual tags",
        "document tags",
        "tag",
        "labels",
        "label",
        "keywords",
        "mots-clés",
        "étiquettes",
        "schlagwörter",
        "etiquetas",
    ),
    "folder": (
        "folder",
        "folders",
        "collection",
        "category",
        "list",
        "dossier",
        "ordner",
        "carpeta",
        "catégorie",
    ),
    "contributor": ("contributor", "user", "author", "by", "auteur", "autor", "added by"),
    "created_at": (
        *("created_at", "created", "created at", "creation date", "date created", "date added"),
        *("date_added", "dateadded", "added at", "added_at", "addedat", "added", "time_added"),
        *("saved at", "saved_at", "saved date", "saved", "highlighted at", "date", "time"),
        *("timestamp", "dt"),
        *("date de création", "date d'ajout", "datum", "fecha"),
    ),
    "highlight": (
        "highlight",
        "highlights",
        "quote",
        "annotation",
        "selection",
        "surlignage",
        "citation",
        "extrait",
    ),
    "note": ("note", "notes", "personal note", "remarque", "notiz", "nota"),
}


# Names of columns in languages that write the day first, as far as they have no accent.
_FOREIGN = frozenset(
    (
        *("titre", "nom", "lien", "adresse", "dossier", "auteur", "titel", "webseite", "ordner", "datum"),
        *("enlace", "fecha", "carpeta", "autor", "etiquetas", "notiz", "nota", "date d'ajout", "remarque"),
    )
)
# Rows that are looked at to see which way their dates are.
_SAMPLE = 500


def recognise(source: Source) -> float:
    """.3 where a header has a column of addresses, or of highlights and titles, or the user named them."""
    _, names = header(source)
    if len(names) < 2 and not source.columns:
        return 0.0
    found = _columns(source, names)
    if "url" in found or {"highlight", "title"} <= found.keys():
        return 0.3
    return 0.3 if not source.columns and unnamed(source)[1] else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The rows.

    Raises:
        UsageError: a column that the user named is not there.
    """
    separator, names = header(source)
    found = _columns(source, names)
    given: list[str] = []
    if "url" not in found and not source.columns and (guessed := unnamed(source))[1]:
        separator, given = guessed
        names, found = given, _columns(source, given)
    unknown = [name for name in names if name and name not in found.values()]
    if unknown:
        message = f"columns that are left out, for --map names none of them: {', '.join(unknown)[:300]}"
        yield Problem("line 1", message, skipped=False)
    works, by_row = Works(), "highlight" not in found

    def sound(cells: Cells) -> bool:
        return has_url({"url": cells.get(found["url"], "")}) if "url" in found else True

    by_day = _by_day(source, given, separator, found)
    for row in rows(source, given, separator, sound=sound):
        if not isinstance(row, Row):
            yield row
            continue
        cell = {field: row.cells.get(name, "") for field, name in found.items()}
        url, title = cell.get("url", "").strip(), cell.get("title", "").strip()
        # Without highlights a row is a bookmark; rows need not wait for each other.
        works = Works() if by_row else works
        work = works.work(
            (url or title, "" if url else cell.get("contributor")),
            row.where,
            url=url,
            title=title,
            description=paragraphs(cell.get("description"), cell.get("note") if by_row else ""),
            contributor=cell.get("contributor"),
            created=_date(cell, by_day),
        )
        work.tags += [*cell.get("folder", "").split("/"), *tags_of(cell.get("tags", ""), ",;|")]
        if not by_row:
            work.annotations.append(
                annotation(cell["highlight"], cell.get("note"), created=_date(cell, by_day))
            )
        else:
            yield from works.bookmarks()
    if not by_row:
        yield from works.bookmarks()


def _by_day(source: Source, given: list[str], separator: str, found: dict[str, str]) -> bool | None:
    """Whether the dates of the table begin with the day, as they tell themselves, or else its language."""
    column = found.get("created_at")
    if not column:
        return None
    first = (row for row in islice(rows(source, given, separator), _SAMPLE) if isinstance(row, Row))
    told = day_first(row.cells[column] for row in first)
    foreign = any(not name.isascii() or name in _FOREIGN for name in found.values())
    return told if told is not None or not foreign else True


def _date(cell: Cells, by_day: bool | None) -> str:
    text = cell.get("created_at", "").strip()
    return text if by_day is None else iso_date(text, day_first=by_day)


def _columns(source: Source, names: list[str]) -> dict[str, str]:
    """The column of each field: as the user named it, else by its usual names."""
    chosen: dict[str, str] = {}
    for field, column in source.columns.items():
        name = " ".join(column.split()).lower()
        if field not in NAMES:
            raise UsageError(
                f"there is no field {field!r}", where="--map", hint=f"It is one of {', '.join(NAMES)}"
            )
        if name not in names:
            raise UsageError(
                f"there is no column {column!r} in {source.name or 'the file'}",
                where="--map",
                hint=f"Its columns are {', '.join(names)[:300]}",
            )
        chosen[field] = name
    for field, choices in NAMES.items():
        free = next((name for name in choices if name in names and name not in chosen.values()), "")
        if free and field not in chosen:
            chosen[field] = free
    return chosen
