"""The retrievers, in the frameworks that they are for."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.apart import run_apart

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack import Pipeline
from langchain_core.runnables import RunnableLambda

from glane_client import (
    BadRequestError,
    GlaneClient,
    UnavailableError,
    client,
    haystack,
    langchain,
    llama_index,
)

pytest_plugins = ["tests.support.service"]
QUESTION = "combien gagne un coursier ?"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(seconds: float) -> None:
        return None

    monkeypatch.setattr(client, "sleep", lambda seconds: None)
    monkeypatch.setattr(client, "asleep", sleep)


@pytest.fixture(scope="module")
def expected(served: str) -> list[tuple[str, dict[str, Any]]]:
    with GlaneClient(served) as glane:
        answer = glane.search(QUESTION, per_page=3)
    assert len(answer.results) == 3
    return [(item.passage.text, item.metadata()) for item in answer.results]


def test_langchain(served: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    retriever = langchain.GlaneRetriever(url=served, k=3)
    documents = retriever.invoke(QUESTION)
    assert [(item.page_content, item.metadata) for item in documents] == expected
    assert documents[0].id == expected[0][1]["id"]
    assert run_apart(retriever.ainvoke(QUESTION)) == documents
    chain = retriever | RunnableLambda(lambda found: [item.metadata["source"] for item in found])
    assert chain.batch([QUESTION]) == [[meta["source"] for _, meta in expected]]
    narrowed = langchain.GlaneRetriever(url=served, k=3, parameters={"contributor": "Camille Roussel"})
    assert {item.metadata["contributor"] for item in narrowed.invoke(QUESTION)} == {"Camille Roussel"}
    assert "secret" not in repr(langchain.GlaneRetriever(url=served, key="secret"))


def test_llama_index(served: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    retriever = llama_index.GlaneRetriever(served, top_k=3)
    nodes = retriever.retrieve(QUESTION)
    assert [(item.node.get_content(), item.node.metadata) for item in nodes] == expected
    assert [item.score for item in nodes] == [meta["score"] for _, meta in expected]
    again = run_apart(retriever.aretrieve(QUESTION))
    assert [item.node.id_ for item in again] == [item.node.id_ for item in nodes]


def test_haystack(served: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    retriever = haystack.GlaneRetriever(served, top_k=3)
    pipeline = Pipeline()
    pipeline.add_component("glane", retriever)
    documents = pipeline.run({"glane": {"query": QUESTION}})["glane"]["documents"]
    assert [(item.content, item.meta) for item in documents] == expected
    assert run_apart(retriever.run_async(QUESTION, top_k=1))["documents"] == documents[:1]


def test_their_errors_say_what_is_wrong(served: str) -> None:
    with pytest.raises(BadRequestError, match="the question is empty"):
        langchain.GlaneRetriever(url=served).invoke("")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        langchain.GlaneRetriever(url=NOWHERE).invoke("pain")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        run_apart(langchain.GlaneRetriever(url=NOWHERE).ainvoke("pain"))
    with pytest.raises(UnavailableError, match="cannot be reached"):
        llama_index.GlaneRetriever(NOWHERE).retrieve("pain")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        haystack.GlaneRetriever(NOWHERE).run("pain")


@pytest.mark.parametrize(
    ("module", "blocked", "said"),
    [
        ("langchain", "langchain_core", "pip install 'glane[langchain]'"),
        ("llama_index", "llama_index", "pip install 'glane[llama-index]'"),
        ("haystack", "haystack", "pip install 'glane[haystack]'"),
        ("client", "httpx", "pip install 'glane[client]'"),
    ],
)
def test_a_missing_package_is_named(module: str, blocked: str, said: str) -> None:
    # As if it were not installed: None in sys.modules makes an import fail.
    script = f"import sys; sys.modules[{blocked!r}] = None; import glane_client.{module}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].endswith(said)
