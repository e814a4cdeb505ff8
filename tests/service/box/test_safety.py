"""The search box under strict policies, with hostile answers, and without its service."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import StandIn, answer_of, ask, console_errors, hit, show_box, stop_the_clock

pytest_plugins = ["tests.support.browser"]


@pytest.mark.parametrize("inner", ["", '<form action="/find"><input name="q" aria-label="Find"></form>'])
def test_it_works_under_a_strict_policy_of_another_origin(
    page: Page, site: StandIn, service: StandIn, inner: str
) -> None:
    site.policy = "default-src 'none'; " + "; ".join(
        f"{name} {service.url}" for name in ("script-src", "connect-src", "style-src")
    )
    errors = console_errors(page)
    show_box(page, site, service, inner)
    ask(page, "travail")
    expect(page.get_by_role("option").first).to_have_css("display", "flex")
    expect(page.locator(".glane-popup")).to_have_css("position", "absolute")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert errors == [] or all("favicon" in error for error in errors)


HOSTILE = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'


def test_what_the_service_answers_is_text(page: Page, site: StandIn, service: StandIn) -> None:
    hits = [
        hit(1, title=HOSTILE, text=f"{HOSTILE}!", highlights=[[0, 4]], site=HOSTILE, contributor=HOSTILE),
        hit(2, title="x" * 50_000, url="javascript:window.owned=1"),
        hit(3, title="\u202eabc\u0000def", url="data:text/html,x", id="a/b?"),
        hit(4, title="", url="https://a.example/#part"),
    ]
    evil = [
        {"kind": "tag", "text": "evil", "url": "javascript:window.owned=1"},
        {"kind": "constructor", "text": HOSTILE, "url": "/tags/x"},
    ]
    service.answer = lambda question: answer_of(question, *hits, suggestions=evil)
    show_box(page, site, service)
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
        question,
        hit(1, text=text, highlights=[[6, 13]]),
        hit(2, text=long, highlights=[[start, start + 7]]),
    )
    show_box(page, site, service)
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
    show_box(page, site, service, '<form action="/find"><input name="q"></form>')
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
    stop_the_clock(page)
    show_box(page, site, service)
    page.get_by_role("combobox").fill("travail")
    page.clock.run_for(5000)
    expect(page.get_by_role("status")).to_have_text("Searching…")
    page.clock.run_for(200)
    expect(page.get_by_role("status")).to_have_text("The search does not answer at the moment.")
