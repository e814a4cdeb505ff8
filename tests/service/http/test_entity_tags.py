"""The tags of answers: the same as long as the answer is, and never another reader's."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from glane_service.http.entity_tags import is_known, tag_of
from glane_service.search.query import Query
from glane_service.search.ranking.parameters import Parameters

ENGINE = SimpleNamespace(
    identity="a public",
    reranking=None,
    encoder=SimpleNamespace(info=SimpleNamespace(fingerprint="f")),
    parameters=Parameters(),
)


def engine(**changed: Any) -> Any:
    return SimpleNamespace(**{**vars(ENGINE), **changed})


def test_a_tag_is_of_the_generation_the_ranking_and_the_query() -> None:
    tag = tag_of(engine(), Query("vélo"))
    assert tag.startswith('W/"')
    assert tag_of(engine(), Query("vélo")) == tag
    others = [
        tag_of(engine(), Query("velo")),
        tag_of(engine(), Query("vélo", page=2)),
        tag_of(engine(identity="a member"), Query("vélo")),
        tag_of(engine(identity="b public"), Query("vélo")),
        tag_of(engine(parameters=replace(Parameters(), line=0.2)), Query("vélo")),
        tag_of(engine(encoder=SimpleNamespace(info=SimpleNamespace(fingerprint="g"))), Query("vélo")),
    ]
    assert len({tag, *others}) == 7


def test_what_may_be_another_answer_the_next_time_has_none() -> None:
    assert tag_of(engine(identity=""), Query("vélo")) == ""
    assert tag_of(engine(reranking=object()), Query("vélo")) == ""


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("", False),
        ('W/"a"', True),
        ('"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ('"A"', False),
    ],
)
def test_tags_are_compared_weakly(header: str, known: bool) -> None:
    assert is_known('W/"a"', header) is known
    assert not is_known("", header)


def test_an_answer_that_is_still_the_same_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/api/search", params={"q": "vélo"})
    tag = first.headers["etag"]
    vary = {name.strip() for name in ",".join(first.headers.get_list("vary")).split(",")}
    assert {"Authorization", "Cookie", "Accept-Encoding"} <= vary
    again = client.get("/api/search", params={"q": "vélo"}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"
    assert "content-type" not in again.headers
    other = client.get("/api/search", params={"q": "train"}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


def test_a_question_that_is_being_typed_and_a_mistake_have_no_tag(client: TestClient) -> None:
    assert "etag" not in client.get("/api/search", params={"q": "vé", "suggest": True}).headers
    refused = client.get("/api/search", params={"q": ""}, headers={"If-None-Match": "*"})
    assert refused.status_code == 400
    assert "etag" not in refused.headers
