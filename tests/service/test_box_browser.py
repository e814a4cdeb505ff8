"""The search box in a real browser: the keyboard, what it asks when, strict policies, hostile answers."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import StandIn, answer_of, console_errors, hit, later

pytest_plugins = ["tests.support.browser"]

QUESTION = "comment le travail change-t-il"


def show(page: Page, site: StandIn, service: StandIn, inner: str = "", attributes: str = "") -> None:
    """A page of the site with one box; ``inner`` is what the box is around."""
    site.pages["/"] = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Site</title>'
        f'<script src="{service.url}/search-box.js" defer></script>'
        f'<glane-search endpoint="{service.url}" {attributes}>{inner}</glane-search>'
        '<p id="outside">Elsewhere</p></html>'
    )
    page.goto(site.url)


def ask(page: Page, question: str) -> None:
    """Type a question at once, and wait for its answer."""
    box = page.get_by_role("combobox")
    box.fill(question)
    expect(page.get_by_role("option").first).to_be_visible()


def test_the_keyboard_moves_among_options_and_the_focus_stays(
    page: Page, site: StandIn, service: StandIn
) -> None:
    show(page, site, service)
    box, options = page.get_by_role("combobox"), page.get_by_role("option")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_attribute("aria-autocomplete", "list")
    ask(page, "travail")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(options).to_have_count(3)
    expect(page.get_by_role("group", name="Suggestions")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("2 results")
    controls = box.get_attribute("aria-controls")
    assert page.get_by_role("listbox").get_attribute("id") == controls
    assert box.get_attribute("aria-activedescendant") is None
    for key, place in (
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowDown", 2),
        ("ArrowDown", 0),
        ("ArrowUp", 2),
    ):
        box.press(key)
        active = options.nth(place)
        expect(active).to_have_attribute("aria-selected", "true")
        assert box.get_attribute("aria-activedescendant") == active.get_attribute("id")
        expect(box).to_be_focused()
    box.press("Home")
    assert box.get_attribute("aria-activedescendant") is None
    box.press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")


def test_escape_closes_and_then_clears(page: Page, site: StandIn, service: StandIn) -> None:
    show(page, site, service)
    box = page.get_by_role("combobox")
    ask(page, "travail")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("travail")
    box.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    box.press("Escape")
    box.press("Escape")
    expect(box).to_have_value("")


@pytest.mark.parametrize("way", ["Tab", "blur", "click"])
def test_leaving_the_box_closes_it(page: Page, site: StandIn, service: StandIn, way: str) -> None:
    show(page, site, service)
    ask(page, "travail")
    if way == "Tab":
        page.keyboard.press("Tab")
        expect(page.get_by_role("button")).to_be_focused()
    elif way == "blur":
        page.get_by_role("combobox").blur()
    else:
        page.mouse.click(5, page.viewport_size["height"] - 5)  # type: ignore[index]
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_enter_opens_the_page_of_all_results_or_the_option(
    page: Page, site: StandIn, service: StandIn
) -> None:
    service.pages["/"] = service.pages["/tags/travail"] = "<!doctype html><title>Glane</title>"
    show(page, site, service)
    ask(page, "le travail")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{service.url}/?q=le+travail")
    page.goto(site.url)
    ask(page, "le travail")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{service.url}/tags/travail")


@pytest.mark.parametrize("modifier", ["Control", "Meta"])
def test_enter_with_control_opens_a_new_tab(
    page: Page, site: StandIn, service: StandIn, modifier: str
) -> None:
    service.pages["/"] = service.pages["/tags/travail"] = "<!doctype html><title>Glane</title>"
    show(page, site, service)
    ask(page, "travail")
    for keys, path in ((["ArrowDown"], "/tags/travail"), (["Home"], "/?q=travail")):
        for key in keys:
            page.keyboard.press(key)
        with page.context.expect_page() as opened:
            page.keyboard.press(f"{modifier}+Enter")
        assert opened.value.url == service.url + path
        opened.value.close()
    assert page.url == f"{site.url}/"


def test_shortcuts_reach_the_box_unless_something_is_being_typed(
    page: Page, site: StandIn, service: StandIn
) -> None:
    show(page, site, service, attributes="shortcut")
    box = page.get_by_role("combobox")
    for key in ("/", "Control+k", "Meta+k"):
        box.blur()
        page.keyboard.press(key)
        expect(box).to_be_focused()
    page.keyboard.type("a/b")
    expect(box).to_have_value("a/b")
    show(page, site, service)
    page.keyboard.press("/")
    expect(box).not_to_be_focused()


def test_thirty_keys_make_few_requests_and_the_answer_is_quick(
    page: Page, site: StandIn, service: StandIn
) -> None:
    service.answer = lambda question: later(0.01, answer_of(question))
    show(page, site, service)
    page.evaluate(
        """() => {
          const element = document.querySelector("glane-search");
          element.addEventListener("keydown", () => { window.key = performance.now(); }, true);
          element.addEventListener("glane-results", (event) => {
            window.took = [event.detail.query, performance.now() - window.key];
          });
        }"""
    )
    assert len(QUESTION) == 30
    page.get_by_role("combobox").press_sequentially(QUESTION, delay=60)
    page.wait_for_function("question => window.took && window.took[0] === question", arg=QUESTION)
    assert 1 <= len(service.asked) <= 6
    assert page.evaluate("window.took[1]") <= 150
    page.wait_for_timeout(300)
    assert len(service.asked) <= 6


def test_an_answer_that_comes_late_is_never_shown(page: Page, site: StandIn, service: StandIn) -> None:
    slow = threading.Event()

    def answer(question: str) -> dict[str, object]:
        if question == "old":
            slow.wait(5)
        return answer_of(question)

    service.answer = answer
    show(page, site, service)
    page.evaluate(
        """() => {
          window.shown = [];
          document.addEventListener("glane-results", (event) => window.shown.push(event.detail.query));
        }"""
    )
    box = page.get_by_role("combobox")
    with page.expect_event("requestfailed") as stale:
        box.fill("old")
        page.wait_for_timeout(200)
        box.fill("new")
    assert "q=old" in stale.value.url
    expect(page.get_by_text("First for new")).to_be_visible()
    slow.set()
    page.wait_for_timeout(200)
    expect(page.get_by_text("First for new")).to_be_visible()
    assert page.evaluate("window.shown") == ["new"]
    assert service.questions() == ["old", "new"]


def test_no_question_asks_nothing(page: Page, site: StandIn, service: StandIn) -> None:
    show(page, site, service)
    box = page.get_by_role("combobox")
    box.fill("   ")
    page.wait_for_timeout(250)
    assert service.asked == []
    ask(page, "travail")
    box.fill("")
    expect(page.get_by_role("listbox")).to_be_hidden()
    box.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize("inner", ["", '<form action="/find"><input name="q" aria-label="Find"></form>'])
def test_it_works_under_a_strict_policy_of_another_origin(
    page: Page, site: StandIn, service: StandIn, inner: str
) -> None:
    site.policy = "default-src 'none'; " + "; ".join(
        f"{name} {service.url}" for name in ("script-src", "connect-src", "style-src")
    )
    errors = console_errors(page)
    show(page, site, service, inner)
    ask(page, "travail")
    expect(page.get_by_role("option").first).to_have_css("display", "flex")
    expect(page.locator(".glane-popup")).to_have_css("position", "absolute")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert errors == [] or all("favicon" in error for error in errors)


HOSTILE = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'


def test_what_the_service_answers_is_text(page: Page, site: StandIn, service: StandIn) -> None:
    hits = [
        hit(1, title=HOSTILE, text=HOSTILE, highlights=[[0, 4]], site=HOSTILE, contributor=HOSTILE),
        hit(2, title="x" * 50_000, url="javascript:window.owned=1"),
        hit(3, title="\u202eabc\u0000def", url="data:text/html,x", id="a/b?"),
        hit(4, title="", url="https://a.example/#part"),
    ]
    evil = [
        {"kind": "tag", "text": "evil", "url": "javascript:window.owned=1"},
        {"kind": "constructor", "text": HOSTILE, "url": "/tags/x"},
    ]
    service.answer = lambda question: answer_of(question, *hits, suggestions=evil)
    show(page, site, service)
    ask(page, "x")
    options = page.get_by_role("option")
    expect(options).to_have_count(5)
    assert page.evaluate("window.owned") is None
    assert page.locator("glane-search img, glane-search script").count() == 0
    links = options.evaluate_all("nodes => nodes.map(node => node.href)")
    assert all(link.startswith("http") for link in links)
    assert links[2] == f"{service.url}/bookmarks/id2"
    assert links[3] == f"{service.url}/bookmarks/a%2Fb%3F"
    assert links[4].startswith("https://a.example/#part:~:text=")
    expect(options.nth(1).locator(".glane-title")).to_have_text(HOSTILE)
    expect(options.nth(1).locator("mark")).to_have_text("<img")
    assert len(options.nth(2).locator(".glane-title").inner_text()) == 301
    assert options.nth(2).bounding_box()["height"] < 200  # type: ignore[index]
    assert options.nth(3).locator("bdi.glane-title").text_content() == "\u202eabcdef"
    expect(options.nth(4).locator(".glane-title")).to_have_text("https://a.example/#part")


def test_matches_are_marked_by_code_points_and_links_point_at_the_passage(
    page: Page, site: StandIn, service: StandIn
) -> None:
    text = "🙂🙂 le travail, demi-mot & co"
    long = "Un début de passage " + "très long " * 60 + "où le travail - change, enfin & tout"
    start = long.index("travail")
    service.answer = lambda question: answer_of(
        question, hit(1, text=text, highlights=[[6, 13]]), hit(2, text=long, highlights=[[start, start + 7]])
    )
    show(page, site, service)
    ask(page, "travail")
    passages = page.locator(".glane-passage")
    expect(passages.locator("mark")).to_have_text(["travail", "travail"])
    expect(passages.nth(0)).to_have_text(text)
    assert passages.nth(1).inner_text().startswith("… ")
    links = page.get_by_role("option").evaluate_all("nodes => nodes.slice(1).map(node => node.href)")
    assert links[0].endswith(
        "/page#:~:text=%F0%9F%99%82%F0%9F%99%82%20le%20travail%2C%20demi%2Dmot%20%26%20co"
    )
    assert links[1].endswith(
        "#:~:text=Un%20d%C3%A9but%20de%20passage%20tr%C3%A8s,%2D%20change%2C%20enfin%20%26%20tout"
    )


@pytest.mark.parametrize("trouble", ["unreachable", "503", "nonsense"])
def test_without_the_service_a_message_is_shown_and_the_form_still_works(
    page: Page, site: StandIn, service: StandIn, trouble: str
) -> None:
    def fail(question: str) -> dict[str, object]:
        if trouble == "503":
            raise RuntimeError("not ready")
        return {"surprise": [None]}

    service.answer = fail
    site.pages["/find"] = "<!doctype html><title>Found</title>"
    show(page, site, service, '<form action="/find"><input name="q"></form>')
    page.evaluate("document.addEventListener('glane-error', e => { window.failed = e.detail.message; })")
    if trouble == "unreachable":
        service.close()
    page.get_by_role("combobox").fill("travail")
    message = "The search does not answer at the moment."
    expect(page.get_by_role("status")).to_have_text(message)
    expect(page.locator(".glane-note")).to_be_visible()
    assert page.evaluate("window.failed")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/find?q=travail")


def test_a_service_that_is_too_slow_counts_as_unreachable(
    page: Page, site: StandIn, service: StandIn
) -> None:
    def hold(route: Route, request: Request) -> None:
        """Never answers."""

    page.route(re.compile("/api/search"), hold)
    page.clock.install()
    show(page, site, service)
    page.get_by_role("combobox").fill("travail")
    page.clock.run_for(5000)
    expect(page.get_by_role("status")).to_have_text("")
    page.clock.run_for(200)
    expect(page.get_by_role("status")).to_have_text("The search does not answer at the moment.")
