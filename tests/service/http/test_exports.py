from __future__ import annotations

import csv
import io

import pytest
from fastapi.testclient import TestClient

from glane_indexer.models import Annotation, Bookmark
from glane_service.http.exports import as_csv
from glane_service.http.links import Links
from glane_service.search.query import Query
from glane_service.search.results import Hit, MatchedPassage, Why


def test_an_answer_in_markdown_quotes_and_names_its_sources(client: TestClient) -> None:
    answer = client.get("/search.md", params={"q": "levain", "mode": "keyword"})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="levain.md"'
    heading, *rest = answer.text.splitlines()
    assert heading == "# levain"
    assert "<http://testserver/?q=levain&mode=keyword>" in answer.text
    assert (
        sum("[Recette du pain au levain](<https://cuisine.example.net/pain" in line for line in rest) == 1
    )


def test_csv_has_a_line_a_result_and_no_formula(client: TestClient) -> None:
    answer = client.get("/search.csv", params={"tag": "vélo"})
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:4] == ["rank", "title", "url", "passage"]
    assert [row[1] for row in rows[1:]] == ["Des pistes cyclables à Grenoble", "Bicicletas en la ciudad"]
    assert rows[1][6:] == ["2019-09-09", "vélo, ville", "http://testserver/bookmarks/b08"]
    hostile = Bookmark("=cmd()", id="x", annotations=(Annotation("+1", id="a"),))
    hit = Hit(1, 0.0, hostile, MatchedPassage("annotation", "+1", "a"), Why())
    (_, row) = csv.reader(io.StringIO(as_csv([hit], Query(""), Links(), "Glane")))
    assert (row[1], row[3]) == ("'=cmd()", "'+1")


def test_json_and_ris_hold_the_same_results(client: TestClient) -> None:
    parameters = {"q": "travail", "mode": "keyword"}
    document = client.get("/search.json", params=parameters).json()
    answer = client.get("/api/search", params=parameters).json()
    assert [item["bookmark"]["id"] for item in document["results"]] == [
        item["bookmark"]["id"] for item in answer["results"]
    ]
    assert client.get("/search.ris", params=parameters).text.count("TY  - ELEC") == answer["total"]


def test_all_pages_are_taken_along(client: TestClient) -> None:
    document = client.get("/search.json", params={"sort": "date", "per_page": 3, "page": 2}).json()
    assert len(document["results"]) == 12


@pytest.mark.parametrize("form", ["md", "txt", "bib", "csl", "ris"])
def test_an_annotation_is_cited_in_every_form(client: TestClient, form: str) -> None:
    answer = client.get(f"/cite/{form}/b01", params={"annotation": "a4"})
    assert answer.status_code == 200
    assert "Les entreprises en tirent une rente." in answer.text
    assert "Vers une protection sociale" in answer.text


@pytest.mark.parametrize(
    "path", ["/search.pdf?q=x", "/cite/pdf/b01", "/cite/md/none", "/cite/md/b01?annotation=zz"]
)
def test_what_there_is_not_is_said(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
