"""A real Chromium for tests, and small servers of which its pages come.

A test that needs a browser never skips: where none is installed, one is fetched, and where none can
be had, the test fails and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from glane_indexer.identity import safe_url
from glane_service.box.snippet import asset
from glane_service.search.quoting import text_link
from tests.support.packages import axe_source

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
Answer = dict[str, Any]


def find_browser(playwright: Playwright) -> str:
    """The path of a Chromium: the system's, else Playwright's own, else one that is installed now.

    Raises:
        RuntimeError: there is none, and none can be installed.
    """
    own = Path(playwright.chromium.executable_path)
    if found := _installed():
        return found
    if not own.exists():
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    if own.exists():
        return str(own)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-yq", "--no-install-recommends", "chromium")
    if found := _installed():
        return found
    raise RuntimeError(
        "no Chromium for the tests of pages: install chromium or google-chrome, "
        "or run `playwright install --with-deps chromium`"
    )


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium."""
    return playwright.chromium.launch(executable_path=find_browser(playwright), args=["--no-sandbox"])


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _run(*command: str) -> None:
    """Failures show as the browser that is still missing."""
    subprocess.run(command, check=False, timeout=600)


class StandIn:
    """A service, or a site, on an origin of its own: pages, the box's files, and answers to searches.

    ``answer`` makes the answer to a question, and may sleep or raise; ``asked`` holds the addresses of
    all requests of the API. ``pages`` are HTML by path, sent with ``policy`` as their CSP.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, str] = {}
        self.policy = ""
        self.answer: Callable[[str], Answer] = answer_of
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def questions(self) -> list[str]:
        """The questions that were asked, in order."""
        return [parse_qs(urlsplit(path).query).get("q", [""])[0] for path in self.asked]

    def _respond(self, path: str) -> tuple[int, str, bytes]:
        parts = urlsplit(path)
        if parts.path in self.pages:
            return 200, "text/html; charset=utf-8", self.pages[parts.path].encode()
        if found := asset(parts.path):
            return 200, found.content_type, found.body
        if parts.path.startswith("/api/"):
            self.asked.append(path)
            document = self.answer(parse_qs(parts.query).get("q", [""])[0])
            return 200, "application/json", json.dumps(document).encode()
        return 404, "text/plain", b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    status, kind, body = stand_in._respond(self.path)
                except RuntimeError as error:
                    status, kind, body = 503, "text/plain", str(error).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Access-Control-Allow-Origin", "*")
                if stand_in.policy and kind.startswith("text/html"):
                    self.send_header("Content-Security-Policy", stand_in.policy)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    # The page has cancelled the request.
                    return

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: tests read ``asked``."""

        return Handler


def hit(number: int, **changes: Any) -> Answer:
    """One result of a search; ``changes`` go to its bookmark or its passage."""
    bookmark = {
        "id": f"id{number}",
        "url": f"https://site{number}.example/page",
        "title": f"Title {number}",
        "site": f"site{number}.example",
        "contributor": "Camille Roy",
        "language": "fr",
    }
    passage: Answer = {"kind": "annotation", "text": "Le travail change.", "highlights": [[3, 10]]}
    for name, value in changes.items():
        (passage if name in passage else bookmark)[name] = value
    passage["link"] = text_link(safe_url(bookmark["url"]), passage["text"])
    return {"rank": number, "bookmark": bookmark, "passage": passage}


def answer_of(question: str, *hits: Answer, suggestions: list[Answer] | None = None) -> Answer:
    """An answer of the API; without ``hits``, of two that repeat the question."""
    if suggestions is None:
        suggestions = [{"kind": "tag", "text": "travail", "url": "/tags/travail"}]
    found = hits or (hit(1, title=f"First for {question}"), hit(2))
    return {"total": len(found), "results": list(found), "suggestions": suggestions}


def later(seconds: float, answer: Answer) -> Answer:
    """The same answer, after a while."""
    time.sleep(seconds)
    return answer


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own."""
    context = chromium.new_context(locale="fr-FR")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def service() -> Iterator[StandIn]:
    """A stand-in for the service."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture
def site() -> Iterator[StandIn]:
    """A site of another origin, that has the search box on its pages."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()


def console_errors(page: Page) -> list[str]:
    """A list that fills with the page's errors, and its violations of the CSP, from now on."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def show_box(page: Page, site: StandIn, service: StandIn, inner: str = "", attributes: str = "") -> None:
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


def stop_the_clock(page: Page) -> None:
    """From now on time passes in the page only as ``page.clock.run_for`` says."""
    page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
    page.clock.pause_at(datetime(2026, 1, 2, tzinfo=UTC))


WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def axe_violations(page: Page, rules: dict[str, Any] = WCAG) -> list[str]:
    """The rules that the page breaks, of WCAG 2.2 AA or of ``rules``, with elements that break each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    passes, violations = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"
        ".then(({ violations, passes }) => [passes.length, violations])",
        rules,
    )
    assert passes, "axe-core has checked nothing"
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"][:3]
    ]
