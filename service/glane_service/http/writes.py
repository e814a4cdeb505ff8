"""The API that changes the library: acknowledged once on the disk, searchable a moment later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from glane_indexer.errors import InputError, NotFoundError
from glane_indexer.library.applying import applied_seq
from glane_indexer.library.entries import Entry
from glane_indexer.library.writing import Request as WriteRequest
from glane_indexer.library.writing import Writer
from glane_service.access import EVERYTHING, UnknownViewerError, Viewer
from glane_service.http import bodies, schemas
from glane_service.http.bodies import AnnotationBody, BodyError, BookmarkBody
from glane_service.http.parameters import MAX_SEQ
from glane_service.http.replica import refuse_writing
from glane_service.http.routes import OTHERWISE, PROBLEM, Id, answer, backend_of
from glane_service.http.viewers import viewer_of

writes = APIRouter(responses=OTHERWISE, tags=["writing"])

_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": schemas.AcceptedAnswer, "description": "On the disk; searchable within a moment"},
    400: {**PROBLEM, "description": "The body is not acceptable; `pointer` names the place in it"},
    401: {**PROBLEM, "description": "There is no valid key"},
    403: {**PROBLEM, "description": "The key is not one for writing, or this server follows another"},
    409: {**PROBLEM, "description": "Another request was made with this `Idempotency-Key`"},
    413: {**PROBLEM, "description": f"The body is over {bodies.MAX_BODY >> 20} MB"},
    415: {**PROBLEM, "description": "The body is neither JSON nor JSON lines"},
    503: {**PROBLEM, "description": "Changes cannot be kept at the moment"},
}
_OF_ONE: dict[int | str, dict[str, Any]] = {
    **_ACCEPTED,
    404: {**PROBLEM, "description": "There is no such bookmark"},
    412: {
        **PROBLEM,
        "description": "It is not the one that `If-Match` names; `ETag` has its tag now",
    },
}
_BOOKMARK = bodies.documented(BookmarkBody, many=False)


@writes.post(
    "/api/bookmarks",
    status_code=202,
    summary="Add bookmarks, or bring them up to date",
    response_class=Response,
    responses=_ACCEPTED,
    openapi_extra=bodies.documented(BookmarkBody, many=True),
)
async def save(request: Request) -> Response:
    """Takes one bookmark or a list of up to 1,000, as `glane export` writes them.

    What is given replaces what the library had, what is left out erases nothing, as in an import.
    Either all of them are accepted, or none is.
    """

    def write(writer: Writer, value: Any, asked: WriteRequest) -> Entry:
        return writer.save(bodies.bookmark_records(value), asked)

    return await _accepted(request, write)


@writes.put(
    "/api/bookmarks/{bookmark_id}",
    status_code=202,
    summary="Replace a bookmark",
    response_class=Response,
    responses=_OF_ONE,
    openapi_extra=_BOOKMARK,
)
async def put(request: Request, bookmark_id: Id) -> Response:
    """Makes the body the whole of the bookmark; with `If-None-Match: *` only where there is none yet."""

    def write(writer: Writer, value: Any, asked: WriteRequest) -> Entry:
        record = bodies.bookmark_record(value)
        if record.get("id") not in (None, bookmark_id):
            raise BodyError([("/id", "this is not the id in the address")])
        return writer.put(bookmark_id, record, asked)

    return await _accepted(request, write)


@writes.patch(
    "/api/bookmarks/{bookmark_id}",
    status_code=202,
    summary="Change some fields of a bookmark",
    response_class=Response,
    responses=_OF_ONE,
    openapi_extra=_BOOKMARK,
)
async def patch(request: Request, bookmark_id: Id) -> Response:
    """Changes the fields that the body has (RFC 7396): `null` empties one, a list replaces the list."""

    def write(writer: Writer, value: Any, asked: WriteRequest) -> Entry:
        fields = bodies.bookmark_record(value)
        if "id" in fields:
            raise BodyError([("/id", "the id of a bookmark does not change")])
        return writer.patch(bookmark_id, fields, asked)

    return await _accepted(request, write)


@writes.delete(
    "/api/bookmarks/{bookmark_id}",
    status_code=202,
    summary="Delete a bookmark",
    response_class=Response,
    responses=_OF_ONE,
)
async def delete(request: Request, bookmark_id: Id) -> Response:
    """Takes the bookmark out of the library, with its annotations."""

    def write(writer: Writer, value: Any, asked: WriteRequest) -> Entry:
        return writer.delete(bookmark_id, asked)

    return await _accepted(request, write, has_body=False)


@writes.post(
    "/api/bookmarks/{bookmark_id}/annotations",
    status_code=202,
    summary="Add annotations to a bookmark",
    response_class=Response,
    responses=_OF_ONE,
    openapi_extra=bodies.documented(AnnotationBody, many=True),
)
async def annotate(request: Request, bookmark_id: Id) -> Response:
    """Takes one annotation or a list; one that is there already is not added again."""

    def write(writer: Writer, value: Any, asked: WriteRequest) -> Entry:
        return writer.annotate(bookmark_id, bodies.annotation_records(value), asked)

    return await _accepted(request, write)


@writes.get(
    "/api/changes/{seq}",
    summary="What has become of a change",
    response_class=Response,
    responses={
        200: {"model": schemas.ChangeAnswer},
        404: {**PROBLEM, "description": "No change has this number yet"},
    },
)
def change(request: Request, seq: Annotated[int, Path(ge=1, le=MAX_SEQ)]) -> Response:
    """`accepted`: on the disk. `applied`: in the catalog. `searchable`: in every answer from now on."""
    viewer_of(request).require("write")
    if request.app.state.settings.read_only:
        if not _is_searchable(request, seq):
            raise NotFoundError("this change is not known here yet", where="seq")
        return answer({"seq": seq, "state": "searchable", "ids": None}, cache="no-store")
    writer = writer_of(request)
    entries = writer.journal.entries(seq - 1)
    if seq > writer.journal.last():
        raise NotFoundError("no change has this number yet", where="seq")
    ids = list(entries[0].ids) if entries and entries[0].seq == seq else None
    return answer({"seq": seq, "state": _state(request, seq), "ids": ids}, cache="no-store")


def writer_of(request: Request) -> Writer:
    """What takes changes for the library of the application that answers ``request``."""
    writer: Writer = request.app.state.writer
    return writer


async def _accepted(
    request: Request, write: Callable[[Writer, Any, WriteRequest], Entry], *, has_body: bool = True
) -> Response:
    """Have a change written, and answer once it is on the disk."""
    viewer = _writing_viewer(request)
    body = await bodies.read_body(request)
    return await run_in_threadpool(_write, request, viewer, body, write, has_body)


def _write(
    request: Request,
    viewer: Viewer,
    body: bytes,
    write: Callable[[Writer, Any, WriteRequest], Entry],
    has_body: bool,
) -> Response:
    asked = bodies.asked(request, viewer, body)
    value = bodies.parsed(body, request) if has_body else None
    try:
        entry = write(writer_of(request), value, asked)
    except InputError as error:
        raise BodyError([(error.where, error.message)]) from error
    accepted = answer({"seq": entry.seq, "ids": list(entry.ids)}, cache="no-store")
    accepted.status_code = 202
    accepted.headers["Location"] = f"/api/changes/{entry.seq}"
    return accepted


def _writing_viewer(request: Request) -> Viewer:
    """Who writes: by a key in the request itself, never by what a browser sends along on its own."""
    if not request.headers.get("authorization", "").lower().startswith("bearer "):
        raise UnknownViewerError(
            "a key is needed for this",
            hint="Send `Authorization: Bearer KEY` with a key of the role write",
        )
    viewer = viewer_of(request)
    viewer.require("write")
    refuse_writing(request)
    return viewer


def _is_searchable(request: Request, seq: int) -> bool:
    backend = backend_of(request)
    return backend.is_open and backend.engine_for(EVERYTHING).seq >= seq


def _state(request: Request, seq: int) -> str:
    if _is_searchable(request, seq):
        return "searchable"
    return "applied" if applied_seq(writer_of(request).library) >= seq else "accepted"
