"""``/judge``: one result after another, to be graded. Off unless enabled, and behind the admin key."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glane_indexer.catalog.judgments import MAX_JUDGE, Judgments
from glane_indexer.errors import InputError, QueryError
from glane_indexer.settings import Settings
from glane_service.http.backend import Backend
from glane_service.http.forms import read_form
from glane_service.judging import next_task
from glane_service.pages.render import Renderer


class JudgePages:
    """The judging pages. A judge signs in by HTTP Basic: any name, and the admin key as password."""

    def __init__(self, settings: Settings, backend: Backend) -> None:
        self._key = settings.admin_key.encode()
        self._judgments = Judgments(settings.library)
        self._backend = backend
        self._renderer = Renderer(settings)

    def routes(self) -> list[Route]:
        """The page, and what its forms send."""
        return [
            Route("/judge", self._show, methods=["GET"]),
            Route("/judge", self._record, methods=["POST"]),
            Route("/judge/undo", self._undo, methods=["POST"]),
            Route("/judge/questions", self._add, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        judge = self._judge(request)
        return await run_in_threadpool(self._page, request, judge) if judge else _sign_in()

    async def _record(self, request: Request) -> Response:
        def keep(judge: str, form: dict[str, str]) -> None:
            bookmark = self._backend.engine.bookmark(form.get("bookmark", ""))
            question = form.get("question", "")
            if question not in self._judgments.questions():
                raise QueryError("there is no such question", where="question")
            grade = form.get("grade", "")
            if grade not in ("0", "1", "2", "3"):
                raise QueryError("a grade is 0, 1, 2 or 3", where="grade")
            self._judgments.record(judge, question, bookmark.id, int(grade))

        return await self._change(request, keep)

    async def _undo(self, request: Request) -> Response:
        return await self._change(request, lambda judge, form: self._judgments.undo(judge))

    async def _add(self, request: Request) -> Response:
        def add(judge: str, form: dict[str, str]) -> None:
            try:
                self._judgments.add_questions(form.get("questions", "").splitlines())
            except InputError as error:
                raise QueryError(error.message, where="questions") from error

        return await self._change(request, add)

    async def _change(self, request: Request, change: Callable[[str, dict[str, str]], object]) -> Response:
        judge = self._judge(request)
        if not judge:
            return _sign_in()
        form = await read_form(request)
        await run_in_threadpool(change, judge, form)
        return RedirectResponse("/judge", status_code=303)

    def _page(self, request: Request, judge: str) -> Response:
        questions = self._judgments.questions()
        judged = self._judgments.all()
        task = next_task(self._backend.engine, questions, judged, judge)
        context = self._renderer.context(request)
        answer = self._renderer.answer(
            context,
            "judge.html",
            lambda links: "/judge",
            title=f"{context.t('judge')} – {self._renderer.site['name']}",
            judge=judge,
            task=task,
            given=sum(item.judge == judge for item in judged),
            questions=len(questions),
            indexed=False,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _judge(self, request: Request) -> str:
        """The name of the judge whose key is right; "" otherwise."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not self._key:
            return ""
        try:
            name, _, key = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        right = hmac.compare_digest(key.encode(), self._key)
        return name.strip()[:MAX_JUDGE] if right else ""


def _sign_in() -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="Glane: your name, and the admin key", charset="UTF-8"'}
    return Response("Your name, and the admin key as password.\n", 401, headers, "text/plain")
