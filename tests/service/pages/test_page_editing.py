"""Adding and editing in a real browser, with and without scripts, and the link for the bookmarks bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from glane_indexer.settings import Settings
from glane_service.keys import KeyRing
from glane_service.live import LiveEngine
from tests.support import little
from tests.support.browser import axe_violations
from tests.support.service import serving
from tests.support.writable import ENCODER, hashed

pytest_plugins = ["tests.support.browser"]

URL = "https://nature.example.com/pangolin"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return little.make(tmp_path_factory.mktemp("page") / "library", ENCODER)


@pytest.fixture(scope="module")
def address(library: Path) -> Iterator[str]:
    settings = replace(Settings.from_env(), library=library)
    with hashed(), serving(settings, LiveEngine(settings), lifespan="on") as url:
        yield url


@pytest.fixture(scope="module")
def key(library: Path, address: str) -> str:
    return KeyRing(library).add("Anne Dupont", "write")[1]


@pytest.fixture(params=[True, False], ids=["scripts", "none"])
def browsing(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="fr-FR", java_script_enabled=request.param)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Clé").fill(key)
    page.get_by_role("button", name="Se connecter").click()


def test_adding_editing_and_deleting(browsing: BrowserContext, address: str, key: str) -> None:
    page = browsing.new_page()
    page.goto(f"{address}/add?url={URL}&title=Le%20pangolin&text=Il%20dort.")
    sign_in(page, key)
    assert page.get_by_label("Adresse").input_value() == URL
    page.get_by_label("Mots-clés, séparés").fill("nature, Afrique")
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url("**/bookmarks/**")
    assert page.get_by_role("heading", level=1).inner_text() == "Le pangolin"
    assert "Il dort." in page.content()
    page.get_by_role("link", name="Modifier").click()
    page.get_by_label("Titre").fill("Les pangolins")
    page.get_by_label("Note").first.fill("à vérifier")
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url("**/bookmarks/**")
    assert page.get_by_role("heading", level=1).inner_text() == "Les pangolins"
    assert "à vérifier" in page.content()
    page.get_by_role("link", name="Modifier").click()
    page.get_by_text("Supprimer").first.click()
    page.get_by_role("button", name="Supprimer").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Se déconnecter").click()
    page.goto(f"{address}/add")
    assert "/sign-in" in page.url


def test_the_pages_break_no_rule_of_access(chromium: Browser, address: str, key: str) -> None:
    context = chromium.new_context(
        locale="en-GB", reduced_motion="reduce", viewport={"width": 400, "height": 820}
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{address}/en/sign-in?back=/en/add")
    assert axe_violations(page) == []
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/add")
    for path in ("/en/add", "/en/edit/b01", "/fr/edit/b01"):
        page.goto(address + path)
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_the_link_sends_the_page_and_what_is_selected(chromium: Browser, address: str, key: str) -> None:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{address}/en/sign-in?back=/en/add")
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/add")
    link = page.locator(".bookmarklet a").get_attribute("href")
    assert link
    context.route(
        "https://nature.example.com/**",
        lambda route: route.fulfill(
            content_type="text/html; charset=utf-8",
            body="<title>Le pangolin &amp; « l’autre »</title><p id='p'>Il dort le jour.</p>",
        ),
    )
    page.goto(URL)
    page.evaluate("getSelection().selectAllChildren(document.getElementById('p'))")
    with context.expect_page() as opened:
        page.evaluate("link => { location.href = link }", link)
    sent = parse_qs(urlsplit(opened.value.url).query)
    assert sent == {
        "url": [URL],
        "title": ["Le pangolin & « l’autre »"],
        "text": ["Il dort le jour."],
    }
    assert opened.value.get_by_label("Quoted passage").input_value() == "Il dort le jour."
    context.close()
