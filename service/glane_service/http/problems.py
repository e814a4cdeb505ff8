"""Errors as the service answers them: problem+json (RFC 9457), with types that do not change.

A reader with a browser gets the same as a page; see :mod:`glane_service.pages`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from glane_indexer.errors import GlaneError
from glane_indexer.library.writing import PreconditionError
from glane_service.access import TooManyError
from glane_service.http.bodies import BodyError
from glane_service.http.parameters import (
    Parameters,
    SearchParameters,
    SimilarParameters,
    SuggestParameters,
    explain_error,
    nearest,
)

MEDIA_TYPE = "application/problem+json"

TYPES: dict[str, tuple[int, str, str]] = {
    "bad-request": (
        400,
        "The request cannot be understood",
        "A parameter is missing, unknown or out of its range; `detail` names it.",
    ),
    "not-found": (404, "There is nothing here", "No page, bookmark or result has this address."),
    "method-not-allowed": (405, "This method is not allowed here", "`Allow` lists those that are."),
    "unauthorized": (
        401,
        "A key is needed here",
        "No key was given, or one that is not valid; `WWW-Authenticate` says how to give it.",
    ),
    "forbidden": (403, "This is not allowed", "`detail` says what is missing."),
    "read-only": (
        403,
        "This server takes no changes",
        "It follows another, or answers from Qdrant; `detail` names the one that takes them.",
    ),
    "conflict": (
        409,
        "This does not fit what came before",
        "Another request was made with the same `Idempotency-Key`.",
    ),
    "precondition-failed": (
        412,
        "The bookmark has changed",
        "It is not the one that `If-Match` names; `ETag` has the tag that it has now.",
    ),
    "unsupported-media-type": (
        415,
        "The body is of an unknown kind",
        "`detail` names those that are known.",
    ),
    "too-many": (429, "Too many requests", "`Retry-After` says in how many seconds there may be more."),
    "too-slow": (408, "The request did not arrive in time", "Send it again, without a pause in it."),
    "too-large": (413, "The request is too large", "Send less in one request."),
    "overloaded": (
        503,
        "The service is busy",
        "More is asked than can be answered in time; ask again after `Retry-After` seconds.",
    ),
    "unavailable": (
        503,
        "The library is not ready",
        "The service is up, and its library is not open yet, or cannot be; `detail` says why.",
    ),
    "internal": (
        500,
        "Something went wrong in the service",
        "An error of the service itself; its log has the details under `request_id`.",
    ),
}
"""Each problem type: its status, its title, and what it means."""

_BUSY_PAGE = """<!doctype html>
<html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>503 – Glane</title>
<h1>Le service est très demandé</h1>
<p>Rechargez cette page dans un instant.</p>
<div lang="en"><h2>The service is busy</h2>
<p>Load this page again in a moment.</p></div>
</html>
"""
_BY_STATUS = {
    400: "bad-request",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    413: "too-large",
    503: "overloaded",
    415: "unsupported-media-type",
}
_BY_SLUG = {
    "bad-request": "bad-request",
    "not-found": "not-found",
    "input": "bad-request",
    "service": "unavailable",
    "library": "unavailable",
    "catalog": "unavailable",
    "generation": "unavailable",
    "encoder-mismatch": "unavailable",
    "encoder": "unavailable",
    "locked": "unavailable",
    "journal": "unavailable",
    "unauthorized": "unauthorized",
    "read-only": "read-only",
    "forbidden": "forbidden",
    "too-many": "too-many",
    "conflict": "conflict",
    "precondition-failed": "precondition-failed",
}
_MODELS: dict[str, type[Parameters]] = {
    "/api/search": SearchParameters,
    "/api/suggest": SuggestParameters,
    "/api/bookmarks/{bookmark_id}/similar": SimilarParameters,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: its type's name (a key of :data:`TYPES`), and what happened this time."""

    slug: str
    detail: str
    parameter: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.status or TYPES[self.slug][0]

    def to_json(self, instance: str) -> dict[str, Any]:
        """The members of the problem document; ``instance`` is the path that was asked for."""
        document: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": TYPES[self.slug][1],
            "status": self.code,
            "detail": self.detail,
            "instance": instance,
        }
        if self.parameter:
            document["parameter"] = self.parameter
        return document | self.extra

    def busy_page(self) -> Response:
        """A page for a browser that takes no making, in both languages."""
        headers = {"Cache-Control": "no-store", "Vary": "Accept", **self.headers}
        return Response(_BUSY_PAGE, self.code, headers, media_type="text/html")

    def response(self, instance: str) -> Response:
        """The answer that carries this problem."""
        return Response(
            json.dumps(self.to_json(instance), ensure_ascii=False),
            status_code=self.code,
            media_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **self.headers},
        )


