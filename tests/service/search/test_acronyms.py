"""Questions with acronyms, in a library that spells some of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from glane_indexer.importers import jsonl
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_indexer.models import Annotation, Bookmark
from glane_service.search.acronyms import Acronyms
from glane_service.search.engine import SearchEngine
from glane_service.search.parsing import parse
from glane_service.search.query import Mode, Query
from glane_service.search.ranking.parameters import Parameters
from tests.support import little
from tests.support.hashed import HashedEncoder


def said(name: str, text: str, **more: object) -> Bookmark:
    return Bookmark(
        title=f"Page {name}",
        url=f"https://villes.example.org/{name}",
        annotations=(Annotation(text, id=name),),
        id=name,
        language="fr",
        **more,  # type: ignore[arg-type]
    )


BOOKMARKS = [
    said("a", "Le conseil des quartiers (CDQ) se réunit au printemps."),
    said("b", "Au CDQ, chacun prend la parole."),
    said("c", "Le conseil des quartiers a voté un budget."),
    said("d", "L’aide rapide aux toitures solaires (ARTS) finance les panneaux."),
    said("e", "Les artistes exposent : arts du fil et arts du feu."),
    said("f", "Le plan secret des arbres (PSA) reste entre nous.", visibility="private"),
    said("g", "Le comité des quais (CDQ) est un autre CDQ."),
    said("h", "Le conseil des quartiers (CDQ) rend un avis."),
    said("i", "Une barque. Une rame. Un port."),
    said("j", "Le vent. La vague. La dune."),
    said("k", "Le pain. Le sel. Le feu."),
]


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    lines = "".join(f"{jsonl.dump(bookmark)}\n" for bookmark in BOOKMARKS)
    folder = tmp_path_factory.mktemp("acronyms") / "library"
    library: Path = little.make(folder, HashedEncoder(), lines.encode())
    return Generation.open(library)


@pytest.fixture(scope="module")
def view(generation: Generation) -> View:
    return open_view(generation, "public")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # What most bookmarks say that it stands for.
        ("que fait le CDQ ?", "que fait le CDQ (conseil des quartiers) ?"),
        ("que fait le cdq ?", "que fait le cdq (conseil des quartiers) ?"),
        ("un conseil des quartiers utile", "un conseil des quartiers (CDQ) utile"),
        # It is said both ways already.
        ("le CDQ, conseil des quartiers", "le CDQ, conseil des quartiers"),
        # In small letters it may be a word of its own: others begin so.
        ("une école des arts", "une école des arts"),
        ("les ARTS", "les ARTS (aide rapide aux toitures solaires)"),
        # The public does not see what spells this one out.
        ("le PSA", "le PSA"),
        ("que fait le XYZ ?", "que fait le XYZ ?"),
        ("", ""),
    ],
)
def test_an_acronym_is_said_both_ways(view: View, question: str, expected: str) -> None:
    assert Acronyms(view).said_both_ways(parse(question)).text == expected


def test_members_see_what_their_bookmarks_spell_out(generation: Generation) -> None:
    acronyms = Acronyms(open_view(generation, "member"))
    assert acronyms.said_both_ways(parse("le PSA")).text == "le PSA (plan secret des arbres)"


def test_what_the_whole_library_is_about_is_left_alone(tmp_path: Path) -> None:
    lines = "".join(f"{jsonl.dump(bookmark)}\n" for bookmark in BOOKMARKS[:2])
    of = open_view(
        Generation.open(little.make(tmp_path / "library", HashedEncoder(), lines.encode())), "public"
    )
    assert Acronyms(of).said_both_ways(parse("le CDQ")).text == "le CDQ"


def found(view: View, text: str, mode: Mode, *, as_typed: bool = False) -> list[str]:
    engine = SearchEngine(view, HashedEncoder(), Parameters(line=0))
    query = Query(text, mode=mode, as_typed=as_typed, everything=True)
    results = engine.search(query)
    return [hit.bookmark.id for hit in results.hits if hit.why.keyword]


def test_what_writes_only_the_other_form_is_found(view: View) -> None:
    assert {"a", "b", "h", "c"} <= set(found(view, "CDQ", "hybrid"))
    assert "b" in found(view, "conseil des quartiers", "hybrid")
    assert "c" not in found(view, "CDQ", "hybrid", as_typed=True)
    # A keyword search lists what holds the words that were typed.
    assert set(found(view, "CDQ", "keyword")) == {"a", "b", "g", "h"}


def test_the_other_form_is_marked(view: View) -> None:
    hits = (
        SearchEngine(view, HashedEncoder(), Parameters(line=0)).search(Query("CDQ", everything=True)).hits
    )
    (hit,) = [hit for hit in hits if hit.bookmark.id == "c"]
    marked = [hit.passage.text[start:end] for start, end in hit.passage.highlights]
    assert marked == ["conseil", "quartiers"]
