"""Answers composed by a scripted model, which lies in half of its sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from glane_indexer.sample.load import queries
from glane_indexer.settings import Settings
from glane_service import cli
from glane_service.answers.chat import ChatError, ChatModel
from glane_service.answers.composing import NOT_SUPPORTED, Composer, whole
from glane_service.app import create_app
from glane_service.live import LiveEngine
from glane_service.mcp.tools import NO_ANSWER, Tools
from tests.support.chat import ChatStandIn, chat_server

QUESTION = "combien gagne un coursier ?"
_PASSAGE = re.compile(r"^\[(\d+)\] [^\n]*\n(`{3,})quote\n(.*?)\n\2$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def model() -> Iterator[ChatStandIn]:
    with chat_server() as made:
        yield made


@pytest.fixture
def composer(model: ChatStandIn, sample_live: LiveEngine) -> Composer:
    engine = sample_live.engine
    return Composer(Tools(engine), ChatModel(model.url, "small", "secret"), engine.encoder)


def passages(prompt: str) -> dict[int, str]:
    return {int(number): " ".join(text.split()) for number, _, text in _PASSAGE.findall(prompt)}


def sentence(text: str) -> str:
    """A passage as one sentence."""
    return re.sub(r"[.!?…](?=\s)", ",", text).strip(" .!?…«»") + "."


def test_every_sentence_is_one_that_its_passages_support(model: ChatStandIn, composer: Composer) -> None:
    truths: set[str] = set()
    lies = 0

    def lie_in_half(prompt: str) -> str:
        nonlocal lies
        given = passages(prompt)
        said = []
        for number, text in given.items():
            true = sentence(text)
            truths.add(true)
            other = number % len(given) + 1
            wrong = [
                f"En 1873, {true[0].lower()}{true[1:]} [{number}]",
                f"Selon Bertrand Quirin, {true[0].lower()}{true[1:]} [{number}]",
                f"Lire https://evil.example, {true[0].lower()}{true[1:]} [{number}]",
                f"{true}",
                f"{true} [{len(given) + 1}]",
                f"{true} [0]",
                f"{true} [{other}]",
                f"Il faut cuire la pâte au four toute la nuit avec du sel. [{number}]",
                f"La mairie a voté une prime pour tous les retraités. [{number}]",
            ]
            said += [f"{true} [{number}]", wrong[lies % len(wrong)]]
            lies += 1
        return " ".join(said)

    model.say = lie_in_half
    shown: list[dict[str, Any]] = []
    sources = 0
    for question in list(queries().values())[:12]:
        before = len(model.asked)
        document = whole(composer.compose(question))
        if len(model.asked) == before:
            # Nothing in the library answers it well enough: the model is not asked.
            assert document["sentences"] == []
            continue
        given = passages(model.asked[-1]["messages"][-1]["content"])
        sources += len(given)
        for item in document["sentences"]:
            assert item["text"] in truths, item
            # It cites the passage that says it.
            assert any(sentence(given[number]) == item["text"] for number in item["sources"]), item
        shown += document["sentences"]
        assert document["shown"] + document["dropped"] >= 2 * len(given)
    assert lies == sources > 50
    # What is true is shown, but for what the rules are too strict for.
    assert len(shown) > 0.8 * sources


def test_the_model_is_given_fenced_passages_and_a_key(model: ChatStandIn, composer: Composer) -> None:
    document = whole(composer.compose(QUESTION))
    (asked,) = model.asked
    assert model.keys == ["Bearer secret"] and asked["model"] == "small" and asked["stream"] is True
    assert "never follow" in asked["messages"][0]["content"]
    given = passages(asked["messages"][1]["content"])
    assert list(given) == list(range(1, len(document["sources"]) + 1))
    # It said NONE: that is not papered over, and the passages are there.
    assert document["answered"] is False and document["message"] == NOT_SUPPORTED
    assert document["sentences"] == [] and document["sources"]


def test_without_a_good_answer_the_model_is_not_asked(
    model: ChatStandIn, composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {"results": [], "answered": False}
    monkeypatch.setattr(Tools, "search", lambda self, *arguments, **named: nothing)
    document = whole(composer.compose("xyzzyqwert"))
    assert document["message"] == NO_ANSWER and document["answered"] is False
    assert model.asked == []


def test_troubles_of_the_model_are_said(model: ChatStandIn, composer: Composer) -> None:
    model.status = 500
    with pytest.raises(ChatError, match="answers 500"):
        whole(composer.compose(QUESTION))
    model.status, model.breaks = 200, True
    model.say = lambda prompt: "Un fait [1]. " * 50
    with pytest.raises(ChatError, match="cannot be reached"):
        whole(composer.compose(QUESTION))
    model.breaks, model.streams = False, False
    model.say = lambda prompt: sentence(passages(prompt)[1]) + " [1]"
    assert len(whole(composer.compose(QUESTION))["sentences"]) == 1
    nowhere = replace(composer, chat=ChatModel("http://127.0.0.1:9", "small"))
    with pytest.raises(ChatError, match="cannot be reached"):
        whole(nowhere.compose(QUESTION))


def test_over_http_whole_or_as_it_is_said(
    model: ChatStandIn, sample_settings: Settings, sample_live: LiveEngine
) -> None:
    settings = replace(sample_settings, chat_url=model.url, chat_model="small")
    client = TestClient(create_app(settings, sample_live))
    model.say = lambda prompt: f"{sentence(passages(prompt)[1])} [1] Une invention de 1873. [1]"
    document = client.post("/api/answer", json={"question": QUESTION}).json()
    assert (document["shown"], document["dropped"], document["answered"]) == (1, 1, True)
    stream = {"Accept": "text/event-stream"}
    response = client.post("/api/answer", json={"question": QUESTION}, headers=stream)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in response.text.strip().split("\n\n")]
    assert [name.removeprefix("event: ") for name, _ in events] == ["sources", "sentence", "done"]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert data[0]["sources"] == document["sources"] and data[1] == document["sentences"][0]
    model.status = 503
    broken = client.post("/api/answer", json={"question": QUESTION}, headers=stream).text
    assert "event: error" in broken and "answers 503" in broken
    assert client.post("/api/answer", json={"question": QUESTION}).status_code == 503
    assert client.post("/api/answer", json={"question": " "}, headers=stream).status_code == 400
    off = TestClient(create_app(sample_settings, sample_live))
    refused = off.post("/api/answer", json={"question": QUESTION})
    assert refused.status_code == 404 and "GLANE_CHAT_URL" in refused.json()["detail"]


def test_on_the_command_line(
    model: ChatStandIn,
    sample_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = ["--library", str(sample_settings.library)]
    assert cli.main(["ask", QUESTION, *library]) == 0
    quoted = capsys.readouterr().out
    assert quoted.startswith("[1] ") and "\n> " in quoted and "#:~:text=" in quoted
    assert cli.main(["ask", QUESTION, "--answer", *library]) == 2
    assert "Set GLANE_CHAT_URL" in capsys.readouterr().err
    monkeypatch.setenv("GLANE_CHAT_URL", model.url)
    model.say = lambda prompt: f"{sentence(passages(prompt)[1])} [1]"
    assert cli.main(["ask", QUESTION, "--answer", *library]) == 0
    assert " [1]\n\n[1] " in capsys.readouterr().out
    assert cli.main(["ask", QUESTION, "--answer", "--json", *library]) == 0
    assert json.loads(capsys.readouterr().out)["shown"] == 1
