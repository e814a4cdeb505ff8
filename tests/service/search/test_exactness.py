"""Whatever was added, changed, deleted and merged: a view answers like one that was built from scratch.

Each sequence is drawn from its number. ``GLANE_SEQUENCES=300`` runs three hundred of them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.importers import jsonl
from glane_indexer.index import merge
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.merge import compact
from glane_indexer.index.protocol import View, Viewer
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Filters, Mode, Query
from glane_service.search.ranking.parameters import Parameters
from tests.conftest import SEQUENCES
from tests.support.hashed import HashedEncoder

WORDS = (
    *("haie", "haies", "bocage", "données", "donnees", "travail", "travailler", "plate-forme"),
    *("emploi", "œuvre", "the", "hedge", "hedges", "vélo"),
)
MODES: tuple[Mode, ...] = ("hybrid", "keyword", "vector")
VIEWERS: tuple[Viewer, ...] = ("public", "member")


def text(chance: random.Random, most: int = 6) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(0, most)))


def bookmark(chance: random.Random, number: int) -> Bookmark:
    """One of forty: many share words, titles, tags and dates, so that scores are often equal."""
    return Bookmark(
        id=f"b{number:02d}",
        title=text(chance, 3) or "Sans titre",
        url=f"https://site{number % 3}.example/{number}",
        description=text(chance),
        tags=tuple(dict.fromkeys(chance.choices(WORDS[:5], k=chance.randint(0, 2)))),
        contributor=chance.choice(["", "Ada", "Basile"]),
        created_at=chance.choice([None, datetime(2016, 5, chance.randint(1, 3), tzinfo=UTC)]),
        views=chance.choice([0, 0, 5]),
        language=chance.choice(["fr", "fr", "en", "es", ""]),
        annotations=tuple(
            Annotation(
                text(chance) or "rien", note=chance.choice(["", "une note"]), id=f"a{number}-{place}"
            )
            for place in range(chance.randint(0, 3))
        ),
        visibility=chance.choice(["public", "public", "private"]),
    )


class Sequence:
    """A library under random changes, and the bookmarks that it should hold."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.library = folder / "library"
        self.encoder = HashedEncoder()
        self.reuse: Generation | None = None
        with Catalog.open(self.library, create=True):
            pass

    def run(self, steps: int) -> None:
        changes = [self.put, self.put, self.edit, self.delete, self.bring, self.index, self.compact]
        for _ in range(steps):
            self.chance.choice(changes)()
        self.index()

    def put(self) -> None:
        numbers = [self.chance.randrange(40) for _ in range(self.chance.randint(1, 8))]
        with Catalog.open(self.library) as catalog:
            catalog.upsert(bookmark(self.chance, number) for number in numbers)

    def edit(self) -> None:
        with Catalog.open(self.library) as catalog:
            for old in self.chance.sample(list(catalog.bookmarks()), min(1, catalog.counts()["bookmarks"])):
                catalog.replace(replace(bookmark(self.chance, 0), id=old.id))

    def delete(self) -> None:
        with Catalog.open(self.library) as catalog:
            ids = [item.id for item in catalog.bookmarks()]
            catalog.delete(self.chance.sample(ids, min(len(ids), self.chance.randint(0, 3))))

    def bring(self) -> None:
        lines = [jsonl.dump(bookmark(self.chance, self.chance.randrange(40))) + "\n" for _ in range(3)]
        import_bytes("".join(lines).encode(), self.library, format="jsonl", name="lines")

    def index(self) -> None:
        reuse = self.reuse if self.chance.random() < 0.5 else None
        build_generation(self.library, self.encoder, reuse=reuse)
        self.reuse = Generation.open(self.library, encoder=self.encoder.info, reuse=reuse)

    def compact(self) -> None:
        if self.reuse:
            compact(self.library, keep_previous=self.chance.random() < 0.5)

    def from_scratch(self, folder: Path) -> Path:
        """The same bookmarks in a library that has never held others."""
        with Catalog.open(self.library) as catalog:
            bookmarks = list(catalog.bookmarks())
        with Catalog.open(folder / "scratch", create=True) as catalog:
            catalog.upsert(bookmarks)
        build_generation(folder / "scratch", self.encoder)
        return folder / "scratch"


ASKED = ("haie", "données personnelles", "travail emploi", "hedge", "xyz")
ODD = ("", '"haie bocage"', "travail -haie", '-"haie haies" bocage', "plateforme")
FILTERS = (
    Filters(tags=("haie",)),
    Filters(contributor="ada"),
    Filters(language="fr"),
    Filters(site="site1.example"),
    Filters(after=date(2016, 5, 2), before=date(2016, 5, 2)),
)
QUERIES = [
    *(Query(words, mode=mode) for words in ASKED for mode in MODES),
    *(Query(words) for words in ODD),
    *(Query("haie bocage", filters=filters) for filters in FILTERS),
    Query("travail", sort="date"),
    *(Query("haie", mode="keyword", fields=(name,)) for name in ("title", "annotations", "tags", "url")),
]


def answers(library: Path, encoder: HashedEncoder, viewer: Viewer) -> tuple[list[Any], list[float]]:
    """What the library's current generation answers."""
    return answers_of(open_view(Generation.open(library), viewer), encoder)


def answers_of(
    view: View, encoder: HashedEncoder, parameters: Parameters | None = None
) -> tuple[list[Any], list[float]]:
    """Everything that is compared: ids, ranks, facets, totals, passages, suggestions; and all scores."""
    engine = SearchEngine(view, encoder, parameters)
    found: list[Any] = []
    scores: list[float] = []
    for query in QUERIES:
        results = engine.search(replace(query, per_page=100, view="full"))
        found.append((query, [hit.bookmark.id for hit in results.hits], results.total, results.facets))
        for hit in results.hits:
            found.append((hit.bookmark, hit.passage, hit.annotations))
            legs = [leg for leg in (hit.why.keyword, hit.why.vector) if leg]
            found.append([leg.rank for leg in legs])
            scores += [hit.score, *(leg.score for leg in legs)]
    found += [engine.suggest(typed, 20) for typed in ("h", "tra", "donn", "ad", "haie bo", "s")]
    for identifier in list(engine.view.ids)[:5]:
        found.append([hit.bookmark.id for hit in engine.similar(identifier)])
    return [*found, engine.view.counts, engine.view.words("")], scores


def same(one: tuple[list[Any], list[float]], other: tuple[list[Any], list[float]]) -> bool:
    return one[0] == other[0] and one[1] == pytest.approx(other[1], abs=1e-6)


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_a_view_answers_like_one_from_scratch(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "FANOUT", 2 + seed % 4)
    sequence = Sequence(tmp_path, seed)
    sequence.run(14)
    scratch = sequence.from_scratch(tmp_path)
    for viewer in VIEWERS:
        found, expected = (
            answers(place, sequence.encoder, viewer) for place in (sequence.library, scratch)
        )
        assert same(found, expected)


@pytest.mark.parametrize("seed", range(2))
def test_the_public_view_is_that_of_a_library_of_public_bookmarks(seed: int, tmp_path: Path) -> None:
    sequence = Sequence(tmp_path, 1000 + seed)
    sequence.run(12)
    with Catalog.open(sequence.library) as catalog:
        catalog.delete([item.id for item in catalog.bookmarks() if item.visibility == "private"])
    public = sequence.from_scratch(tmp_path)
    found = answers(sequence.library, sequence.encoder, "public")
    assert same(found, answers(public, sequence.encoder, "public"))
    assert same(found, answers(public, sequence.encoder, "member"))
