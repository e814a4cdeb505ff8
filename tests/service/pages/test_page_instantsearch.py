"""InstantSearch.js, as it comes from npm, on Glane: its widgets find, filter, count and turn pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from tests.support.browser import StandIn, console_errors
from tests.support.packages import instantsearch_source
from tests.support.service import serving

pytest_plugins = ["tests.support.browser"]

HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><title>InstantSearch.js</title>
<link rel="icon" href="data:,"><script src="/instantsearch.js"></script>
<div id="box"></div><div id="stats"></div><div id="tags"></div><div id="hits"></div><div id="pages"></div>
<script>
  const { searchBox, hits, refinementList, pagination, stats, configure } = instantsearch.widgets;
  const search = instantsearch({
    indexName: "glane",
    searchClient: {
      search(requests) {
        return fetch("HOST/api/instantsearch", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ requests }),
        }).then((response) => response.json());
      },
    },
    future: { preserveSharedStateOnUnmount: true },
  });
  search.addWidgets([
    configure({ hitsPerPage: 5 }),
    searchBox({ container: "#box" }),
    stats({ container: "#stats" }),
    refinementList({ container: "#tags", attribute: "tags", operator: "and" }),
    hits({
      container: "#hits",
      templates: {
        item: (hit, { html, components }) =>
          html`<a href="${hit.url}">${components.Highlight({ hit, attribute: "title" })}</a>
            <q>${components.Snippet({ hit, attribute: "passage" })}</q>`,
      },
    }),
    pagination({ container: "#pages" }),
  ]);
  search.start();
</script></html>"""


@pytest.fixture
def app(page: Page, site: StandIn, sample_settings: Settings, sample_live: LiveEngine) -> Iterator[Page]:
    """A page of another origin that is made of InstantSearch.js."""
    with serving(replace(sample_settings, cors_origins=(site.url,)), sample_live) as host:
        site.pages["/instantsearch.js"] = instantsearch_source()
        site.pages["/"] = HTML.replace("HOST", host)
        yield page


def total(page: Page) -> int:
    found = re.match(r"([\d,]+) results?", page.locator("#stats").inner_text())
    assert found, page.locator("#stats").inner_text()
    return int(found[1].replace(",", ""))


def test_its_widgets_work(app: Page, site: StandIn) -> None:
    errors = console_errors(app)
    app.goto(site.url)
    items = app.locator("#hits li")
    expect(items).to_have_count(5)
    # The search box, the hits and their marks.
    app.locator("#box input").fill("protection sociale")
    expect(app.locator("#hits mark").first).to_be_visible()
    assert all(
        "protection" in text or "social" in text
        for text in (mark.lower() for mark in app.locator("#hits mark").all_inner_texts())
    )
    assert str(items.first.locator("a").get_attribute("href")).startswith("https://")
    everything = total(app)
    assert everything > 5
    # Pages.
    first = items.first.inner_text()
    app.locator("#pages").get_by_role("link", name="2", exact=False).first.click()
    expect(items.first).not_to_have_text(first)
    expect(app.locator(".ais-Pagination-item--selected")).to_have_text("2")
    # The refinement list. A filter may let in some that were too far from the question before.
    value = app.locator("#tags li").first
    announced = int(value.locator(".ais-RefinementList-count").inner_text())
    assert 0 < announced < everything
    value.locator("input").check()
    expect(app.locator(".ais-RefinementList-item--selected")).to_have_count(1)
    expect(app.locator("#stats")).not_to_contain_text(f"{everything} result")
    assert announced <= total(app) < everything
    expect(app.locator(".ais-Pagination-item--selected")).to_have_text("1")
    value.locator("input").uncheck()
    expect(app.locator("#stats")).to_contain_text(f"{everything} result")
    app.locator("#box button[type=reset]").click()
    expect(app.locator("#box input")).to_have_value("")
    expect(items).to_have_count(5)
    assert errors == []
