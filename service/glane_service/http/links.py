"""Every address that the service hands out, made in one place.

The page of a search, of a tag or of a contributor is a function of the query alone, so that every
state is an address that can be shared, and the same state has one address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request

from glane_service.search.query import FIELDS, Query

if TYPE_CHECKING:
    from glane_service.search.suggestions import Suggestion

_DEFAULT = Query("")
LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes addresses.

    ``base`` goes before every path: empty, or the path that a proxy serves Glane under, or its
    whole public address. ``language`` is the one that the path names, or "" where the browser
    chooses.
    ``scope`` keeps a reader on the page of one tag or contributor: ``("tag", "travail")``.
    """

    base: str = ""
    language: str = ""
    scope: tuple[str, str] | None = None

    @classmethod
    def of(cls, request: Request, language: str = "") -> Links:
        """The links in an answer to ``request``: whole where the public address is known."""
        return cls(base=request.app.state.settings.public_url.rstrip("/"), language=language)

    def local(self) -> Links:
        """The same without scheme and host, for a page's own links."""
        return replace(self, base=urlsplit(self.base).path.rstrip("/"))

    def path(self, path: str) -> str:
        """A path that is the same in every language, such as ``/search.atom``."""
        return f"{self.base}{path}"

    def page(self, path: str) -> str:
        """A page's path, in the language of this one."""
        prefix = f"/{self.language}" if self.language else ""
        return f"{self.base}{prefix}{path}" or "/"

    def home(self) -> str:
        """The first page."""
        return self.page("" if self.language else "/")

    def search(self, query: Query) -> str:
        """The page that shows ``query``."""
        if self.scope is not None:
            kind, name = self.scope
            rest = _without(query, kind, name)
            if rest is not None:
                return _join(self._named(kind, name), parameters(rest))
        return _join(self.home(), parameters(query))

    def form_action(self) -> str:
        """Where the question box of this page sends its question."""
        return self._named(*self.scope) if self.scope is not None else self.home()

    def kept(self, query: Query) -> list[tuple[str, str]]:
        """What the question box sends beside the question, so that settings outlive it."""
        rest = _without(query, *self.scope) if self.scope is not None else None
        # How sure results must be, and how words are read, are matters of one question.
        gone = ("q", "page", "all", "as_typed")
        return [(name, value) for name, value in parameters(rest or query) if name not in gone]

    def bookmark(self, bookmark_id: str) -> str:
        """The page of a bookmark."""
        return self.page(f"/bookmarks/{_segment(bookmark_id)}")

    def editing(self, bookmark_id: str, what: str = "edit") -> str:
        """The page where a bookmark is changed, or where the form is sent that deletes it."""
        return self.page(f"/{what}/{_segment(bookmark_id)}")

    def sign_in(self, back: str) -> str:
        """The page where one signs in, which leads back."""
        return _join(self.page("/sign-in"), [("back", back)] if back else [])

    def tag(self, name: str) -> str:
        """The page of a tag."""
        return self._named("tag", name)

    def contributor(self, name: str) -> str:
        """The page of a contributor."""
        return self._named("contributor", name)

    def suggestion(self, suggestion: Suggestion) -> str:
        """Where a suggestion leads: its tag, its contributor, or a search for its words."""
        if suggestion.kind == "tag":
            return self.tag(suggestion.text)
        if suggestion.kind == "contributor":
            return self.contributor(suggestion.text)
        return self.search(replace(_DEFAULT, text=suggestion.text))

    def tags(self) -> str:
        """The list of all tags."""
        return self.page("/tags")

    def contributors(self) -> str:
        """The list of all contributors."""
        return self.page("/contributors")

    def index(self, kind: str, order: str = "count", name: str = "") -> str:
        """The list of all ``tags`` or ``contributors``, in an order, of those that hold ``name``."""
        pairs = [("order", "" if order == "count" else order), ("name", name)]
        return _join(self.page(f"/{kind}"), [pair for pair in pairs if pair[1]])

    def highlights(self, query: Query = _DEFAULT) -> str:
        """The stream of highlights, with the filters and the page of ``query``."""
        kept = replace(_DEFAULT, filters=query.filters, page=query.page)
        return _join(self.page("/highlights"), parameters(kept))

    def highlights_feed(self, query: Query) -> str:
        """The Atom feed of a stream of highlights."""
        return _join(self.path("/highlights.atom"), parameters(replace(_DEFAULT, filters=query.filters)))

    def export(self, query: Query, form: str) -> str:
        """An answer as a file: ``form`` is ``md``, ``csv``, ``json`` or ``ris``."""
        shown = replace(query, page=1, per_page=20, view="simple", explain=False)
        return _join(self.path(f"/search.{form}"), parameters(shown))

    def citation(self, form: str, bookmark_id: str, annotation_id: str = "") -> str:
        """A bookmark, or one of its annotations, as a citation: ``form`` is ``md``, ``txt``, ``bib``…"""
        path = self.path(f"/cite/{form}/{_segment(bookmark_id)}")
        return _join(path, [("annotation", annotation_id)] if annotation_id else [])

    def feed(self, query: Query) -> str:
        """The Atom feed of a search."""
        shown = replace(query, sort="relevance", page=1, per_page=20, view="simple", explain=False)
        return _join(self.path("/search.atom"), parameters(shown))

    def _named(self, kind: str, name: str) -> str:
        # A browser takes the segments "." and ".." for steps: these names go in the query.
        if name.strip(".") == "":
            return _join(self.home(), [(kind, name)])
        return self.page(f"/{kind}s/{_segment(name)}")


def parameters(query: Query) -> list[tuple[str, str]]:
    """The parameters that say ``query``, without those that have their default."""
    filters = query.filters
    pairs = [
        ("q", query.text),
        ("mode", query.mode),
        ("sort", query.sort),
        ("kind", filters.kind or ""),
        *(("tag", tag) for tag in filters.tags),
        ("contributor", filters.contributor),
        ("site", filters.site),
        ("language", filters.language),
        ("after", filters.after.isoformat() if filters.after else ""),
        ("before", filters.before.isoformat() if filters.before else ""),
        ("fields", "" if query.fields == FIELDS else ",".join(query.fields)),
        ("view", query.view),
        ("per_page", str(query.per_page)),
        ("page", str(query.page)),
        ("explain", "1" if query.explain else ""),
        ("all", "1" if query.everything else ""),
        ("as_typed", "1" if query.as_typed else ""),
    ]
    defaults = {
        "mode": "hybrid",
        "sort": "relevance",
        "view": "simple",
        "per_page": "20",
        "page": "1",
    }
    return [(name, value) for name, value in pairs if value and defaults.get(name) != value]


def _without(query: Query, kind: str, name: str) -> Query | None:
    """``query`` without the filter that its page implies, or None where it does not have it."""
    filters = query.filters
    if kind == "tag" and name in filters.tags:
        tags = tuple(tag for tag in filters.tags if tag != name)
        return replace(query, filters=replace(filters, tags=tags))
    if kind == "contributor" and filters.contributor == name:
        return replace(query, filters=replace(filters, contributor=""))
    return None


def _join(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs, errors='replace')}" if pairs else path


@lru_cache(maxsize=1 << 14)
def _segment(name: str) -> str:
    return quote(name, safe="", errors="replace")
