"""The report page in a real browser: it asks for nothing, says nothing, and fits a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

import glane_eval
from glane_indexer.settings import Settings

PAPER = "[document.documentElement, document.body].map((e) => getComputedStyle(e).backgroundColor).join()"
pytest_plugins = ["tests.support.browser"]


@pytest.fixture(scope="module")
def report(dataset: Path, eval_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    glane_eval.report(glane_eval.run(dataset, settings=eval_settings), path)
    return path


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_needs_nothing_and_fits(report: Path, chromium: Browser, width: int, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert said == []
    assert asked == [report.as_uri()]
    assert page.locator("table").count() > 0
    assert page.locator("svg").count() >= 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 14
    paper = page.evaluate(PAPER)
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    other = page.evaluate(PAPER)
    assert paper != other
    context.close()
