"""The search box against the service itself: on a site of another origin, under a strict policy."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from tests.support.browser import CONTRAST, StandIn, axe_violations, console_errors
from tests.support.service import serving

pytest_plugins = ["tests.support.browser"]

QUESTION = "protection sociale des données"
# The aim is 150 ms; machines that run tests are shared.
ANSWER_MS = 400
REQUESTS = 6


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[StandIn]:
    """A site of another origin."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="module")
def host(sample_settings: Settings, sample_live: LiveEngine, elsewhere: StandIn) -> Iterator[str]:
    """The service over the sample library, which lets the pages of that one site ask it."""
    with serving(replace(sample_settings, cors_origins=(elsewhere.url,)), sample_live) as url:
        yield url


@pytest.fixture
def box(page: Page, elsewhere: StandIn, host: str) -> Page:
    """A page of the site, whose policy lets in nothing but the box."""
    page.context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.fulfill(body="there"))
    elsewhere.policy = f"default-src 'none'; script-src {host}; connect-src {host}; style-src {host}"
    show(page, elsewhere, host)
    return page


def show(page: Page, elsewhere: StandIn, host: str, lang: str = "fr") -> None:
    elsewhere.pages["/"] = (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Site</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<script src="{host}/search-box.js" defer></script>'
        f'<main><h1>Site</h1><glane-search endpoint="{host}" shortcut></glane-search></main></html>'
    )
    page.goto(elsewhere.url)


