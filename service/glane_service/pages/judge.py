"""``/judge``: one result after another, to be graded. Off unless enabled, and behind the admin key."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glane_indexer.catalog.judgments import MAX_JUDGE, Judgments
from glane_indexer.errors import InputError, QueryError
from glane_indexer.settings import Settings
from glane_service.access import EVERYTHING
from glane_service.http.backend import Backend
from glane_service.http.forms import read_form
from glane_service.http.links import Links
from glane_service.http.viewers import basic, viewer_of
from glane_service.judging import next_task
from glane_service.pages.render import Renderer


class JudgePages:
    """The judging pages. A judge signs in by HTTP Basic: any name, and a key of the role admin."""

    def __init__(self, settings: Settings, backend: Backend) -> None:
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
        return await run_in_threadpool(self._page, request, judge) if judge else self._sign_in(request)

    async def _record(self, request: Request) -> Response:
        def keep(judge: str, form: dict[str, str]) -> None:
            bookmark = self._backend.engine_for(EVERYTHING).bookmark(form.get("bookmark", ""))
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
            return self._sign_in(request)
        form = await read_form(request)
        await run_in_threadpool(change, judge, form)
        return RedirectResponse(Links.of(request).local().path("/judge"), status_code=303)

    def _page(self, request: Request, judge: str) -> Response:
        questions = self._judgments.questions()
        judged = self._judgments.all()
        task = next_task(self._backend.engine_for(EVERYTHING), questions, judged, judge)
        context = self._renderer.context(request)
        answer = self._renderer.answer(
            context,
            "judge.html",
            lambda links: links.path("/judge"),
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
        """The name of the judge whose key is one of the role admin; "" otherwise."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not viewer_of(request).may("admin"):
            return ""
        return basic(encoded)[0].strip()[:MAX_JUDGE]

    def _sign_in(self, request: Request) -> Response:
        """The page that says how to sign in; a browser shows it when its own dialog is closed."""
        context = self._renderer.context(request)
        has_key = request.app.state.access.keys.has_admin()
        answer = self._renderer.answer(
            context,
            "sign_in.html",
            lambda links: links.path("/judge"),
            title=f"{context.t('judge_sign_in')} – {self._renderer.site['name']}",
            has_key=has_key,
            indexed=False,
        )
        answer.headers["Cache-Control"] = "no-store"
        if has_key:
            answer.status_code = 401
            realm = 'Basic realm="Glane: your name, and the admin key", charset="UTF-8"'
            answer.headers["WWW-Authenticate"] = realm
        else:
            # A dialog that nobody can pass would come back for ever.
            answer.status_code = 403
        return answer
