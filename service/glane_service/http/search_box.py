"""The search box's own files, for pages of any origin."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from glane_indexer.errors import NotFoundError

search_box = APIRouter(include_in_schema=False)


@search_box.get("/search-box{rest}")
@search_box.get("/{version}/search-box{rest}")
def search_box_file(request: Request) -> Response:
    """A script or style of the box, by its plain, its hashed or its versioned name."""
    from glane_service.box.snippet import asset

    path = request.url.path
    found = asset(path)
    if found is None:
        raise NotFoundError(f"there is no file {path[:80]}")
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": found.cache_control,
        "ETag": found.etag,
    }
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers={**headers, "Content-Type": found.content_type})
