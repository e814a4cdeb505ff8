"""Dify's and Open WebUI's requests on twelve bookmarks, and the tools as an OpenAPI tool server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.http.adapters import in_dify_form
from glane_service.http.problems import Problem
from glane_service.http.tool_server import PREFIX
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query

QUESTION = "protection sociale des données"


def retrieve(client: TestClient, question: str = QUESTION, **members: Any) -> list[dict[str, Any]]:
    body = {
        "knowledge_id": "glane",
        "query": question,
        "retrieval_setting": {"top_k": 5, "score_threshold": 0},
    }
    response = client.post("/retrieval", json=body | members)
    assert response.status_code == 200, response.text
    records: list[dict[str, Any]] = response.json()["records"]
    return records


def test_dify_gets_the_passages_as_records(client: TestClient, engine: SearchEngine) -> None:
    records = retrieve(client)
    hits = engine.search(Query(QUESTION, per_page=5)).hits
    assert [record["content"] for record in records] == [hit.passage.text for hit in hits]
    first = records[0]
    assert set(first) == {"content", "score", "title", "metadata"}
    assert first["title"] == "Vers une protection sociale des données personnelles"
    assert first["metadata"]["url"].startswith("https://revue.example.org/protection-sociale")
    assert first["metadata"]["tags"] == ["données", "droit"]
    for record in records:
        assert 0 <= record["score"] <= 1
        assert isinstance(record["metadata"], dict) and None not in record["metadata"].values()


def test_dify_sets_how_many_and_from_which_score(client: TestClient) -> None:
    records = retrieve(client)
    threshold = records[1]["score"]
    setting = {"top_k": 5, "score_threshold": threshold}
    assert retrieve(client, retrieval_setting=setting) == [r for r in records if r["score"] >= threshold]
    assert len(retrieve(client, retrieval_setting={"top_k": 2, "score_threshold": 0.0})) == 2
    assert retrieve(client, retrieval_setting={"top_k": 2, "score_threshold": 1}) == []


def condition(name: Any, operator: str, value: Any = None) -> dict[str, Any]:
    return {"name": name, "comparison_operator": operator, "value": value}


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ([condition("tags", "contains", "vélo")], {"b07", "b08"}),
        ([condition(["tag"], "is", "vélo"), condition("language", "is", "es")], {"b07"}),
        ([condition("contributor", "in", ["Luc Martin"])], {"b05", "b06", "b10"}),
        ([condition("date", "after", "2019"), condition("author", "is", "Camille Roy")], {"b08"}),
        ([condition("site", "=", "ville.example.org")], {"b08"}),
    ],
)
def test_dify_filters_by_metadata(
    client: TestClient, conditions: list[dict[str, Any]], found: set[str]
) -> None:
    setting = {"top_k": 100, "score_threshold": 0}
    records = retrieve(
        client, "vélo", retrieval_setting=setting, metadata_condition={"conditions": conditions}
    )
    assert {record["metadata"]["id"] for record in records} <= found
    assert records
    assert retrieve(client, metadata_condition=None) == retrieve(client, metadata_condition={})


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"query": " "}, "the question is empty"),
        ({"query": "a" * 1001}, "1001 characters"),
        ({"retrieval_setting": {"top_k": 0, "score_threshold": 0}}, "0 is less than 1"),
        ({"metadata_condition": {"conditions": [condition("views", ">", 3)]}}, "'views' '>'"),
        ({"metadata_condition": {"conditions": [condition("tags", "is not", "x")]}}, "'tags' 'is not'"),
        (
            {
                "metadata_condition": {
                    "logical_operator": "or",
                    "conditions": [condition("tags", "is", "a"), condition("tags", "is", "b")],
                }
            },
            "joined by `and` only",
        ),
    ],
)
def test_dify_is_told_what_is_wrong_in_its_form(
    client: TestClient, members: dict[str, Any], said: str
) -> None:
    response = client.post("/retrieval", json={"knowledge_id": "glane", "query": "pain", **members})
    document = response.json()
    assert response.status_code == 400 == document["status"]
    assert document["error_code"] == 2000 and said in document["error_msg"]
    assert document["error_msg"] == document["detail"]


def test_a_library_that_is_not_open_is_said_in_each_form() -> None:
    closed = TestClient(create_app(Settings()))
    response = closed.post("/retrieval", json={"query": "pain"})
    assert response.status_code == 503 and "being opened" in response.json()["error_msg"]
    assert closed.post("/api/open-webui", json={"query": "pain", "count": 3}).status_code == 503
    assert closed.post(f"{PREFIX}/search", json={"query": "pain"}).status_code == 503


def test_open_webui_gets_a_list_of_links(client: TestClient, engine: SearchEngine) -> None:
    body = {"query": "comment citer une vidéo", "count": 3}
    found = client.post("/api/open-webui", json=body).json()
    hits = engine.search(Query("comment citer une vidéo", per_page=3)).hits
    assert [item["snippet"] for item in found] == [hit.passage.text for hit in hits]
    assert all(set(item) == {"link", "title", "snippet"} for item in found)
    # A topic has no page on the web: its own here is named, whole.
    assert found[0]["link"] == "http://testserver/bookmarks/b04"
    assert all(item["link"].startswith("http") for item in found)
    assert client.post("/api/open-webui", json={"query": "", "count": 3}).status_code == 400
    missing = client.post("/api/open-webui", json={"count": 3}).json()
    assert missing["detail"] == "query: Field required"


def test_the_tools_are_a_tool_server(client: TestClient) -> None:
    document = client.get(f"{PREFIX}/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert document["servers"] == [{"url": f"http://testserver{PREFIX}"}]
    operations = {path: item["post"]["operationId"] for path, item in document["paths"].items()}
    assert operations == {
        f"/{name}": name for name in ("search", "fetch", "find_quote", "related", "recent", "overview")
    }
    assert "422" not in json.dumps(document)
    # Every reference leads somewhere, and each operation can be called as it is described.
    for reference in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]:
        assert reference.split('"')[0] in document["components"]["schemas"]
    server = document["servers"][0]["url"]
    found = client.post(f"{server}/search", json={"query": QUESTION, "limit": 2}).json()
    assert found["results"][0]["id"] == "b01" and len(found["results"]) == 2
    for name, body in (
        ("fetch", {"id": "b01"}),
        ("find_quote", {"text": "Chaque clic est un travail que personne ne paie"}),
        ("related", {"id": "b01", "limit": 2}),
        ("recent", {}),
        ("overview", {}),
    ):
        assert client.post(f"{server}/{name}", json=body).status_code == 200, name
    assert client.post(f"{server}/fetch", json={"id": "none"}).status_code == 404
    wrong = client.post(f"{server}/search", json={"query": "pain", "size": 3}).json()
    assert wrong["parameter"] == "size"


def test_where_nothing_answers_nothing_is_given(client: TestClient) -> None:
    question = "pain tag:nowhere"
    assert retrieve(client, question) == []
    assert client.post("/api/open-webui", json={"query": question, "count": 3}).json() == []
    found = client.post(f"{PREFIX}/search", json={"query": question}).json()
    assert (found["results"], found["answered"]) == ([], False) and "Say so plainly" in found["message"]


def test_dify_is_told_of_keys_in_its_codes() -> None:
    def code(status: int, *headers: tuple[bytes, bytes]) -> int:
        request = Request({"type": "http", "headers": headers})
        problem = in_dify_form(Problem("bad-request", "no", status=status), request)
        return int(problem.to_json("/retrieval")["error_code"])

    key = (b"authorization", b"Bearer x")
    assert [code(401), code(401, key), code(403, key), code(400, key)] == [1001, 1002, 1002, 2000]
