"""Any table with a header: columns by their usual names, or as ``--map title=Titre,url=Lien`` says (pure).

A column of highlights makes an annotation of each row; rows of one address are one bookmark.
"""

from __future__ import annotations

from collections.abc import Iterator

from glane_indexer.errors import UsageError
from glane_indexer.importers.record import Works, annotation, paragraphs, tags_of
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Cells, Row, has_url, header, rows
from glane_indexer.models import Imported, Problem

# What a column may be called, in small letters; the first that is there is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "url": (
        *("url", "link", "href", "uri", "address", "source url", "source_url", "page url", "page_url"),
        *(
            "website",
            "web page",
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
        *("description", "desc", "extended", "excerpt", "summary", "abstract", "content", "text"),
        *("résumé", "beschreibung", "descripción", "comments", "comment"),
    ),
    "tags": (
        "tags",
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
        *(
            "created_at",
            "created",
            "created at",
            "date",
            "added",
            "time_added",
            "time",
            "timestamp",
            "saved",
        ),
        *(
            "date added",
            "date_added",
            "added at",
            "saved at",
            "saved date",
            "highlighted at",
            "dt",
            "dateadded",
        ),
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


def recognise(source: Source) -> float:
    """.3 where a header has a column of addresses, or of highlights and titles, or the user named them."""
    _, names = header(source)
    if len(names) < 2 and not source.columns:
        return 0.0
    found = _columns(source, names)
    return 0.3 if "url" in found or {"highlight", "title"} <= found.keys() else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The rows.

    Raises:
        UsageError: a column that the user named is not there.
    """
    _, names = header(source)
    found = _columns(source, names)
    unknown = [name for name in names if name and name not in found.values()]
    if unknown:
        message = f"columns that are left out, for --map names none of them: {', '.join(unknown)[:300]}"
        yield Problem("line 1", message, skipped=False)
    works, by_row = Works(), "highlight" not in found

    def sound(cells: Cells) -> bool:
        return has_url({"url": cells.get(found["url"], "")}) if "url" in found else True

    for row in rows(source, sound=sound):
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
            created=cell.get("created_at", "").strip(),
        )
        work.tags += [*cell.get("folder", "").split("/"), *tags_of(cell.get("tags", ""), ",;|")]
        if not by_row:
            work.annotations.append(
                annotation(cell["highlight"], cell.get("note"), created=cell.get("created_at"))
            )
        else:
            yield from works.bookmarks()
    if not by_row:
        yield from works.bookmarks()


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
