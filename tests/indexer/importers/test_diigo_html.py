"""Saved pages of Diigo groups: every field of an item, whatever the markup, and nothing of the frame."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glane_indexer.importers import diigo_html
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem

FIXTURE = Path(__file__).parent / "fixtures/diigo-group.html"
END = "</body></html>"


def looks_like(text: str) -> bool:
    return diigo_html.recognise(Source(text.encode("utf-8", "surrogatepass"))) > 0


def read(text: str) -> Iterator[Imported]:
    return diigo_html.read(Source(text.encode("utf-8", "surrogatepass")))


def page(*items: str, pager: str = "") -> str:
    """A page without any of Diigo's ids and classes, but for what the items bring."""
    top = '<a href="#main">Skip to main content</a><a href="https://www.diigo.com/user/me">me</a>'
    sort = "<p>Sort By: Relevance | Date Filter: All | Bookmarks</p>"
    return f"<!DOCTYPE html><body><div>{top}{sort}</div><div>{''.join(items)}</div><p>{pager}</p>{END}"


def item(*bullets: str, title: str = "A wall", more: str = "") -> str:
    listed = "".join(f"<li>{bullet}</li>" for bullet in bullets)
    return (
        '<div><a href="https://www.diigo.com/user/ana">Ana</a>'
        f'<h3><a href="https://walls.example/">{title}</a> - 7 views</h3>{more}<ul>{listed}</ul></div>'
    )


def first(text: str) -> Bookmark:
    return next(found for found in read(text) if isinstance(found, Bookmark))


def test_reads_every_field_and_nothing_of_the_frame() -> None:
    assert list(read(FIXTURE.read_text(encoding="utf-8"))) == [
        Missing("item 1", annotations=2),
        Bookmark(
            title="Le plan des haies – canton",
            url="https://haies.example/plan?a=1&b=2",
            description="Un plan communal, expliqué pas à pas.",
            tags=("haie", "plan local"),
            contributor="Maïa Noël",
            created_at=datetime(2016, 5, 12, tzinfo=UTC),
            views=1204,
            annotations=(
                Annotation(
                    "Une haie adulte abrite des oiseaux\u00a0: merles,\ngrives.",
                    note="À vérifier dans l'inventaire.\nPaul B.: C'est fait.",
                ),
                Annotation("Trois communes <sur douze> ont replanté."),
                Annotation("Le coût est de 8 € le mètre."),
            ),
        ),
        Bookmark(
            title="Which stone for a low wall?",
            url="https://groups.diigo.com/group/murs-et-haies/content/which-stone-13",
            description="Granite or schist?",
            contributor="Paul B.",
            created_at=datetime(2015, 11, 2, tzinfo=UTC),
            kind="topic",
        ),
        Problem("item 3", "no title with a link was found near 'No link any more - 2 views'"),
        Missing("page", bookmarks=2),
    ]


def test_reads_items_without_ids_or_classes() -> None:
    one = item("First <i>quoted</i> line.", "Second.", '<div>"About walls,\n at length."</div>')
    two = item(title="Another &amp; last - - 3 views")
    expected = Bookmark(
        title="A wall",
        url="https://walls.example/",
        description="About walls, at length.",
        contributor="Ana",
        views=7,
        annotations=(Annotation("First quoted line."), Annotation("Second.")),
    )
    found = list(read(page(one, two, pager="1 - 2 of 2 Next › Showing 20 items per page")))
    assert found[0] == expected
    assert [(other.title, other.annotations) for other in found[1:] if isinstance(other, Bookmark)] == [
        ("Another & last", ())
    ]
    assert len(found) == 2
    assert list(read(page(one))) == [expected]


@pytest.mark.parametrize(
    ("bullets", "highlights", "description"),
    [
        (("one", "<div>Free words.</div>"), ["one"], "Free words."),
        (("<div>one</div>", "<div>two</div>"), ["one", "two"], ""),
        (("one", '"two words"'), ["one"], "two words"),
        (('"one" and "two"',), ['"one" and "two"'], ""),
        (("one", "<p class='desc'>Free words.</p>"), ["one"], "Free words."),
        (("one<ul><li>inner</li></ul>",), ["one\ninner"], ""),
        (("<a href='#'>Share</a>", "one", "  "), ["one"], ""),
    ],
)
def test_which_bullet_is_the_description(
    bullets: tuple[str, ...], highlights: list[str], description: str
) -> None:
    bookmark = first(page(item(*bullets), item()))
    assert [annotation.text for annotation in bookmark.annotations] == highlights
    assert bookmark.description == description


def test_highlights_that_are_no_list_items() -> None:
    more = '<div class="highlights"><div class="highlight">one</div><div class="highlight">two</div></div>'
    assert first(page(item(more=more), item())).annotations == (Annotation("one"), Annotation("two"))
    quoted = first(page(item(more="<blockquote>one</blockquote>"), item()))
    assert quoted.annotations == (Annotation("one"),)