def test_the_keyboard_is_enough(box: Page, elsewhere: StandIn, host: str) -> None:
    field, options = box.get_by_role("combobox"), box.get_by_role("option")
    box.keyboard.press("Tab")
    expect(field).to_be_focused()
    box.keyboard.type("travail")
    expect(options.first).to_be_visible()
    expect(box.get_by_role("status")).to_have_text(re.compile(r"\d+ résultats"))
    count = options.count()
    assert count > 5, "suggestions and results"
    # Down through all of them, each the active one in its turn, and round to the first.
    for place in [*range(count), 0]:
        box.keyboard.press("ArrowDown")
        expect(options.nth(place)).to_have_attribute("aria-selected", "true")
        expect(field).to_have_attribute(
            "aria-activedescendant", str(options.nth(place).get_attribute("id"))
        )
    expect(options.first).to_be_in_viewport()
    box.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(options.last).to_be_in_viewport()
    expect(field).to_be_focused()
    box.keyboard.press("Escape")
    expect(box.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("travail")
    box.keyboard.press("Escape")
    expect(field).to_have_value("")
    box.keyboard.press("Tab")
    expect(box.get_by_role("button")).to_be_focused()
    box.keyboard.press("/")
    expect(field).to_be_focused()


def test_enter_opens_all_results_a_suggestion_or_a_passage(
    box: Page, elsewhere: StandIn, host: str
) -> None:
    box.keyboard.press("Tab")
    box.keyboard.type("travail")
    expect(box.get_by_role("option").first).to_be_visible()
    box.keyboard.press("Enter")
    box.wait_for_url(f"{host}/?q=travail")
    expect(box.locator(".result").first).to_be_visible()
    show(box, elsewhere, host)
    box.keyboard.press("Tab")
    box.keyboard.type("travail")
    expect(box.get_by_role("option").first).to_be_visible()
    box.keyboard.press("ArrowDown")
    box.keyboard.press("Enter")
    box.wait_for_url(re.compile(f"^{re.escape(host)}/(tags/|contributors/|\\?q=)"))
    expect(box.locator(".result").first).to_be_visible()
    show(box, elsewhere, host)
    box.keyboard.press("Tab")
    box.keyboard.type(QUESTION)
    passage = box.locator(".glane-result").first
    expect(passage).to_be_visible()
    url = str(passage.get_attribute("href"))
    while passage.get_attribute("aria-selected") != "true":
        box.keyboard.press("ArrowDown")
    box.keyboard.press("Enter")
    # The browser keeps to itself which passage it jumps to.
    box.wait_for_url(url.split("#")[0] + "**")


def test_enter_with_control_keeps_the_page(box: Page, elsewhere: StandIn, host: str) -> None:
    box.keyboard.press("Tab")
    box.keyboard.type("travail")
    expect(box.get_by_role("option").first).to_be_visible()
    with box.context.expect_page() as opened:
        box.keyboard.press("Control+Enter")
    opened.value.wait_for_url(f"{host}/?q=travail")
    expect(opened.value.locator(".result").first).to_be_visible()
    opened.value.close()
    box.bring_to_front()
    box.get_by_role("combobox").focus()
    box.keyboard.press("ArrowDown")
    with box.context.expect_page() as opened:
        box.keyboard.press("Control+Enter")
    opened.value.wait_for_url(re.compile(f"^{re.escape(host)}/"))
    opened.value.close()
    assert box.url == f"{elsewhere.url}/"


def test_a_strict_policy_is_kept(page: Page, box: Page, elsewhere: StandIn, host: str) -> None:
    errors = console_errors(page)
    page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', "
        "(event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"
    )
    show(page, elsewhere, host)
    page.get_by_role("combobox").fill(QUESTION)
    expect(page.locator(".glane-result").first).to_be_visible()
    expect(page.locator(".glane-popup")).to_have_css("position", "absolute")
    expect(page.locator(".glane-mark").first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert page.evaluate("window.violations") == []
    assert errors == []


def test_another_site_gets_no_answer(page: Page, host: str, site: StandIn) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    show(page, site, host)
    page.evaluate("addEventListener('glane-error', event => { window.reason = event.detail.reason; })")
    page.get_by_role("combobox").fill("travail")
    expect(page.get_by_role("status")).to_have_text(re.compile("ne répond pas"))
    # A reader is told no more; who made the site finds out why.
    assert page.evaluate("window.reason") == "cors"
    assert warnings == [
        f"glane-search: {host} does not let this site ask. Name {site.url} in its GLANE_CORS_ORIGINS."
    ]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_closed_and_open_it_breaks_no_rule(
    chromium: Browser, elsewhere: StandIn, host: str, lang: str
) -> None:
    context = chromium.new_context(locale=lang, reduced_motion="reduce", color_scheme="light")
    page = context.new_page()
    show(page, elsewhere, host, lang)
    expect(page.get_by_role("combobox")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("combobox").fill("travail")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert axe_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe_violations(page, CONTRAST) == []
    page.keyboard.press("Escape")
    assert axe_violations(page, CONTRAST) == []
    context.close()


def test_the_answer_is_there_soon_after_the_last_of_thirty_keys(box: Page, host: str) -> None:
    assert len(QUESTION) == 30
    asked: list[str] = []
    box.on(
        "request",
        lambda request: (
            asked.append(parse_qs(urlsplit(request.url).query)["q"][0])
            if "/api/search" in request.url
            else None
        ),
    )
    box.evaluate(
        """() => {
          const element = document.querySelector("glane-search");
          window.shown = [];
          element.addEventListener("keydown", () => { window.key = performance.now(); }, true);
          element.addEventListener("glane-results", (event) => {
            const titles = [...element.shadowRoot.querySelectorAll(".glane-result .glane-title")];
            window.shown.push([event.detail.query, performance.now() - window.key, titles.length]);
          });
        }"""
    )
    field = box.get_by_role("combobox")
    times, counts = [], []
    for _ in range(5):
        field.fill("")
        asked.clear()
        box.evaluate("window.shown = []")
        field.press_sequentially(QUESTION, delay=60)
        box.wait_for_function("q => window.shown.some(([query]) => query === q)", arg=QUESTION)
        shown = box.evaluate("window.shown")
        queries = [query for query, _, _ in shown]
        # Each answer is to a longer question than the one before: none comes back.
        assert queries == sorted(set(queries), key=len)
        assert all(QUESTION.startswith(query) for query in queries)
        assert queries[-1] == asked[-1] == QUESTION
        times.append(shown[-1][1])
        counts.append(len(asked))
    median = statistics.median(times)
    print(f"\nlast key to answer: {sorted(map(round, times))} ms, median {median:.0f}; requests {counts}")
    # A busy machine holds keys up; the pause that is waited for is longer then.
    assert statistics.median(counts) <= REQUESTS
    assert median <= ANSWER_MS
