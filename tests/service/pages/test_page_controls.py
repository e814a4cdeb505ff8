"""Whatever Diigo's page of a library lets its reader do, Glane's does, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytest_plugins = ["tests.support.browser", "tests.support.service"]

QUESTION = "travail"

# What stands on Diigo's page, and its equal here. The README's table is checked against this one.
DIIGO_CONTROLS = {
    "Search box": "the question box; Enter or Search",
    "Search in title, tags, annotations or url": "In: everything, title, tags, annotations, address",
    "Sort by relevance or date": "Sort by: relevance, date",
    "Filter all, bookmarks or topics": "Show: all, bookmarks, topics",
    "View simple, middle or full": "View: simple, middle, full",
    "1 - 20 of 112": "the count above the results, such as 1 – 20 of 112",
    "Next and Last": "Next, Previous, and the numbers of the pages with the last one",
    "Items per page": "Per page: 10, 20, 50, 100",
    "...42 more annotations...": "… 42 more annotations, which unfolds them",
    "Contributor's name": "the contributor's name, which leads to the contributor's page",
    "Tags": "the tags under a result, each of which leads to the tag's page",
    "Number of views": "the number of views beside the date",
    "Title and site": "the title, which opens the page at the passage, and its site",
}


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "no scripts"])
def reader(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=request.param, locale="en-GB")
    context.set_default_timeout(15_000)
    # The bookmarks' own pages exist nowhere.
    context.route(
        re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.fulfill(body="there", status=200)
    )
    yield context.new_page()
    context.close()


def shown_range(page: Page) -> tuple[int, int, int]:
    """The numbers of "1 – 20 of 112"."""
    text = page.locator(".range").inner_text().replace(",", "")
    found = re.fullmatch(r"(\d+) – (\d+) of (\d+)", text)
    assert found, text
    first, last, total = map(int, found.groups())
    return first, last, total


def titles(page: Page) -> list[str]:
    return page.locator(".result h3").all_inner_texts()


def choose(page: Page, group: str, name: str) -> Locator:
    """Follow a choice, and see that it is the current one then."""
    link = page.get_by_role("group", name=group, exact=True).get_by_role("link", name=name, exact=True)
    link.click()
    expect(link).to_have_attribute("aria-current", "true")
    return link


def current(page: Page, group: str) -> Locator:
    """The choice in force."""
    return page.get_by_role("group", name=group, exact=True).locator("[aria-current]")


def search_box(page: Page) -> None:
    page.get_by_role("searchbox").fill("protection sociale des données")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=protection\+sociale"))
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("searchbox").fill(QUESTION)
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(rf"\?q={QUESTION}$"))


def search_fields(page: Page) -> None:
    choose(page, "By", "words")
    everything = shown_range(page)[2]
    totals = {}
    for name in ("title", "tags", "annotations", "address"):
        choose(page, "In", name)
        expect(current(page, "By")).to_have_text("words")
        totals[name] = shown_range(page)[2]
        if name == "title":
            assert all("trava" in title.lower() for title in titles(page))
        if name == "tags":
            for result in page.locator(".result").all():
                assert "trava" in result.locator(".tags").inner_text().lower()
    assert all(0 < total < everything for total in totals.values())
    choose(page, "In", "everything")
    expect(current(page, "By")).to_have_text("meaning and words")
    choose(page, "In", "address")
    # The choice outlives the next question.
    page.get_by_role("searchbox").fill("emploi")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=emploi.*fields=url"))


def sort(page: Page) -> None:
    best = titles(page)
    choose(page, "Sort by", "date")
    dates = page.locator(".result time").evaluate_all("nodes => nodes.map(node => node.dateTime)")
    assert len(dates) > 5 and dates == sorted(dates, reverse=True)
    choose(page, "Sort by", "relevance")
    assert titles(page) == best


def kind(page: Page) -> None:
    # By words every match is counted; by meaning the nearest, of which a filter lets in others.
    choose(page, "By", "words")
    everything = shown_range(page)[2]
    choose(page, "Show", "topics")
    topics = shown_range(page)
    assert page.locator(".result .badge").count() == topics[1] > 0
    choose(page, "Show", "bookmarks")
    assert page.locator(".result .badge").count() == 0
    assert shown_range(page)[2] + topics[2] == everything
    page.get_by_role("link", name="Remove the filter kind bookmarks").click()
    expect(page.locator(".range")).to_contain_text(f"of {everything}")


def views(page: Page) -> None:
    # Those that are folded are in no view counted as shown.
    counts = []
    for name in ("simple", "middle", "full"):
        choose(page, "View", name)
        counts.append(page.locator(".result > blockquote").count())
    assert counts[0] < counts[1] < counts[2]
    assert page.locator(".result details").count() == 0


def count(page: Page) -> None:
    first, last, total = shown_range(page)
    assert (first, last) == (1, 20) and total > 20
    assert page.locator(".result").count() == 20


def pages(page: Page) -> None:
    total = shown_range(page)[2]
    seen = titles(page)
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator(".range")).to_contain_text("21 –")
    assert not set(seen) & set(titles(page))
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.locator(".range")).to_contain_text("1 – 20")
    page.locator(".pager ol a").last.click()
    expect(page.locator(".range")).to_contain_text(f"– {total} of")
    expect(page.get_by_role("link", name="Next", exact=True)).to_have_count(0)


def page_sizes(page: Page) -> None:
    total = shown_range(page)[2]
    for size in (10, 50):
        link = page.get_by_role("link", name=f"{size} results per page")
        link.click()
        expect(link).to_have_attribute("aria-current", "true")
        assert shown_range(page) == (1, min(size, total), total)
        assert page.locator(".result").count() == min(size, total)


def annotations(page: Page) -> None:
    fold = page.locator(".result details", has_text=re.compile("more annotations?")).first
    summary = fold.locator("summary")
    announced = re.match(r"… (\d+) more annotations?", summary.inner_text())
    assert announced, summary.inner_text()
    expect(fold.locator("blockquote").first).to_be_hidden()
    summary.click()
    expect(fold.locator("blockquote")).to_have_count(int(announced[1]))
    expect(fold.locator("blockquote").last).to_be_visible()


def contributor(page: Page) -> None:
    link = page.locator(".result .meta a").first
    name = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(name)))
    authors = page.locator(".result .meta a").all_inner_texts()
    assert authors and set(authors) == {name}


def tags(page: Page) -> None:
    link = page.locator(".result .tags a").first
    name = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(name)))
    for result in page.locator(".result").all():
        assert name in result.locator(".tags a").all_inner_texts()


def view_count(page: Page) -> None:
    assert len(page.locator(".result .meta", has_text=re.compile(r"\d views?")).all()) > 5


def title(page: Page) -> None:
    result = page.locator(".result").first
    site = result.locator(".site").inner_text()
    link = result.locator("h3 a")
    assert site in str(link.get_attribute("href"))
    link.click()
    expect(page).to_have_url(re.compile(re.escape(site)))


CHECKS: dict[str, Callable[[Page], None]] = dict(
    zip(
        DIIGO_CONTROLS,
        (
            search_box,
            search_fields,
            sort,
            kind,
            views,
            count,
            pages,
            page_sizes,
            annotations,
            contributor,
            tags,
            view_count,
            title,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("control", DIIGO_CONTROLS)
def test_each_control_of_diigo_has_its_equal(reader: Page, served: str, control: str) -> None:
    reader.goto(f"{served}/en?q={QUESTION}")
    CHECKS[control](reader)


def test_facets_filter_and_unfold(reader: Page, served: str) -> None:
    # By words, as above: counts add up.
    reader.goto(f"{served}/en?q={QUESTION}&mode=keyword")
    for name in ("tags", "contributors", "sites", "years", "languages"):
        values = reader.locator(f"section[aria-labelledby=f-{name}] > ul a")
        first = values.first
        announced = int(first.locator(".count").inner_text())
        first.click()
        assert shown_range(reader)[2] == announced
        expect(values.first).to_have_attribute("aria-current", "true")
        reader.go_back()
    fold = reader.locator("#filters details").first
    fold.locator("summary").click()
    expect(fold.locator("a").first).to_be_visible()


def test_the_slash_goes_to_the_question(chromium: Browser, served: str) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/en?q={QUESTION}")
    page.keyboard.press("/")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("a/b")
    expect(box).to_have_value("a/b")
    page.close()
