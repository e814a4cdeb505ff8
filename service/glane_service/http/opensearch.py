"""OpenSearch: a browser offers Glane among its search engines, and completes what is typed."""

from __future__ import annotations

from xml.etree import ElementTree

from fastapi import APIRouter, Request
from starlette.responses import Response

from glane_service.http.feeds import absolute
from glane_service.http.parameters import from_address
from glane_service.http.routes import SUGGESTIONS, answer, engine_of

NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
# The specification's own limits, in characters.
SHORT_NAME, LONG_NAME = 16, 48

opensearch = APIRouter(include_in_schema=False)


@opensearch.get("/opensearch.xml")
def description(request: Request) -> Response:
    """The OpenSearch description of this service."""
    links, name = absolute(request), request.app.state.settings.site_name
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(f"{{{NAMESPACE}}}OpenSearchDescription")

    def add(element: str, text: str = "", **attributes: str) -> None:
        child = ElementTree.SubElement(root, f"{{{NAMESPACE}}}{element}", attributes)
        child.text = text or None

    add("ShortName", name[:SHORT_NAME])
    if len(name) > SHORT_NAME:
        add("LongName", name[:LONG_NAME])
    add("Description", f"{name}: bookmarks and the passages marked in them")
    add("InputEncoding", "UTF-8")
    home = links.path("/")
    add("Url", type="text/html", method="get", template=f"{home}?q={{searchTerms}}")
    add(
        "Url",
        type="application/x-suggestions+json",
        method="get",
        template=f"{links.path('/opensearch/suggest')}?q={{searchTerms}}",
    )
    add(
        "Url",
        type="application/atom+xml",
        template=f"{links.path('/search.atom')}?q={{searchTerms}}",
    )
    add(
        "Url",
        type="application/opensearchdescription+xml",
        rel="self",
        template=links.path("/opensearch.xml"),
    )
    add("Image", links.path("/favicon.ico"), width="32", height="32", type="image/svg+xml")
    return Response(
        ElementTree.tostring(root, encoding="utf-8", xml_declaration=True),
        media_type="application/opensearchdescription+xml",
        headers={"Cache-Control": "public, max-age=86400"},
    )


@opensearch.get("/opensearch/suggest")
def suggest(request: Request) -> Response:
    """Completions in OpenSearch's own form: ``[typed, [text, …], [description, …], [url, …]]``."""
    text = from_address(request.query_params.multi_items()).q.strip()
    found = engine_of(request).suggest(text, SUGGESTIONS) if text else []
    links = absolute(request)
    document = [
        text,
        [item.text for item in found],
        [item.kind for item in found],
        [links.suggestion(item) for item in found],
    ]
    response = answer(document)
    response.headers["Content-Type"] = "application/x-suggestions+json; charset=utf-8"
    return response
