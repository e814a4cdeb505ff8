"""The parameters of a search as they arrive in an address, for the API and for the pages alike."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from glane_indexer.errors import QueryError
from glane_service.search.query import (
    FIELDS,
    MAX_FILTER,
    MAX_PER_PAGE,
    MAX_TEXT,
    Filters,
    Query,
    parse_day,
)
from glane_service.search.query import Sort as SortName
from glane_service.search.query import View as ViewName
from glane_service.search.results import Mode as ModeName

MAX_TAGS = 20
MAX_PAGE = 1_000_000
MAX_SEQ = 2**53
MIN_SEQ = "A change that the answer is to know: it is waited for, 5 seconds at most."
# For the description alone: what does not fit is refused in words of our own.
_DAY: dict[str, Any] = {"pattern": r"^\d{4}(-\d{1,2}(-\d{1,2})?)?$"}
_FIELD = "|".join(FIELDS)


class Parameters(BaseModel):
    """Of every set of parameters: an empty value is an absent one, an unknown name an error."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {
            name: [item for item in value if item != ""] if isinstance(value, list) else value
            for name, value in values.items()
            if value != ""
        }

    @classmethod
    @cache
    def lists(cls) -> frozenset[str]:
        """The names of those that may be given several times."""
        fields = cls.model_fields.items()
        return frozenset(name for name, field in fields if get_origin(field.annotation) is list)


class SearchParameters(Parameters):
    """The parameters of ``GET /api/search``."""

    q: str = Field(
        "",
        max_length=MAX_TEXT,
        description='The question. `"…"` makes a phrase, `-word` excludes, and `tag:` `by:` '
        "`site:` `before:` `after:` filter.",
        examples=["protection sociale des données"],
    )
    mode: ModeName = Field("hybrid", description="By keywords, by meaning (vector), or by both.")
    sort: SortName = Field("relevance", description="Best first, or newest first.")
    kind: Literal["all", "bookmark", "topic"] = Field("all", description="All, or one kind only.")
    tag: list[Annotated[str, Field(max_length=MAX_FILTER)]] = Field(
        default_factory=list,
        max_length=MAX_TAGS,
        description="Repeatable: every tag must be there.",
    )
    contributor: str = Field("", max_length=MAX_FILTER, description="Only what this person added.")
    site: str = Field("", max_length=MAX_FILTER, description="Only this host and its subdomains.")
    language: str = Field("", max_length=MAX_FILTER, description="Only this language, as `fr`.")
    after: str = Field(
        "",
        json_schema_extra=_DAY,
        description="Added on this day or later: `2015-03-01`, `2015-03` or `2015`.",
    )
    before: str = Field(
        "", json_schema_extra=_DAY, description="Added on this day or earlier, in the same forms."
    )
    fields: str = Field(
        "",
        json_schema_extra={"pattern": rf"^[,\s]*({_FIELD})([,\s]+({_FIELD}))*[,\s]*$"},
        description=f"Where keywords are looked for, separated by commas: {', '.join(FIELDS)}.",
        examples=["title,tags"],
    )
    page: int = Field(1, ge=1, le=MAX_PAGE)
    per_page: int = Field(20, ge=1, le=MAX_PER_PAGE)
    view: ViewName = Field(
        "simple", description="How many annotations each result carries: none, a few, or all."
    )
    explain: bool = Field(
        False, description="Whether the page shows the scores; an answer's `why` always has them."
    )
    all: bool = Field(False, description="Whether to list also what is below the line of confidence.")
    as_typed: bool = Field(
        False, description="Whether to leave words that no bookmark holds as they were typed."
    )
    suggest: bool = Field(
        False,
        description="Whether the question is still being typed: adds the suggestions of `/api/suggest`, "
        "and completes a last word that no bookmark has.",
    )
    min_seq: int = Field(0, ge=0, le=MAX_SEQ, description=MIN_SEQ)

    def query(self) -> Query:
        """The search that these parameters ask for.

        Raises:
            QueryError: a day, a field or a tag is not one; ``where`` is the parameter's name.
        """
        names = tuple(dict.fromkeys(name for name in re.split(r"[,\s]+", self.fields) if name))
        return Query(
            text=self.q.strip(),
            mode=self.mode,
            sort=self.sort,
            filters=Filters(
                kind=None if self.kind == "all" else self.kind,
                tags=tuple(dict.fromkeys(tag.strip() for tag in self.tag if tag.strip())),
                contributor=self.contributor.strip(),
                site=self.site.strip(),
                language=self.language.strip(),
                after=parse_day(self.after.strip(), "after") if self.after else None,
                before=parse_day(self.before.strip(), "before") if self.before else None,
            ),
            fields=names or FIELDS,
            page=self.page,
            per_page=self.per_page,
            view=self.view,
            explain=self.explain,
            everything=self.all,
            as_typed=self.as_typed,
        ).validated()


class BookmarkParameters(Parameters):
    """The parameters of ``GET /api/bookmarks/{id}``."""

    min_seq: int = Field(0, ge=0, le=MAX_SEQ, description=MIN_SEQ)


class SuggestParameters(Parameters):
    """The parameters of ``GET /api/suggest``."""

    q: str = Field("", max_length=MAX_TEXT, description="What has been typed so far.", examples=["trav"])
    limit: int = Field(8, ge=1, le=20)


class SimilarParameters(Parameters):
    """The parameters of ``GET /api/bookmarks/{id}/similar``."""

    limit: int = Field(10, ge=1, le=MAX_PER_PAGE)


def from_address(pairs: Iterable[tuple[str, str]]) -> SearchParameters:
    """The parameters of a page's address; names that are none of a search's are ignored.

    Raises:
        QueryError: a value is not acceptable; ``where`` is the parameter's name.
    """
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name == "tag":
            values.setdefault(name, []).append(value)
        elif name in SearchParameters.model_fields:
            values[name] = value
    try:
        return SearchParameters.model_validate(values)
    except ValidationError as error:
        name, message = explain_error(error.errors()[0])
        raise QueryError(message, where=name) from None


def explain_error(error: Any) -> tuple[str, str]:
    """The parameter that a validation error is about, and what is wrong with it, in a sentence."""
    # The first names the part of the request; after it, `query` is a name like any other.
    location = [str(part) for part in error["loc"]]
    if location and location[0] in ("query", "path", "body"):
        del location[0]
    name = location[0] if location else "body"
    given = error.get("input")
    shown = repr(given if len(str(given)) <= 60 else f"{str(given)[:60]}…")
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "json_invalid":
        return "body", "this is not JSON"
    if kind == "extra_forbidden":
        return name, "there is no such parameter"
    if kind == "literal_error":
        return name, f"{shown} is not one of {context['expected']}"
    if kind in ("int_parsing", "int_type", "int_from_float", "int_parsing_size"):
        return name, f"{shown} is not a whole number"
    if kind == "bool_parsing":
        return name, f"{shown} is neither true nor false"
    if kind == "greater_than_equal":
        return name, f"{given} is less than {context['ge']}"
    if kind == "less_than_equal":
        return name, f"{given} is more than {context['le']}"
    if kind == "string_too_long":
        limit = context["max_length"]
        return name, f"it has {len(str(given))} characters, and may have {limit} at most"
    if kind == "too_long":
        return name, f"it is given more than {context['max_length']} times"
    return name, str(error["msg"])


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the parameters that exist, the likeliest first."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    listed = f"The parameters are {', '.join(known)}"
    return f"Did you mean {close[0]}? {listed}" if close else listed