@pytest.mark.parametrize(
    ("bullets", "missing"),
    [
        (("a", "...2 more annotations...", "b", "c"), 0),
        (("a", "…2 more annotations…", "b"), 1),
        (("a", "<a href='#'>...1 more annotation...</a>"), 1),
        (("a", "...2 more annotations... hide", "b", '"said"'), 1),
    ],
)
def test_folded_highlights_are_counted(bullets: tuple[str, ...], missing: int) -> None:
    found = list(read(page(item(*bullets), item())))
    expected = [Missing("item 1", annotations=missing)] if missing else []
    assert [other for other in found if isinstance(other, Missing)] == expected
    assert "more" not in "".join(annotation.text for annotation in first(page(item(*bullets))).annotations)


def test_announced_bookmarks_are_counted() -> None:
    text = page(item("from 1 - 9 of 10 on"), item(), pager="21 - 40 of 112 Next ›")
    assert list(read(text))[-1] == Missing("page", bookmarks=18)


@pytest.mark.parametrize(
    ("more", "moment"),
    [
        ('<time datetime="2016-05-03T10:20:00+02:00">May</time>', datetime(2016, 5, 3, 8, 20, tzinfo=UTC)),
        ('<span title="2016-05-03 10:20:00">3 May</span>', datetime(2016, 5, 3, 10, 20, tzinfo=UTC)),
        ("<p>on 2016-05-03</p>", datetime(2016, 5, 3, tzinfo=UTC)),
        ("<p>on 12 May 16</p>", datetime(2016, 5, 12, tzinfo=UTC)),
        ("<p>on 31 Feb 16</p>", None),
        ("<p>about 3 hours ago</p>", None),
    ],
)
def test_dates(more: str, moment: datetime | None) -> None:
    assert first(page(item(more=more), item())).created_at == moment


def test_tags_are_links_into_diigo() -> None:
    more = (
        '<p class="tags">Tags: <a href="/user/ana/stone">stone</a> '
        '<a href="/user/ana/no_tag">no_tag</a></p>'
        '<a href="/group/walls/tag/dry%20wall" rel="tag">dry wall</a>'
        "<div>A text outside of all bullets, with "
        '<a href="https://x.example/tag/y">a link</a> to a site somewhere else.</div>'
    )
    bookmark = first(page(item(more=more), item()))
    assert bookmark.tags == ("stone", "dry wall")
    assert bookmark.description == "A text outside of all bullets, with a link to a site somewhere else."


def test_a_page_cut_short_keeps_what_it_holds_and_says_so() -> None:
    text = FIXTURE.read_text(encoding="utf-8")
    found = list(read(text[: text.index("Which stone")]))
    assert isinstance(found[1], Bookmark)
    assert (found[1].title, len(found[1].annotations)) == ("Le plan des haies – canton", 3)
    assert found[-1] == Problem("page", "the file ends in the middle of the page", skipped=False)


@pytest.mark.parametrize("text", ["", "<", "<html></html>", "<html><body><p>Diigo</p>" + END, page()])
def test_a_page_without_items_is_one_problem(text: str) -> None:
    assert list(read(text)) == [Problem("page", "no items of a Diigo group were found on this page")]


def test_hostile_pages_end() -> None:
    nested = '<div id="item_0"><a id="title_link_0" href="https://a.example/">A</a>' + "<ul><li>x" * 5_000
    assert first(nested).title == "A"
    inside = '<li id="item_0"><a href="https://a.example/">A</a><ul><li id="item_1">B</li></ul></li>'
    assert [type(found) for found in read(inside + END)] == [Bookmark]
    assert first("<div>" * 5_000 + item("\x00one")).annotations == (Annotation("one"),)


def test_recognises_saved_pages() -> None:
    text = FIXTURE.read_text(encoding="utf-8")
    assert looks_like(text)
    assert looks_like("\ufeff\n" + page(item(), item()))
    assert looks_like(text[:300])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Skip to main content\n\nAna\n\nA wall - 7 views\n\n  • one\n",
        '{"title": "<a href=https://www.diigo.com/user/ana>", "url": ""}',
        'title,url\n"Diigo <b>","https://www.diigo.com/"\n',
        '<!DOCTYPE html><p>On <a href="https://www.diigo.com/user/ana">Diigo</a>: <a href="https://a.example/">A</a>',
        '<html><a href="/user/ana">Ana</a> <a href="https://a.example/">A film</a> <p>12 views</p></html>',
        '<!DOCTYPE html><article class="result" aria-labelledby="t1"><h3 id="t1">'
        '<a href="https://www.example.org/diigo">On Diigo</a></h3><p class="meta"><span>by '
        '<a href="/?contributor=Ana">Ana</a></span><span>7 views</span></p>'
        "<blockquote>one</blockquote></article>",
    ],
)
def test_other_files_are_not_taken_for_one(text: str) -> None:
    assert not looks_like(text)
