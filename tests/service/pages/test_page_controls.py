"""Whatever Diigo's page of a library lets its reader do, Glane's does, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytest_plugins = ["tests.support.browser", "tests.support.service"]

QUESTION = "travail"

# What stands on Diigo's page, and its equal here. The table of docs/page.md is checked against this one.
DIIGO_CONTROLS = {
    "Search box": "the question box; Enter or Search",
    "Search in title, tags, annotations or url": "Filter, Search in: everything, title, tags, …",
    "Sort by relevance or date": "Sort: relevance, date",
    "Filter all, bookmarks or topics": "Filter, Show: all, bookmarks, topics",
    "View simple, middle or full": "View, Annotations: simple, middle, full",
    "1 - 20 of 112": "the count above the results, such as 1 – 20 of 112",
    "Next and Last": "Next, Previous, and the numbers of the pages with the last one",
    "Items per page": "View, Per page: 10, 20, 50, 100",
    "...42 more annotations...": "… 42 more annotations, which unfolds them",
    "Contributor's name": "the contributor's name, which leads to the contributor's page",
    "Tags": "the tags under a result, each of which leads to the tag's page",
    "Number of views": "the number of views beside the date",
    "Title and site": "the title leads to the bookmark, the site to the page itself, at the passage",
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


def folded(page: Page, group: str, name: str) -> Locator:
    """A choice, whether or not it is folded away."""
    holder = page.get_by_role("group", name=group, exact=True, include_hidden=True)
    return holder.get_by_role("link", name=name, exact=True, include_hidden=True)


def follow(link: Locator) -> None:
    """Click a link, and its menu first where it is in one."""
    if not link.is_visible():
        link.locator("xpath=ancestor::details[1]/summary").click()
    link.click()


def choose(page: Page, group: str, name: str) -> Locator:
    """Follow a choice, and see that it is the current one then."""
    link = folded(page, group, name)
    follow(link)
    expect(link).to_have_attribute("aria-current", "true")
    return link


def current(page: Page, group: str) -> Locator:
    """The choice in force."""
    return page.get_by_role("group", name=group, exact=True, include_hidden=True).locator("[aria-current]")


def search_box(page: Page) -> None:
    page.locator("#q").fill("protection sociale des données")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=protection\+sociale"))
    expect(page.locator("mark").first).to_be_visible()
    page.locator("#q").fill(QUESTION)
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(rf"\?q={QUESTION}$"))


def search_fields(page: Page) -> None:
    choose(page, "Search by", "words")
    everything = shown_range(page)[2]
    totals = {}
    for name in ("title", "tags", "annotations", "address"):
        choose(page, "Search in", name)
        expect(current(page, "Search by")).to_have_text("words")
        totals[name] = shown_range(page)[2]
        if name == "title":
            assert all("trava" in title.lower() for title in titles(page))
        if name == "tags":
            for result in page.locator(".result").all():
                assert "trava" in result.locator(".tags").inner_text().lower()
    assert all(0 < total < everything for total in totals.values())
    choose(page, "Search in", "everything")
    expect(current(page, "Search by")).to_have_text("meaning and words")
    choose(page, "Search in", "address")
    # The choice outlives the next question.
    page.locator("#q").fill("emploi")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=emploi.*fields=url"))


def sort(page: Page) -> None:
    best = titles(page)
    choose(page, "Sort", "date")
    dates = page.locator(".result time").evaluate_all("nodes => nodes.map(node => node.dateTime)")
    assert len(dates) > 5 and dates == sorted(dates, reverse=True)
    choose(page, "Sort", "relevance")
    assert titles(page) == best


def kind(page: Page) -> None:
    # By words every match is counted; by meaning the nearest, of which a filter lets in others.
    choose(page, "Search by", "words")
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
        choose(page, "Annotations", name)
        counts.append(page.locator(".result > blockquote").count())
    assert counts[0] < counts[1] < counts[2]
    assert page.locator(".result details.more").count() == 0


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
        link = page.get_by_role("link", name=f"{size} results per page", include_hidden=True)
        follow(link)
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
    link = page.locator(".result .who").first
    name = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(name)))
    assert page.locator(".result").count() > 0
    # Whose page it is is said once.
    expect(page.locator("main").get_by_text(name, exact=True)).to_have_count(0)


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
    site = result.locator(".site bdi").inner_text()
    name = result.locator("h3").inner_text()
    result.locator("h3 a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    link = result.locator("a.out")
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


def test_long_facets_are_narrowed_by_what_is_typed(chromium: Browser, served: str) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/en?q={QUESTION}&mode=vector&all=true")
    fold = page.locator("section[aria-labelledby=f-tags] details")
    fold.locator("summary").click()
    fold.get_by_role("searchbox").fill("ENERG")
    names = fold.locator("li:visible bdi").all_inner_texts()
    assert names and all("energ" in name.lower().replace("é", "e") for name in names)
    page.close()


def test_the_keys_work_and_are_listed(chromium: Browser, served: str) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/en?q={QUESTION}")
    titles = page.locator(".result h3 a")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(titles.nth(place)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    listed = page.get_by_role("dialog").locator("kbd").all_inner_texts()
    assert listed == ["/", "j", "k", "↵", "o", "?"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    box = page.locator("#q")
    expect(box).to_be_focused()
    # What is typed is no key.
    box.fill("")
    page.keyboard.type("a/j?")
    expect(box).to_have_value("a/j?")
    page.close()


def test_a_citation_is_copied_and_without_scripts_opened(chromium: Browser, served: str) -> None:
    context = chromium.new_context(locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{served}/en?q={QUESTION}")
    page.locator(".result h3 a").first.click()
    title = page.get_by_role("heading", level=1).inner_text().replace("\u202f", " ").replace("\u00a0", " ")
    quotation = page.locator(".annotation").first
    quotation.locator("summary").click()
    link = quotation.get_by_role("link", name="Markdown")
    href = str(link.get_attribute("href"))
    link.click()
    expect(quotation.locator("summary")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("> ") and f"— [{title}](<" in copied
    assert page.request.get(served + href).text().strip() == copied.strip()
    context.close()


PHONE = {"width": 400, "height": 820}


@pytest.mark.parametrize("path", [f"?q={QUESTION}", "?q=protection+sociale+des+donn%C3%A9es&view=full"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_on_a_phone_results_come_soon_and_filters_are_two_taps_away(
    chromium: Browser, served: str, path: str, language: str
) -> None:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{served}/{language}{path}")
    top = page.locator(".result").first.evaluate("node => node.getBoundingClientRect().top")
    assert top <= 260
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    bar = page.locator(".bar").evaluate("node => node.getBoundingClientRect().height")
    assert bar < 50, "nothing wraps"
    page.locator(".to-filters").tap()
    value = page.locator("section[aria-labelledby=f-tags] > ul a").first
    expect(value).to_be_in_viewport()
    assert value.evaluate("node => node.getBoundingClientRect().height") >= 44
    value.tap()
    expect(page.locator(".chips")).to_be_visible()
    expect(page.locator("#filters")).to_be_hidden()
    context.close()


def test_on_a_phone_primary_controls_are_large_and_none_is_small(chromium: Browser, served: str) -> None:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    for path in (f"/fr?q={QUESTION}", "/fr", "/fr/tags", "/fr/highlights"):
        page.goto(served + path)
        for primary in page.locator(".ask button, .button:visible, .tool:visible").all():
            box = primary.bounding_box()
            assert box and box["height"] >= 44, primary.inner_text()
        # WCAG 2.5.8 leaves out links in a sentence; none here is one.
        small = page.locator("main a:visible, .top a:visible, .foot a:visible, summary:visible")
        heights = small.evaluate_all(
            "nodes => nodes.map(node => [node.textContent.trim(), node.getBoundingClientRect().height])"
        )
        assert [item for item in heights if item[1] < 24] == []
    context.close()


def test_the_pages_own_box_completes_what_is_typed(chromium: Browser, served: str) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.goto(f"{served}/fr")
    box = page.get_by_role("combobox")
    box.press_sequentially("protection soc", delay=60)
    expect(page.get_by_role("option").first).to_be_visible()
    assert 0 < len(asked) <= 6
    # What leads out of a site leads to the bookmark's page here.
    passages = page.locator(".glane-result")
    assert "/bookmarks/" in str(passages.first.get_attribute("href"))
    # The last option is whole.
    inside = page.get_by_role("listbox").evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    assert inside
    page.close()


def test_a_question_without_an_answer_says_so_and_shows_what_is_near(
    chromium: Browser, served: str
) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/en?q=recette+de+la+tarte+aux+pommes&as_typed=1")
    expect(page.get_by_text("Nothing here seems to answer")).to_be_visible()
    near = page.get_by_role("region", name="What comes nearest")
    expect(near.locator(".result")).to_have_count(3)
    page.get_by_role("link", name="less certain results").click()
    assert shown_range(page) == (1, 20, 216)
    expect(page.locator(".result").first).to_contain_text("less certain")
    page.close()


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
@pytest.mark.parametrize("question", [QUESTION, "protection sociale des données"])
def test_what_a_facet_announces_a_click_shows(
    chromium: Browser, served: str, question: str, mode: str
) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/en?q={question}&mode={mode}")
    for name in ("tags", "contributors", "sites", "years", "languages"):
        for place in (0, 1):
            value = page.locator(f"section[aria-labelledby=f-{name}] > ul a").nth(place)
            if not value.count():
                continue
            announced = int(value.locator(".count").inner_text())
            value.click()
            assert shown_range(page)[2] == announced, (name, place)
            page.go_back()
    page.close()
