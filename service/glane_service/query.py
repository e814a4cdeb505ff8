"""A question as it was asked, its parameters, and what its text means (pure).

``"..."`` makes a phrase, ``-word`` excludes, ``tag:`` ``by:`` ``site:`` ``before:`` ``after:`` filter.
A text that does not parse is searched as plain words, and the answer says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, get_args

from glane_indexer.errors import QueryError
from glane_indexer.models import Kind

from glane_service.results import Mode

Sort = Literal["relevance", "date"]
View = Literal["simple", "middle", "full"]
FIELDS = ("title", "tags", "annotations", "description", "url")
MAX_TEXT = 1000
MAX_PER_PAGE = 100
MAX_FILTER = 300


@dataclass(frozen=True, slots=True)
class Filters:
    """What a result must be; an empty value filters nothing. Several tags must all be there.

    ``after`` and ``before`` are inclusive days (UTC).
    """

    kind: Kind | None = None
    tags: tuple[str, ...] = ()
    contributor: str = ""
    site: str = ""
    language: str = ""
    after: date | None = None
    before: date | None = None

    def to_json(self) -> dict[str, Any]:
        """The filters that are set, by the names that the HTTP parameters have."""
        shown: dict[str, Any] = {
            "kind": self.kind,
            "tag": list(self.tags),
            "contributor": self.contributor,
            "site": self.site,
            "language": self.language,
            "after": self.after.isoformat() if self.after else None,
            "before": self.before.isoformat() if self.before else None,
        }
        return {name: value for name, value in shown.items() if value}


@dataclass(frozen=True, slots=True)
class Query:
    """One search: the text and its parameters.

    ``fields`` limits keyword matching to some of :data:`FIELDS`; all of them by default. Check with
    :meth:`validated` where the values come from outside.
    """

    text: str
    mode: Mode = "hybrid"
    sort: Sort = "relevance"
    filters: Filters = field(default_factory=Filters)
    fields: tuple[str, ...] = FIELDS
    page: int = 1
    per_page: int = 20
    view: View = "simple"
    explain: bool = False

    def validated(self) -> Query:
        """This query, checked.

        Raises:
            QueryError: a parameter is out of its range; ``where`` is its name.
        """
        _choice("mode", self.mode, get_args(Mode))
        _choice("sort", self.sort, get_args(Sort))
        _choice("view", self.view, get_args(View))
        if len(self.text) > MAX_TEXT:
            raise QueryError(
                f"the question has {len(self.text)} characters",
                where="q",
                hint=f"Ask in at most {MAX_TEXT} characters",
            )
        if not 1 <= self.per_page <= MAX_PER_PAGE:
            raise QueryError(
                f"{self.per_page} is not from 1 to {MAX_PER_PAGE}", where="per_page"
            )
        if self.page < 1:
            raise QueryError(f"{self.page} is not 1 or more", where="page")
        if not self.fields:
            raise QueryError("no field is named", where="fields", hint=_one_of(FIELDS))
        for name in self.fields:
            _choice("fields", name, FIELDS)
        return self
