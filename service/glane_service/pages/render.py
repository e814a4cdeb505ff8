"""How a page comes about: its language, its addresses, its template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from glane_indexer.settings import Settings
from glane_service.access import NOBODY
from glane_service.box.snippet import script_name
from glane_service.http.links import LANGUAGES, Links
from glane_service.pages import views
from glane_service.pages.assets import StaticFiles
from glane_service.pages.formats import day, number, preferred
from glane_service.pages.messages import translator


@dataclass(frozen=True, slots=True)
class Context:
    """One request for a page: ``language`` is the one it is shown in, ``t`` gives its texts.

    ``links`` has the page's own links, ``absolute`` the same with scheme and host.
    """

    request: Request
    language: str
    t: views.Translate
    links: Links
    absolute: Links

    def within(self, kind: str, name: str) -> Context:
        """The same on the page of a tag or a contributor."""
        scope = (kind, name)
        return replace(
            self,
            links=replace(self.links, scope=scope),
            absolute=replace(self.absolute, scope=scope),
        )


class Renderer:
    """Makes contexts of requests, and answers of templates."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.static = StaticFiles(settings)
        self.site = {
            "name": settings.site_name,
            "logo": settings.site_logo or settings.site_name,
            "intro": settings.site_intro,
        }
        self._environment = Environment(
            loader=PackageLoader("glane_service.pages"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._environment.filters.update(
            clip=lambda text: views.clip(text, views.MAX_TEXT),
            clip_name=lambda text: views.clip(text, views.MAX_NAME),
            clip_url=lambda text: views.clip(text, 200),
        )

    def warm(self) -> None:
        """Compile the templates, and read how each language writes its dates and numbers."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)
        for language in LANGUAGES:
            day(datetime(2000, 1, 1, tzinfo=UTC), language)
            number(1000, language)

    def context(self, request: Request, language: str = "") -> Context:
        """The context of ``request``; without a language, the browser or the setting decides."""
        header = request.headers.get("accept-language", "")
        chosen = language or preferred(header, self._settings.language)
        links = Links.of(request, language)
        base = links.base or str(request.base_url).rstrip("/")
        return Context(request, chosen, translator(chosen), links.local(), replace(links, base=base))

    def answer(
        self, context: Context, template: str, here: Callable[[Links], str], **values: Any
    ) -> Response:
        """The page that ``template`` makes of ``values``; ``here`` is its address by some links."""
        language, links = context.language, context.links
        other = next(code for code in LANGUAGES if code != language)
        alternates = [(code, here(replace(context.absolute, language=code))) for code in LANGUAGES]
        common = {
            "t": context.t,
            "language": language,
            "other": other,
            "other_language": here(replace(links, language=other)),
            "links": links,
            "site": self.site,
            "may_write": not self._settings.read_only
            and context.request.scope.get("glane.viewer", NOBODY).may("write"),
            "static": lambda name: links.path(f"/static/{self.static.name(name)}"),
            "count": lambda n: number(n, language),
            "description": context.t("description"),
            "box_script": links.path(f"/{script_name()}"),
            "feed": "",
            "feed_name": context.t("feed"),
            "canonical": dict(alternates)[language],
            "alternates": [
                *alternates,
                ("x-default", here(replace(context.absolute, language=""))),
            ],
        }
        body = self._environment.get_template(template).render({**common, **values})
        return Response(
            # A lone surrogate, legal in JSON and so in what was imported, is not in UTF-8.
            body.encode("utf-8", "replace"),
            media_type="text/html",
            headers={
                "Cache-Control": "private, no-cache",
                "Content-Language": language,
                "Vary": "Accept-Language",
            },
        )
