"""Pictures of every page and state, to be looked at: ``python -m benchmarks.screenshots --out DIR``.

Each state is taken at three widths, on light and on dark paper, of a service over the sample library.
With ``--readme DIR`` only the two pictures of the README are made.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from glane_indexer.encoder.load import load_encoder
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.sample.judged import add_judgments
from glane_indexer.sample.load import library_bytes
from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from tests.support.browser import launch
from tests.support.chat import chat_server
from tests.support.service import serving

WIDTHS = (400, 800, 1400)
HEIGHTS = {400: 820, 800: 1000, 1400: 900}
SCHEMES = ("light", "dark")
QUESTION = "Pourquoi des gens renoncent-ils à une aide à laquelle ils ont droit ?"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a page: its name, its path, and what is done before the picture is taken."""

    name: str
    path: str
    prepare: Callable[[Page], None] = lambda page: None


def _typing(page: Page) -> None:
    page.get_by_role("combobox").fill("")
    page.get_by_role("combobox").press_sequentially("revenu un", delay=60)
    expect(page.get_by_role("option").first).to_be_visible()
    # The list fills once more when the last key is answered.
    page.wait_for_load_state("networkidle")


def _composed(page: Page) -> None:
    page.locator(".composed button").click()
    expect(page.locator(".composed .about")).not_to_be_empty()
    expect(page.locator(".said")).not_to_be_empty()


def _repeated(prompt: str) -> str:
    """An answer of a model that keeps to its passages: the beginnings of the first two."""
    quoted = re.findall(r"^`{3,}quote\n(.*?)\n`{3,}$", prompt, re.MULTILINE | re.DOTALL)
    first, second = (" ".join(text.split()).rstrip(".") for text in quoted[:2])
    return f"{first}. [1] {second}. [2]"


def _sheet(page: Page) -> None:
    page.evaluate("location.hash = '#filters'")


def _menu(page: Page) -> None:
    page.locator(".tools details.menu").last.locator("summary").click()


def _cite(page: Page) -> None:
    page.locator(".annotation .cite summary").first.click()


def _keys(page: Page) -> None:
    page.keyboard.press("?")


STATES = (
    State("home", "/fr"),
    State("results", f"/fr?q={QUESTION}"),
    State("composed", f"/fr?q={QUESTION}", _composed),
    State("typing", "/fr?q=travail", _typing),
    State("filters", "/fr?q=travail&tag=travail", _sheet),
    State("view", "/en?q=data+protection&view=full", _menu),
    State("nothing", "/fr?q=bibliotheqe&mode=keyword&language=fr&after=2015"),
    State("no-answer", "/fr?q=recette+de+la+tarte+aux+pommes"),
    State("bookmark", "", _cite),
    State("contributor", "/fr/contributors/Camille%20Roussel"),
    State("tag", "/en/tags/travail"),
    State("tags", "/fr/tags"),
    State("highlights", "/fr/highlights"),
    State("error", "/fr?q=travail&page=5000"),
    State("missing", "/en/nowhere", _keys),
    State("sign-in", "/judge"),
)


def take(browser: Browser, url: str, states: Sequence[State], out: Path, language: str = "") -> list[Path]:
    """A picture of each state at each width and on each paper; the files, in order.

    With a language all are in that one, else some are in French and some in English.
    """
    made = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHTS[width]},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="fr-FR",
                reduced_motion="reduce",
                # A phone has no scrollbar that takes room.
                is_mobile=width == WIDTHS[0],
                has_touch=width == WIDTHS[0],
            )
            page = context.new_page()
            for state in states:
                if state.name == "bookmark":
                    page.goto(f"{url}/{language or 'fr'}?q={QUESTION}")
                    page.locator(".result h3 a").first.click()
                else:
                    path = re.sub("^/(fr|en)", f"/{language}", state.path) if language else state.path
                    page.goto(url + path)
                state.prepare(page)
                file = out / f"{state.name}-{width}-{scheme}.png"
                page.screenshot(path=file)
                made.append(file)
            context.close()
    return made


def for_readme(browser: Browser, url: str, out: Path) -> list[Path]:
    """The page of an answer, as the README shows it."""
    made = []
    for scheme in SCHEMES:
        context = browser.new_context(
            viewport={"width": 1100, "height": 720},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(f"{url}/fr?q={QUESTION}")
        path = out / f"page-{scheme}.png"
        page.screenshot(path=path)
        made.append(path)
        context.close()
    return made


def sample(library: Path) -> Path:
    """The sample library with its judged questions, indexed."""
    import_bytes(library_bytes(), library, name="sample")
    add_judgments(library)
    build_generation(library, load_encoder(Settings.from_env(), quiet=True))
    return library


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures; prints the path of each."""
    parser = argparse.ArgumentParser(prog="benchmarks.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"), metavar="DIR")
    parser.add_argument("--readme", type=Path, metavar="DIR", help="only the README's pictures, to there")
    parser.add_argument("--library", type=Path, metavar="DIR", help="of this library, not of the sample")
    parser.add_argument("--only", nargs="*", default=[], metavar="STATE", help="some of the states")
    parser.add_argument("--language", choices=("fr", "en"), help="every page in this one")
    options = parser.parse_args(arguments)
    out: Path = options.readme or options.out
    out.mkdir(parents=True, exist_ok=True)
    states = [state for state in STATES if not options.only or state.name in options.only]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, chat_server() as model:
        model.say = _repeated
        library = options.library or sample(Path(folder) / "library")
        settings = replace(Settings.from_env(), library=library, judge=True)
        if not options.readme:
            settings = replace(settings, chat_url=model.url)
        live = LiveEngine(settings, follow=False)
        browser = launch(playwright)
        with serving(settings, live) as url:
            if options.readme:
                made = for_readme(browser, url, out)
            else:
                made = take(browser, url, states, out, options.language or "")
        browser.close()
        live.close()
    for path in made:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
