"""An answer composed on the page: its sources first, then what of a scripted model's words they support."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from tests.support.browser import axe_violations, console_errors
from tests.support.chat import ChatStandIn, chat_server
from tests.support.service import serving

pytest_plugins = ["tests.support.browser"]

QUESTION = "combien gagne un coursier ?"
_QUOTE = re.compile(r"^\[1\] [^\n]*\n(`{3,})quote\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def model() -> Iterator[ChatStandIn]:
    with chat_server() as made:
        yield made


@pytest.fixture(scope="module")
def host(sample_settings: Settings, sample_live: LiveEngine, model: ChatStandIn) -> Iterator[str]:
    with serving(replace(sample_settings, chat_url=model.url, chat_model="small"), sample_live) as url:
        yield url


@pytest.fixture(scope="module")
def browsing(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 400, "height": 820})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_sources_come_first_then_what_they_support(browsing: Page, host: str, model: ChatStandIn) -> None:
    errors = console_errors(browsing)
    may_speak, said = threading.Event(), []

    def say(prompt: str) -> str:
        may_speak.wait(15)
        found = _QUOTE.search(prompt)
        assert found
        said.append(" ".join(found[2].split()).strip(" .!?…«»") + ".")
        lies = "La mairie a voté une prime pour tous les retraités. [1] Selon <img src=x> elle. [1]"
        return f"{said[0]} [1] {lies}"

    model.say = say
    browsing.goto(f"{host}/fr?q={QUESTION}")
    answer = browsing.get_by_role("region", name="Réponse composée")
    assert model.asked == []
    answer.get_by_role("button").click()
    sources = answer.get_by_role("listitem")
    expect(sources.first).to_be_visible()
    count = sources.count()
    assert count > 1
    first = browsing.locator(".result h3 a").first.inner_text()
    expect(sources.first).to_contain_text(f"[1]{first}")
    expect(answer.locator(".said")).to_be_empty()
    expect(answer.get_by_role("status")).to_have_text("Le modèle lit les passages…")
    may_speak.set()
    expect(answer.get_by_role("status")).to_contain_text("Rédigé par un modèle")
    expect(answer.locator(".said")).to_contain_text(said[0])
    assert "retraités" not in answer.inner_text()
    assert browsing.locator(".said img").count() == 0
    # What was not cited is not shown as a source; what was leads to its annotation.
    expect(sources).to_have_count(1)
    assert axe_violations(browsing) == []
    assert browsing.evaluate("document.documentElement.scrollWidth") <= 400
    sources.get_by_role("link").click()
    expect(browsing.locator(".annotation:target blockquote")).to_be_in_viewport()
    assert errors == []


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("NONE", "Ces passages ne suffisent pas pour composer une réponse."),
        ("Il faut cuire la pâte. [1]", "Ce que le modèle a répondu ne tenait pas aux passages"),
    ],
)
def test_a_model_that_does_not_answer_is_not_quoted(
    browsing: Page, host: str, model: ChatStandIn, says: str, told: str
) -> None:
    model.say = lambda prompt: says
    browsing.goto(f"{host}/fr?q={QUESTION}")
    answer = browsing.locator(".composed")
    answer.get_by_role("button").click()
    expect(answer.get_by_role("status")).to_contain_text(told)
    expect(answer.get_by_role("listitem")).to_have_count(0)
    expect(answer.locator(".said")).to_be_empty()


def test_a_model_that_breaks_off_is_said_to(browsing: Page, host: str, model: ChatStandIn) -> None:
    model.breaks = True
    browsing.goto(f"{host}/en?q={QUESTION}")
    answer = browsing.locator(".composed")
    answer.get_by_role("button").click()
    expect(answer.get_by_role("status")).to_have_text("The model does not answer at the moment.")
    expect(answer.get_by_role("listitem").first).to_be_visible()
    model.breaks = False


@pytest.mark.parametrize("path", ["/fr", f"/fr?q={QUESTION}&tag=travail", f"/fr?q={QUESTION}&page=2"])
def test_it_is_offered_for_a_question_to_the_whole_library_alone(
    browsing: Page, host: str, path: str
) -> None:
    browsing.goto(host + path)
    expect(browsing.locator(".composed")).to_have_count(0)
