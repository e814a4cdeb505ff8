"""Judging and voting over HTTP: off unless enabled, behind the key, and only from our own pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from glane_indexer.catalog.judgments import Judgments
from glane_indexer.library.feedback import votes
from glane_indexer.settings import Settings
from glane_service.access import ROLES
from glane_service.app import create_app
from glane_service.keys import KeyRing
from glane_service.live import LiveEngine

KEY = "s3cret key"
ANA = ("Ana", KEY)


@pytest.fixture(scope="module")
def settings(sample_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    library = tmp_path_factory.mktemp("judged") / "library"
    shutil.copytree(sample_settings.library, library)
    return replace(sample_settings, library=library, judge=True, feedback=True, admin_key=KEY)


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    live = LiveEngine(settings, follow=False)
    with TestClient(create_app(settings, live), follow_redirects=False) as made:
        yield made


def test_off_unless_enabled(sample_settings: Settings, sample_live: LiveEngine) -> None:
    client = TestClient(create_app(sample_settings, sample_live))
    assert client.get("/judge").status_code == 404
    vote = {"query": "q", "bookmark_id": "x", "helpful": True}
    assert client.post("/api/feedback", json=vote).status_code == 404
    assert "/feedback" not in client.get("/", params={"q": "travail"}).text


@pytest.mark.parametrize("auth", [None, ("Ana", ""), ("Ana", "wrong"), ("", KEY)])
def test_nobody_judges_without_name_and_key(client: TestClient, auth: tuple[str, str] | None) -> None:
    for answer in (client.get("/judge", auth=auth), client.post("/judge", auth=auth, data={"grade": "3"})):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_without_a_key_the_page_stays_shut(settings: Settings, sample_live: LiveEngine) -> None:
    client = TestClient(create_app(replace(settings, admin_key=""), sample_live))
    answer = client.get("/judge", auth=("Ana", ""), headers={"accept-language": "en"})
    assert answer.status_code == 403
    # A browser asks again and again where it is told that a password would do.
    assert "www-authenticate" not in answer.headers
    assert "GLANE_ADMIN_KEY" in answer.text


def test_a_key_of_the_role_admin_judges(client: TestClient, settings: Settings) -> None:
    ring = KeyRing(settings.library)
    statuses = [
        client.get("/judge", auth=("Ana", ring.add(f"a {role}", role)[1])).status_code for role in ROLES
    ]
    assert statuses == [401, 401, 401, 200, 401, 401]
    # What a browser sends by itself does not write.
    answer = client.post("/api/bookmarks", auth=ANA, json={"title": "x"})
    assert answer.status_code == 401


def test_a_judge_adds_questions_grades_and_takes_back(client: TestClient, settings: Settings) -> None:
    assert "no questions yet" in client.get("/judge", auth=ANA, headers={"accept-language": "en"}).text
    added = client.post("/judge/questions", auth=ANA, data={"questions": "revenu universel\n<b>gras</b>"})
    assert (added.status_code, added.headers["location"]) == (303, "/judge")
    page = client.get("/judge", auth=ANA)
    assert page.headers["cache-control"] == "no-store"
    assert "revenu universel" in page.text
    assert page.text.count('name="grade"') == 4
    judgments = Judgments(settings.library)
    question = next(iter(judgments.questions()))
    bookmark = page.text.split('name="bookmark" value="')[1].split('"')[0]
    grade = {"question": question, "bookmark": bookmark, "grade": "2"}
    assert client.post("/judge", auth=ANA, data=grade).status_code == 303
    assert [(item.judge, item.bookmark, item.grade) for item in judgments.all()] == [("Ana", bookmark, 2)]
    assert f'value="{bookmark}"' not in client.get("/judge", auth=ANA).text
    assert client.post("/judge/undo", auth=ANA).status_code == 303
    assert judgments.all() == []


@pytest.mark.parametrize(
    "data",
    [
        {"question": "none", "bookmark": "b", "grade": "1"},
        {"grade": "1"},
        {},
    ],
)
def test_what_is_no_judgment_is_an_error(client: TestClient, data: dict[str, str]) -> None:
    assert client.post("/judge", auth=ANA, data=data).status_code in (400, 404)


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
@pytest.mark.parametrize("origins", [(), ("*",), ("https://elsewhere.example",)])
def test_forms_of_other_sites_are_refused_whoever_may_ask(
    settings: Settings, sample_live: LiveEngine, headers: dict[str, str], origins: tuple[str, ...]
) -> None:
    client = TestClient(create_app(replace(settings, cors_origins=origins), sample_live))
    before = Judgments(settings.library).questions()
    for path in ("/judge", "/judge/undo", "/judge/questions", "/feedback"):
        data = {"query": "q", "bookmark_id": "x", "helpful": "true", "questions": "q"}
        refused = client.post(path, auth=ANA, data=data, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert Judgments(settings.library).questions() == before


def test_votes_are_kept(client: TestClient, settings: Settings) -> None:
    found = client.get("/api/search", params={"q": "travail"}).json()["results"][0]["bookmark"]["id"]
    vote = {"query": "travail", "bookmark_id": found, "helpful": True}
    assert client.post("/api/feedback", json=vote).status_code == 204
    form = {"query": "travail", "bookmark_id": found, "helpful": "false", "back": "/?q=travail"}
    answer = client.post("/feedback", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=travail")
    assert [(item.bookmark, item.helpful) for item in votes(settings.library)] == [
        (found, True),
        (found, False),
    ]


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", ""])
def test_a_vote_leads_nowhere_else(client: TestClient, back: str) -> None:
    found = client.get("/api/search", params={"q": "travail"}).json()["results"][0]["bookmark"]["id"]
    form = {"query": "travail", "bookmark_id": found, "helpful": "true", "back": back}
    assert client.post("/feedback", data=form).headers["location"] == "/"


@pytest.mark.parametrize(
    ("vote", "status"),
    [
        ({"query": "q", "bookmark_id": "none", "helpful": True}, 404),
        ({"query": "", "bookmark_id": "x", "helpful": True}, 400),
        ({"query": "q" * 1001, "bookmark_id": "x", "helpful": True}, 400),
        ({"query": "q", "bookmark_id": "x", "helpful": True, "grade": 3}, 400),
        ({"query": "q"}, 400),
    ],
)
def test_what_is_no_vote_is_an_error(
    client: TestClient, settings: Settings, vote: dict[str, object], status: int
) -> None:
    before = len(votes(settings.library))
    answer = client.post("/api/feedback", json=vote)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(votes(settings.library)) == before


def test_results_ask_for_an_opinion(client: TestClient) -> None:
    page = client.get("/", params={"q": "travail"}, headers={"accept-language": "en"})
    assert page.text.count('action="/feedback"') == 20
    assert "Does this help?" in page.text


def test_the_feedback_file_is_not_in_the_catalog(settings: Settings) -> None:
    assert (Path(settings.library) / "feedback.jsonl").exists()
    assert Judgments(settings.library).all() == []
