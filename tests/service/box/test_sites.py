"""The box on pages of WordPress, of Hugo and of hand-written sites, under the policies they send."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import StandIn, console_errors

pytest_plugins = ["tests.support.browser"]


class Site(NamedTuple):
    """What a site's pages are made of; ``HOST`` is the service, ``BOX`` its lines."""

    html: str
    policy: str


# Its theme resets every form control, and its own script opens things on "/" and listens to keys.
WORDPRESS = Site(
    """<!doctype html><html lang="fr-FR"><head><meta charset="utf-8"><title>Carnet</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style id="global-styles-inline-css">
:where(.is-layout-flex) { gap: .5em } input, button { all: unset; border: 4px solid red }
a { color: red; text-decoration: none } .wp-block-group { max-width: 620px } * { line-height: 2 }
[hidden] { display: block } div { float: left }
</style>
<script id="wp-emoji-settings">window._wpemojiSettings = {};</script></head>
<body class="home blog wp-embed-responsive"><div class="wp-site-blocks"><main class="wp-block-group">
<h1>Carnet</h1><div class="wp-block-html">BOX</div></main></div>
<script>document.onkeydown = (event) => { window.heard = event.key; };</script></body></html>""",
    "default-src 'self'; script-src 'self' 'unsafe-inline' HOST; style-src 'self' 'unsafe-inline' HOST; "
    "connect-src 'self' HOST; img-src 'self' data: https:; font-src 'self' data:; frame-ancestors 'self'",
)
# Hugo writes scripts and styles with integrity hashes; a strict policy is usual in front of static pages.
HUGO = Site(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notes</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<meta name="generator" content="Hugo 0.150.0"></head><body><header><nav>BOX</nav></header>
<main><h1>Notes</h1><article><p>Words.</p></article></main></body></html>""",
    "default-src 'none'; script-src 'self' HOST; style-src 'self' HOST; connect-src HOST; img-src 'self'; "
    "base-uri 'none'; form-action 'self' HOST; require-trusted-types-for 'script'",
)
PLAIN = Site("<title>Page</title><h1>Page</h1>BOX", "")
BOX = (
    '<script src="HOST/search-box.js" defer></script><glane-search endpoint="HOST" shortcut></glane-search>'
)
MODAL = BOX.replace("<glane", '<script src="HOST/search-box-modal.js" defer></script><glane').replace(
    "shortcut>", "shortcut modal>"
)


@pytest.mark.parametrize("site_of", [WORDPRESS, HUGO, PLAIN], ids=["wordpress", "hugo", "plain"])
def test_it_answers_looks_and_leads_as_elsewhere(
    page: Page, site: StandIn, service: StandIn, site_of: Site
) -> None:
    errors = console_errors(page)
    page.set_viewport_size({"width": 400, "height": 820})
    site.policy = site_of.policy.replace("HOST", service.url)
    for lines in (BOX, MODAL):
        site.pages["/"] = site_of.html.replace("BOX", lines).replace("HOST", service.url)
        page.goto(site.url)
        box = page.get_by_role("combobox")
        if lines is MODAL:
            expect(box).to_be_hidden()
        page.keyboard.press("/")
        expect(box).to_be_focused()
        box.press_sequentially("travail", delay=10)
        options = page.get_by_role("option")
        expect(options.first).to_be_visible()
        expect(page.locator(".glane-popup")).to_have_css("display", "flex")
        expect(page.locator(".glane-mark").first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
        # A theme's styles for inputs and links stay outside.
        expect(box).to_have_css("border-top-width", "1px")
        expect(options.first).not_to_have_css("color", "rgb(255, 0, 0)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        box.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        options.last.click()
        page.wait_for_url("https://site2.example/**", wait_until="commit")
    assert [error for error in errors if "404" not in error and "ERR_" not in error] == []


@pytest.fixture(autouse=True)
def elsewhere(page: Page) -> None:
    """What results lead to is nowhere."""
    page.context.route("https://*.example/**", lambda route: route.fulfill(body="there"))