def from_exception(error: Exception, request: Request) -> Problem:
    """The problem that ``error`` is to whoever asked; an unforeseen one tells of no inside."""
    if isinstance(error, RequestValidationError):
        return _from_validation(error, request)
    if isinstance(error, GlaneError) and error.slug in _BY_SLUG:
        slug = _BY_SLUG[error.slug]
        if isinstance(error, BodyError):
            return Problem(slug, str(GlaneError(error.message, hint=error.hint)), extra=_places(error))
        if slug not in ("bad-request", "not-found", "conflict"):
            return Problem(slug, _without_where(error), headers=_headers(error, slug))
        return Problem(slug, str(error), parameter=error.where, headers=_headers(error, slug))
    if isinstance(error, HTTPException):
        slug = _BY_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal")
        detail = _http_detail(error, request)
        return Problem(slug, detail, status=error.status_code, headers=dict(error.headers or {}))
    request_id = request.scope.get("glane.request_id", "")
    return Problem(
        "internal",
        f"The service failed to answer. Its log has the details under {request_id}",
        extra={"request_id": request_id},
    )


def _headers(error: GlaneError, slug: str) -> dict[str, str]:
    if slug == "unavailable":
        return {"Retry-After": "2"}
    if slug == "unauthorized":
        return {"WWW-Authenticate": 'Bearer realm="Glane"'}
    if isinstance(error, TooManyError):
        return {"Retry-After": str(error.seconds)}
    if isinstance(error, PreconditionError) and error.etag:
        return {"ETag": error.etag}
    return {}


def _places(error: BodyError) -> dict[str, Any]:
    """Where in the body it is not as it should be, as JSON pointers."""
    places = [{"pointer": pointer, "message": message} for pointer, message in error.errors]
    return {"pointer": places[0]["pointer"]} | ({"errors": places} if len(places) > 1 else {})


# Two steps or more below the root; addresses of this service, such as /judge, have their host before them.
_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/'\",;)]+){2,}/?")


def _without_where(error: GlaneError) -> str:
    """What happened and what to do, without the server's paths: those are for the log alone."""
    said = f"{error.message}. {error.hint}" if error.hint else error.message
    return _PATH.sub("…", said)


def _from_validation(error: RequestValidationError, request: Request) -> Problem:
    errors = []
    for item in error.errors():
        name, message = explain_error(item)
        if item["type"] == "extra_forbidden":
            route = getattr(request.scope.get("route"), "path", "")
            model = _MODELS.get(route)
            if model is not None:
                message = f"{message}. {nearest(name, model.model_fields)}"
        errors.append({"parameter": name, "message": message})
    first = errors[0]
    return Problem(
        "bad-request",
        f"{first['parameter']}: {first['message']}",
        parameter=first["parameter"],
        extra={"errors": errors} if len(errors) > 1 else {},
    )


def _http_detail(error: HTTPException, request: Request) -> str:
    path = request.scope.get("path", "")[:200]
    if error.status_code == 404:
        return f"Nothing is served at {path}"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return f"{request.method} is not allowed at {path}" + (f"; {allowed} is" if allowed else "")
    return str(error.detail)
