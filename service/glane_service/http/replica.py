"""What other servers follow this one by: its generation as an offer, and the files that it lists."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from glane_indexer.replication.offer import Offers
from glane_indexer.replication.sources import is_url
from glane_indexer.settings import Settings
from glane_service.access import ReadOnlyError, Viewer
from glane_service.http.parameters import Parameters
from glane_service.http.routes import OTHERWISE, PROBLEM
from glane_service.http.viewers import viewer_of

replica = APIRouter(responses=OTHERWISE, tags=["following"])
# Longer than that, a service that stops would wait for those who wait.
MAX_WAIT = 4.0
LOOK_SECONDS = 0.1
_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{1,15})-")
_HEADERS = {"Cache-Control": "private, no-cache"}
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {**PROBLEM, "description": "There is no valid key"},
    403: {**PROBLEM, "description": "The key is not of the role `mirror` or `follow`"},
    503: {**PROBLEM, "description": "There is no index that can be offered"},
}
_GONE: dict[int | str, dict[str, Any]] = {
    **_REFUSED,
    404: {**PROBLEM, "description": "The library has gone on: ask for its generation again"},
}
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class WaitParameters(Parameters):
    """The parameters of ``GET /api/generation``."""

    wait: float = Field(
        0, ge=0, le=MAX_WAIT, allow_inf_nan=False, description="Seconds to wait for another one"
    )


Name = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f-]+$")]
PartName = Literal["questions", "settings", "encoder", "keys"]
Checksum = Annotated[str, Query(min_length=32, max_length=32, pattern="^[0-9a-f]{32}$")]


@replica.get(
    "/api/generation",
    summary="The generation that other servers copy",
    response_class=Response,
    responses={
        200: {"description": "Its manifest, and the parts that go with it"},
        304: {"description": "It is still the one that `If-None-Match` names"},
        400: {**PROBLEM, "description": "`wait` is not acceptable"},
        **_REFUSED,
    },
)
async def generation(request: Request, parameters: Annotated[WaitParameters, Query()]) -> Response:
    """With `If-None-Match` and `wait`, the answer comes when there is another, or after so many seconds."""
    viewer, offers = _copying(request), offers_of(request)
    known = request.headers.get("if-none-match", "").strip().removeprefix("W/").strip('"')
    until = time.monotonic() + parameters.wait
    while True:
        offer = await run_in_threadpool(offers.current, private=viewer.sees_private)
        if offer.etag != known or time.monotonic() >= until:
            break
        await asyncio.sleep(LOOK_SECONDS)
    headers = {**_HEADERS, "ETag": f'"{offer.etag}"'}
    if offer.etag == known:
        return Response(status_code=304, headers=headers)
    return Response(offer.body, headers=headers, media_type="application/json")


@replica.get(
    "/api/generation/segments/{name}",
    summary="A file of the generation",
    response_class=Response,
    responses={
        200: {"description": "The whole file", "content": _BYTES},
        206: {"description": "The rest of it, from the byte that `Range` names", "content": _BYTES},
        416: {"description": "`Range` begins after its end"},
        **_GONE,
    },
)
def segment(request: Request, name: Name) -> Response:
    """Only files that the current generation lists, or the one before; `Range: bytes=N-` goes on at N."""
    viewer = _copying(request)
    stream, file = offers_of(request).segment(name, private=viewer.sees_private)
    headers = {**_HEADERS, "ETag": f'"{file.checksum}"', "Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    start = int(found[1]) if found else 0
    if found and start >= file.size:
        stream.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    headers["Content-Length"] = str(file.size - start)
    if found:
        headers["Content-Range"] = f"bytes {start}-{file.size - 1}/{file.size}"
    return StreamingResponse(
        _chunks(stream, start, file.size - start),
        206 if found else 200,
        headers,
        media_type="application/octet-stream",
    )


@replica.get(
    "/api/generation/parts/{name}",
    summary="What goes with the generation",
    response_class=Response,
    responses={200: {"description": "The part, as JSON", "content": {"application/json": {}}}, **_GONE},
)
def part(request: Request, name: PartName, checksum: Checksum) -> Response:
    """The known questions, the ranking, an encoder's probes, or the hashes of the keys."""
    viewer = _copying(request)
    content = offers_of(request).part(name, checksum, private=viewer.sees_private)
    return Response(content, headers=_HEADERS, media_type="application/json")


def offers_of(request: Request) -> Offers:
    """What the application that answers ``request`` offers."""
    offers: Offers = request.app.state.offers
    return offers


def refuse_writing(request: Request) -> None:
    """Let nobody write to a server that follows another, or that answers from Qdrant.

    Raises:
        ReadOnlyError: it does; it names the one that takes changes.
    """
    settings: Settings = request.app.state.settings
    if settings.remote:
        raise ReadOnlyError(
            "this server answers from Qdrant and takes no changes",
            hint="Send them to the service of the library that is published there",
        )
    if settings.follow:
        writer = settings.follow if is_url(settings.follow) else "the service of the library it follows"
        raise ReadOnlyError(
            "this server follows another and takes no changes", hint=f"Send them to {writer}"
        )


def _copying(request: Request) -> Viewer:
    viewer = viewer_of(request)
    viewer.require("mirror")
    return viewer


def _chunks(stream: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    with stream:
        stream.seek(start)
        while size and (chunk := stream.read(min(size, _CHUNK))):
            size -= len(chunk)
            yield chunk
