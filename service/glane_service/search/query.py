"""A question as it was asked, and its parameters (pure). What its text means is in :mod:`.parsing`."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from glane_indexer.errors import QueryError
from glane_indexer.models import Kind
from glane_service.search.results import Mode

Sort = Literal["relevance", "date"]
View = Literal["simple", "middle", "full"]
FIELDS = ("title", "tags", "annotations", "description", "url")
MAX_TEXT = 1000
MAX_PER_PAGE = 100
MAX_FILTER = 300
Choice = tuple[str, str]
"""One value of one filter: ``("tag", "travail")``; the names are :data:`CHOICES`."""
CHOICES = ("kind", "tag", "contributor", "site", "language", "year")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a result must be; an empty value filters nothing. Several tags must all be there.

    ``after`` and ``before`` are inclusive days (UTC). Of each group of ``any_of`` one choice must be
    true, and none of ``excluded``.
    """

    kind: Kind | None = None
    tags: tuple[str, ...] = ()
    contributor: str = ""
    site: str = ""
    language: str = ""
    after: date | None = None
    before: date | None = None
    any_of: tuple[tuple[Choice, ...], ...] = ()
    excluded: tuple[Choice, ...] = ()

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
            "any_of": [_by_name(group) for group in self.any_of],
            "excluded": _by_name(self.excluded),
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
            raise QueryError(f"{self.per_page} is not from 1 to {MAX_PER_PAGE}", where="per_page")
        if self.page < 1:
            raise QueryError(f"{self.page} is not 1 or more", where="page")
        if not self.fields:
            raise QueryError("no field is named", where="fields", hint=_one_of(FIELDS))
        for name in self.fields:
            _choice("fields", name, FIELDS)
        return self


_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def merged(asked: Filters, typed: Filters) -> Filters:
    """The filters of the parameters and of the question's text together; the text's win."""
    return Filters(
        kind=asked.kind,
        tags=tuple(dict.fromkeys(asked.tags + typed.tags)),
        contributor=typed.contributor or asked.contributor,
        site=typed.site or asked.site,
        language=asked.language,
        after=typed.after or asked.after,
        before=typed.before or asked.before,
        any_of=tuple(dict.fromkeys(asked.any_of + typed.any_of)),
        excluded=tuple(dict.fromkeys(asked.excluded + typed.excluded)),
    )


def parse_day(text: str, name: str) -> date:
    """A day, month or year (``2016-05-03``, ``2016-05``, ``2016``) as the bound it stands for.

    ``after`` means its first day, ``before`` its last: both include what they name.

    Raises:
        QueryError: it is none of these; ``where`` is ``name``.
    """
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month, day = (int(group) if group else None for group in match.groups())
        if name == "after":
            return date(year or 0, month or 1, day or 1)
        month = month or 12
        return date(year or 0, month, day or calendar.monthrange(year or 0, month)[1])
    except ValueError:
        raise QueryError(
            f"{text[:40]!r} is not a date", where=name, hint="Write 2016, 2016-05 or 2016-05-03"
        ) from None


def _by_name(choices: tuple[Choice, ...]) -> dict[str, list[str]]:
    return {
        name: [value for other, value in choices if other == name]
        for name in CHOICES
        if any(other == name for other, _ in choices)
    }


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise QueryError(f"{value[:40]!r} is not one of its values", where=name, hint=_one_of(choices))


def _one_of(choices: tuple[str, ...]) -> str:
    return f"Use one of {', '.join(choices)}"
