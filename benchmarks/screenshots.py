"""Pictures of every page and state, to be looked at: ``python -m benchmarks.screenshots --out DIR``.

Each state is taken at three widths, on light and on dark paper, of a service over the sample library.
With ``--readme DIR`` only the two pictures of the README are made.
"""

from __future__ import annotations

import argparse
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


def take(browser: Browser, url: str, states: Sequence[State], out: Path) -> list[Path]:
    """A picture of each state at each width and on each paper; the files, in order."""
    made = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHTS[width]},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="fr-FR",
                reduced_motion="reduce",
            )
            page = context.new_page()
            for state in states:
                if state.name == "bookmark":
                    page.goto(f"{url}/fr?q={QUESTION}")
                    page.locator(".result h3 a").first.click()
                else:
                    page.goto(url + state.path)
                state.prepare(page)
                path = out / f"{state.name}-{width}-{scheme}.png"
                page.screenshot(path=path)
                made.append(path)
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
    options = parser.parse_args(arguments)
    out: Path = options.readme or options.out
    out.mkdir(parents=True, exist_ok=True)
    states = [state for state in STATES if not options.only or state.name in options.only]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library = options.library or sample(Path(folder) / "library")
        settings = replace(Settings.from_env(), library=library, judge=True)
        live = LiveEngine(settings, follow=False)
        browser = launch(playwright)
        with serving(settings, live) as url:
            made = for_readme(browser, url, out) if options.readme else take(browser, url, states, out)
        browser.close()
        live.close()
    for path in made:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
