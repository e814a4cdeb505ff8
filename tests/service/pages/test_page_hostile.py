"""A library, and questions, that mean harm: in a browser they are text, and the layout holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from glane_indexer.encoder.base import Encoder
from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from tests.support import little
from tests.support.browser import StandIn, ask, console_errors, show_box
from tests.support.service import serving

pytest_plugins = ["tests.support.browser"]

IMAGE = "<img src=x onerror=\"window.owned='image'\">"
SCRIPT = "</script></title></textarea><script>window.owned='script'</script>"
JAVASCRIPT = "javascript:window.owned='link'"
REVERSED = "danger \u202egnp.exe\u2066 \u200f"
EMOJI = "danger 👩‍👩‍👧‍👦🏴‍☠️" + "e\u0301\u0323" * 20 + "Z" + "\u0351\u036b\u0319\u0324" * 9
HOSTILE = [
    {
        "id": "h1",
        "url": "https://h1.example/",
        "title": f"danger {IMAGE}",
        "description": f"danger {SCRIPT}",
        "tags": [IMAGE, SCRIPT, JAVASCRIPT, REVERSED, EMOJI, "w" * 5000],
        "contributor": f"Eve {IMAGE}",
        "annotations": [
            {"text": f"danger {IMAGE} {SCRIPT}", "note": f"{IMAGE}", "author": f"{SCRIPT}"},
            {"text": "danger " + "m" * 20_000},
            {"text": REVERSED, "author": REVERSED},
            {"text": EMOJI},
            {"text": "danger \u0000nul\u0000"},
        ],
    },
    {"id": "h2", "url": JAVASCRIPT, "title": "danger of a link"},
    {"id": "h3", "url": "data:text/html,<script>window.owned='data'</script>", "title": "danger of data"},
    {"id": "h4", "url": "https://h4.example/" + "p" * 9000, "title": "danger " + "t" * 50_000},
    {"id": "h5", "url": "https://h5.example/", "title": "danger " + "mots longs " * 4500},
    {"id": "h6", "url": "https://h6.example/", "title": REVERSED, "description": EMOJI},
    {
        "id": "h7",
        "url": "https://h7.example/\u0000x",
        "title": "danger \u0000nul",
        "tags": ["\u0000", "a\u0000b"],
    },
    {"id": "h8", "url": "https://h8.example/", "title": EMOJI},
]
LINES = "".join(json.dumps(item) + "\n" for item in HOSTILE).encode()
QUESTIONS = [
    "danger",
    IMAGE,
    SCRIPT,
    JAVASCRIPT,
    REVERSED,
    EMOJI[:400],
    "danger \u0000 nul",
    '" autofocus onfocus="window.owned=1',
    "{{ 7*7 }} ${7*7}",
    "w" * 900,
]


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    library = little.make(tmp_path_factory.mktemp("harmful") / "library", encoder, LINES)
    settings = replace(Settings.from_env(), library=library, cors_origins=("*",))
    live = LiveEngine(settings, follow=False)
    with serving(settings, live) as url:
        yield url
    live.close()


@pytest.fixture(scope="module")
def narrow(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 400, "height": 800}, locale="fr-FR")
    yield context.new_page()
    context.close()


def see(page: Page, url: str, *, status: int = 200) -> None:
    """Open a page, click and unfold what can be, and see that nothing ran and that nothing sticks out."""
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    response = page.goto(url)
    assert response is not None and response.status == status
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.wait_for_timeout(30)
    assert page.evaluate("window.owned") is None
    assert dialogs == []
    assert (
        page.evaluate("document.querySelectorAll('main img, main script, main style, main iframe').length")
        == 0
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    links = page.locator("a[href]").evaluate_all("nodes => nodes.map(node => node.protocol)")
    assert set(links) <= {"http:", "https:"}
    # Nobody scrolls past a title for a minute.
    tallest = page.locator("h1, h3").evaluate_all("nodes => Math.max(...nodes.map(n => n.offsetHeight))")
    assert tallest < 1600


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_text(narrow: Page, harmful: str, question: str) -> None:
    errors = console_errors(narrow)
    see(narrow, f"{harmful}/fr?q={quote(question)}&view=full")
    box = narrow.locator("#q")
    # A control character has no place in a field.
    assert box.input_value().replace("\ufffd", "\0") in (
        question,
        question.strip(),
        question.replace("\0", ""),
    )
    assert errors == []


@pytest.mark.parametrize(
    "path",
    [
        "/fr",
        "/fr?q=danger&view=middle&explain=1",
        "/en?q=danger&mode=keyword&sort=date",
        *(f"/fr/bookmarks/h{number}" for number in range(1, 9)),
        f"/fr/tags/{quote(IMAGE, safe='')}",
        f"/fr/contributors/{quote(f'Eve {IMAGE}', safe='')}",
        f"/fr?q=danger&tag={quote(REVERSED)}&site={quote(IMAGE)}&contributor={quote(EMOJI[:99])}",
    ],
)
def test_what_is_in_the_library_is_text(narrow: Page, harmful: str, path: str) -> None:
    see(narrow, harmful + path)


def test_harm_is_shown_as_it_is_written(narrow: Page, harmful: str) -> None:
    narrow.goto(f"{harmful}/fr/bookmarks/h1")
    expect(narrow.get_by_role("heading", level=1)).to_have_text(f"danger {IMAGE}")
    expect(narrow.locator(".description")).to_have_text(f"danger {SCRIPT}")
    expect(narrow.locator(".bookmark blockquote").first).to_contain_text(f"danger {IMAGE} {SCRIPT}")
    narrow.goto(f"{harmful}/fr/bookmarks/h2")
    expect(narrow.locator(".url")).to_have_text(JAVASCRIPT)
    expect(narrow.locator(".url a, .bookmark h1 a")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "status"),
    [("?q=" + "x" * 50_000, 400), ("?page=%00", 400), ("?fields=<img>", 400), ("/bookmarks/%00", 404)],
)
def test_what_cannot_be_answered_is_a_page(narrow: Page, harmful: str, path: str, status: int) -> None:
    see(narrow, f"{harmful}/fr{path}", status=status)
    expect(narrow.get_by_role("heading", level=1)).to_be_visible()


def test_in_the_box_it_is_text(page: Page, site: StandIn, harmful: str) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    service = StandIn()
    service.close()
    service.url = harmful
    show_box(page, site, service)
    for question in ("danger", IMAGE, EMOJI[:200]):
        ask(page, question)
        page.wait_for_timeout(150)
        assert page.evaluate("window.owned") is None
        assert page.locator("glane-search").locator("img, script").count() == 0
        options = page.get_by_role("option")
        protocols = options.evaluate_all("nodes => nodes.map(node => node.protocol)")
        assert set(protocols) <= {"http:", "https:"}
        assert max(options.evaluate_all("nodes => nodes.map(node => node.offsetHeight)")) < 320
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
