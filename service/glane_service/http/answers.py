"""``POST /api/answer``: an answer composed from the passages, whole or as it is said."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from glane_indexer.errors import GlaneError, NotFoundError
from glane_service.answers.chat import ChatModel
from glane_service.answers.composing import Composer, Event, whole
from glane_service.http.feeds import absolute
from glane_service.http.parameters import Parameters
from glane_service.http.routes import OTHERWISE, answer, engine_of
from glane_service.mcp.tools import Tools
from glane_service.search.query import MAX_TEXT

logger = logging.getLogger("glane")
answers = APIRouter(responses=OTHERWISE)


class Question(Parameters):
    """What is asked."""

    question: str = Field(max_length=MAX_TEXT, examples=["Combien gagne un coursier ?"])


@answers.post(
    "/api/answer", tags=["search"], summary="An answer composed from the passages", response_class=Response
)
def compose(request: Request, asked: Question) -> Response:
    """`sources`, then `sentences`, each with the numbers of the sources that support it.

    Off unless `GLANE_CHAT_URL` is set. With `Accept: text/event-stream` the same comes as it is said: one
    event `sources`, an event `sentence` for each, and `done`, or `error`.
    """
    settings = request.app.state.settings
    chat = ChatModel.of(settings)
    if chat is None:
        raise NotFoundError("answers are not composed here", hint="GLANE_CHAT_URL turns it on")
    engine = engine_of(request)
    composer = Composer(Tools(engine, absolute(request).base), chat, engine.encoder)
    events = composer.compose(asked.question)
    if "text/event-stream" not in request.headers.get("accept", ""):
        return answer(whole(events))
    # The first event is made here, so that a question that cannot be asked is an ordinary error.
    first = next(events)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(first, events), media_type="text/event-stream", headers=headers)


def _stream(first: Event, rest: Iterator[Event]) -> Iterator[str]:
    yield _sent(first)
    try:
        for event in rest:
            yield _sent(event)
    except GlaneError as error:
        yield _sent(("error", {"message": error.message}))
    except Exception:
        logger.exception("an answer broke off")
        yield _sent(("error", {"message": "the answer broke off"}))


def _sent(event: Event) -> str:
    name, data = event
    # JSON escapes what ends a line, so nothing that is said can begin another event.
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
