"""Every view of the page against the rules of WCAG 2.2 AA, in both languages, on light and dark paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import CONTRAST, axe_violations, console_errors

pytest_plugins = ["tests.support.browser", "tests.support.service"]

VIEWS = {
    "home": "",
    "simple": "?q=travail&per_page=3",
    "middle": "?q=travail&view=middle&sort=date&per_page=3",
    "full": "?q=protection+sociale&view=full&explain=1&per_page=3",
    "filtered": "?q=travail&contributor=Camille+Roussel&after=2015-01-01&fields=title",
    "nothing": "?q=travial&mode=keyword&after=2015-01-01&site=nowhere.example",
    "no answer": "?q=recette+de+la+tarte+aux+pommes&as_typed=1",
    "less certain": "?q=travail&all=1&per_page=3",
    "corrected": "?q=bibliotheqe&per_page=3",
    "error": "?page=soon",
    "past the end": "?page=5000",
    "missing": "/bookmarks/nothing-here",
    "tags": "/tags?name=tra",
    "contributors": "/contributors",
    "highlights": "/highlights?tag=travail",
    "tag": "/tags/travail?per_page=3",
    "contributor": "/contributors/Camille%20Roussel?per_page=3",
}

WIDTHS = (400, 1400)
# WCAG 2.5.8 leaves out what stands in a line of text; none of these does.
TOUCHED = "button:visible, summary:visible, input:visible, li a:visible, nav a:visible, .foot a:visible"
SMALL = """nodes => nodes.map(node => [node.textContent.trim(), node.getBoundingClientRect()])
    .filter(([, box]) => box.height > 1 && box.height < 24).map(([text]) => text)"""


@pytest.fixture(scope="module")
def browsing(chromium: Browser) -> Iterator[BrowserContext]:
    """One context for the module: a page is opened often here, and keeps nothing."""
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


def check(page: Page) -> None:
    """Every rule on light paper; on dark paper those of colour, since no other can differ."""
    page.emulate_media(color_scheme="light")
    assert axe_violations(page) == [], page.url
    page.emulate_media(color_scheme="dark")
    assert axe_violations(page, CONTRAST) == [], f"{page.url}, dark"


def check_widths(page: Page) -> None:
    """The same on a phone and on a large screen; nothing is wider than a phone, or hard to touch."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 820})
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        assert page.locator(TOUCHED).evaluate_all(SMALL) == [], page.url


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_breaks_no_rule(browsing: BrowserContext, served: str, view: str, language: str) -> None:
    page = browsing.new_page()
    errors = console_errors(page)
    response = page.goto(f"{served}/{language}{VIEWS[view]}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    check_widths(page)
    # Chromium reports the status of an error page as an error of its own.
    assert response is not None
    assert response.ok or all("Failed to load resource" in error for error in errors)
    assert errors == [] or not response.ok
    page.close()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_bookmark_breaks_no_rule(browsing: BrowserContext, served: str, language: str) -> None:
    page = browsing.new_page()
    page.goto(f"{served}/{language}?q=travail")
    page.locator(".result h3 a").first.click()
    expect(page.locator(".bookmark h1")).to_be_visible()
    check_widths(page)
    page.close()


def test_the_reference_breaks_no_rule(browsing: BrowserContext, served: str) -> None:
    page = browsing.new_page()
    page.goto(f"{served}/docs")
    expect(page.get_by_role("heading", name="GET /api/search", exact=True)).to_be_visible()
    check(page)
    page.set_viewport_size({"width": 320, "height": 800})
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [400, 1400])
def test_what_opens_over_the_page_breaks_no_rule(
    browsing: BrowserContext, served: str, language: str, width: int
) -> None:
    page = browsing.new_page()
    page.set_viewport_size({"width": width, "height": 820})
    page.goto(f"{served}/{language}?q=travail&per_page=3")
    page.get_by_role("combobox").fill("protection sociale")
    expect(page.get_by_role("option").first).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.locator(".tools details summary").last.click()
    check(page)
    page.evaluate("location.hash = '#filters'")
    check(page)
    page.evaluate("location.hash = '#results'")
    page.locator("h1").click(force=True)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.close()


def test_unfolded_and_on_a_small_screen_it_breaks_no_rule(browsing: BrowserContext, served: str) -> None:
    page = browsing.new_page()
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(f"{served}/fr?q=travail&per_page=3")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()
