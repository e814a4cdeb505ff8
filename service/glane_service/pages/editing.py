"""The pages for signing in, adding, editing and deleting. They work without a script.

What they change is sent by forms of our own pages alone: the browser says where a form comes from, and the
form holds a token that is made of the session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from glane_indexer.errors import NotFoundError, QueryError
from glane_indexer.identity import identify, safe_url
from glane_indexer.library import changes
from glane_indexer.library.writing import PreconditionError, Writer
from glane_indexer.library.writing import Request as WriteRequest
from glane_indexer.models import Annotation, Bookmark
from glane_service.access import ForbiddenError, TooManyError, UnknownViewerError, Viewer
from glane_service.http.forms import here, inside, read_form
from glane_service.http.links import LANGUAGES, Links
from glane_service.http.replica import refuse_writing
from glane_service.http.viewers import Access, viewer_of
from glane_service.pages.bookmarklet import MAX_TEXT, MAX_TITLE, bookmarklet
from glane_service.pages.editing_form import bookmark_of_form, fields_of_form
from glane_service.pages.render import Context, Renderer

# A bookmark with all its annotations may be long.
LARGEST_FORM = 4 << 20


class EditingPages:
    """These pages of one application."""

    def __init__(self, access: Access, writer: Writer, renderer: Renderer) -> None:
        self._access = access
        self._writer = writer
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The routes, once for the browser's language and once for each by name."""
        made = []
        for language in ("", *LANGUAGES):
            prefix = f"/{language}" if language else ""
            for path, get, post in (
                ("/sign-in", self._sign_in_page, self._sign_in),
                ("/sign-out", None, self._sign_out),
                ("/add", self._add_page, self._add),
                ("/edit/{bookmark_id:path}", self._edit_page, self._edit),
                ("/delete/{bookmark_id:path}", None, self._delete),
            ):
                if get:
                    made.append(Route(prefix + path, self._getting(get, language), methods=["GET"]))
                made.append(Route(prefix + path, self._posting(post, language), methods=["POST"]))
        return made

    def _getting(self, page: Callable[[Context], Response], language: str) -> Callable[[Request], Response]:
        def get(request: Request) -> Response:
            return page(self._renderer.context(request, language))

        return get

    def _posting(
        self, page: Callable[[Context, dict[str, str]], Response], language: str
    ) -> Callable[[Request], object]:
        async def post(request: Request) -> Response:
            form = await read_form(request, LARGEST_FORM)
            return await run_in_threadpool(page, self._renderer.context(request, language), form)

        return post

    # Signing in

    def _sign_in_page(self, context: Context) -> Response:
        return self._sign_in_form(context, context.request.query_params.get("back", ""))

    def _sign_in(self, context: Context, form: dict[str, str]) -> Response:
        request, back = context.request, form.get("back", "")
        try:
            viewer = self._access.by_key(request, form.get("key", "").strip())
        except UnknownViewerError:
            return self._sign_in_form(context, back, "sign_in_wrong", 401)
        except TooManyError:
            return self._sign_in_form(context, back, "sign_in_too_many", 429)
        key = self._access.keys.valid(viewer.key)
        if key is None:
            return self._sign_in_form(context, back, "sign_in_wrong", 401)
        response = RedirectResponse(inside(back) or context.links.home(), status_code=303)
        self._access.sessions.begin(request, response, key)
        return response

    def _sign_out(self, context: Context, form: dict[str, str]) -> Response:
        self._check_token(context, form)
        response = RedirectResponse(context.links.home(), status_code=303)
        self._access.sessions.end(context.request, response)
        return response

    def _sign_in_form(self, context: Context, back: str, problem: str = "", status: int = 200) -> Response:
        key = self._access.sessions.key(context.request)
        return self._answer(
            context,
            "session.html",
            lambda links: links.page("/sign-in"),
            status,
            title=context.t("sign_in"),
            problem=problem,
            name=key.name if key else "",
            back=inside(back),
        )

    # Adding

    def _add_page(self, context: Context) -> Response:
        viewer = self._writing(context)
        if isinstance(viewer, Response):
            return viewer
        given = context.request.query_params
        text = given.get("text", "")[:MAX_TEXT]
        draft = Bookmark(
            title=given.get("title", "")[:MAX_TITLE],
            url=safe_url(given.get("url", "")),
            contributor=viewer.name,
            annotations=(Annotation(text),),
        )
        known = self._writer.bookmark(identify(draft).id) if draft.url else None
        notices = [context.t("known_already")] if known else []
        return self._add_form(context, draft, notices)

    def _add(self, context: Context, form: dict[str, str]) -> Response:
        viewer = self._writing(context, form)
        if isinstance(viewer, Response):
            return viewer
        draft = bookmark_of_form(form, Bookmark(""))
        if not safe_url(draft.url):
            return self._add_form(context, draft, [context.t("help_bad-request", parameter="url")], 400)
        written = (replace(item, author=viewer.name) for item in draft.annotations)
        fields = fields_of_form(replace(draft, annotations=tuple(written)))
        entry = self._writer.save([{name: value for name, value in fields.items() if value}])
        return self._to_bookmark(context, entry.ids[0], entry.seq)

    def _add_form(
        self, context: Context, draft: Bookmark, notices: list[str], status: int = 200
    ) -> Response:
        return self._answer(
            context,
            "editing.html",
            lambda links: links.page("/add"),
            status,
            title=context.t("add_bookmark"),
            heading=context.t("add_bookmark"),
            adding=True,
            fresh=bool(draft.annotations),
            draft=draft,
            etag="",
            action=context.links.page("/add"),
            bookmarklet=bookmarklet(context.absolute.page("/add")),
            notices=notices,
        )

    # Editing

    def _edit_page(self, context: Context) -> Response:
        viewer = self._writing(context)
        if isinstance(viewer, Response):
            return viewer
        found = self._found(context)
        return self._edit_form(context, found, changes.etag(found), [])

    def _edit(self, context: Context, form: dict[str, str]) -> Response:
        viewer = self._writing(context, form)
        if isinstance(viewer, Response):
            return viewer
        found = self._found(context)
        edited = bookmark_of_form(form, found)
        fields = fields_of_form(edited)
        if not edited.title and not edited.url:
            wrong = [context.t("help_bad-request", parameter="title")]
            return self._edit_form(context, edited, form.get("etag", ""), wrong, 400)
        try:
            entry = self._writer.patch(found.id, fields, WriteRequest(match=(form.get("etag", ""),)))
        except PreconditionError as error:
            return self._edit_form(context, edited, error.etag, [context.t("changed_meanwhile")], 412)
        return self._to_bookmark(context, found.id, entry.seq)

    def _delete(self, context: Context, form: dict[str, str]) -> Response:
        viewer = self._writing(context, form)
        if isinstance(viewer, Response):
            return viewer
        self._writer.delete(self._found(context).id)
        return RedirectResponse(context.links.home(), status_code=303)

    def _edit_form(
        self, context: Context, draft: Bookmark, etag: str, notices: list[str], status: int = 200
    ) -> Response:
        id = context.request.path_params["bookmark_id"]
        return self._answer(
            context,
            "editing.html",
            lambda links: links.editing(id),
            status,
            title=context.t("edit_bookmark"),
            heading=context.t("edit_bookmark"),
            adding=False,
            fresh=False,
            draft=draft,
            etag=etag,
            action=context.links.editing(id),
            delete=context.links.editing(id, "delete"),
            notices=notices,
        )

    # What they share

    def _found(self, context: Context) -> Bookmark:
        found = self._writer.bookmark(context.request.path_params["bookmark_id"])
        if found is None:
            raise NotFoundError("there is no such bookmark", where="id")
        return found

    def _writing(self, context: Context, form: dict[str, str] | None = None) -> Viewer | Response:
        """Who writes, once signed in; otherwise the way to do that."""
        viewer = viewer_of(context.request)
        try:
            viewer.require("write")
        except UnknownViewerError:
            return RedirectResponse(context.links.sign_in(here(context.request)), status_code=303)
        except ForbiddenError:
            return self._sign_in_form(context, here(context.request), "role_too_low", 403)
        refuse_writing(context.request)
        if form is not None:
            self._check_token(context, form)
        return viewer

    def _check_token(self, context: Context, form: dict[str, str]) -> None:
        if not self._access.sessions.is_token(context.request, form.get("token", "")):
            raise QueryError(
                "this form was not made for this session", where="token", hint="Open the page again"
            )

    def _to_bookmark(self, context: Context, id: str, seq: int) -> Response:
        address = f"{context.links.bookmark(id)}?min_seq={seq}"
        return RedirectResponse(address, status_code=303)

    def _answer(
        self,
        context: Context,
        template: str,
        address: Callable[[Links], str],
        status: int,
        title: str,
        **values: object,
    ) -> Response:
        response = self._renderer.answer(
            context,
            template,
            address,
            title=f"{title} – {self._renderer.site['name']}",
            token=self._access.sessions.token(context.request),
            indexed=False,
            **values,
        )
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        return response
