"""OpenSearch: the description that a browser reads, and its completions."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine

NAMESPACE = "{http://a9.com/-/spec/opensearch/1.1/}"


def test_the_description(client: TestClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/opensearchdescription+xml"
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{NAMESPACE}OpenSearchDescription"
    assert root.findtext(f"{NAMESPACE}ShortName") == "Glane"
    assert root.findtext(f"{NAMESPACE}InputEncoding") == "UTF-8"
    urls = {item.get("type"): item.get("template") for item in root.findall(f"{NAMESPACE}Url")}
    assert urls == {
        "text/html": "http://testserver/?q={searchTerms}",
        "application/x-suggestions+json": "http://testserver/opensearch/suggest?q={searchTerms}",
        "application/atom+xml": "http://testserver/search.atom?q={searchTerms}",
        "application/opensearchdescription+xml": "http://testserver/opensearch.xml",
    }
    # Each of the addresses answers.
    for address in urls.values():
        assert client.get(str(address).format(searchTerms="travail")).status_code == 200


def test_a_long_name_keeps_to_the_limits(little_settings: Settings, little_live: LiveEngine) -> None:
    name = "Bibliothèque & fonds <partagé> de la faculté de droit et des sciences"
    settings = replace(little_settings, site_name=name, public_url="https://a.example/glane")
    root = ElementTree.fromstring(
        TestClient(create_app(settings, little_live)).get("/opensearch.xml").content
    )
    assert root.findtext(f"{NAMESPACE}ShortName") == name[:16]
    assert root.findtext(f"{NAMESPACE}LongName") == name[:48]
    assert {str(item.get("template")).split("/glane/")[0] for item in root.findall(f"{NAMESPACE}Url")} == {
        "https://a.example"
    }


def test_completions_in_opensearchs_form(client: TestClient) -> None:
    response = client.get("/opensearch/suggest?q=trav")
    assert response.headers["content-type"].startswith("application/x-suggestions+json")
    assert response.json() == [
        "trav",
        ["travail", "Le travail invisible des plateformes"],
        ["tag", "title"],
        [
            "http://testserver/tags/travail",
            "http://testserver/?q=Le+travail+invisible+des+plateformes",
        ],
    ]
    assert client.get("/opensearch/suggest").json() == ["", [], [], []]
    assert client.get(f"/opensearch/suggest?q={'a' * 1001}").status_code == 400
