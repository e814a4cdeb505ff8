"""A question as it was asked, its parameters, and what its text means (pure).

``"..."`` makes a phrase, ``-word`` excludes, ``tag:`` ``by:`` ``site:`` ``before:`` ``after:`` filter.
A text that does not parse is searched as plain words, and the answer says so.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, get_args

from glane_indexer.errors import QueryError
from glane_indexer.models import Kind
from glane_indexer.text import Token, compounds, is_stop_word, tokens
from glane_service.search.results import Mode, Notice

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

    ``everything`` lists also what is below the line of confidence, ``as_typed`` takes no word for another.
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
    everything: bool = False
    as_typed: bool = False

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


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a question's text means.

    ``text`` is what the encoder reads: the question without its operators. ``words`` are the exact
    forms that the keyword leg looks for (stop words only where there is nothing else); ``phrases`` and
    ``excluded`` are sequences of exact forms that a result must hold, or must not.
    """

    text: str
    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()
    filters: Filters = field(default_factory=Filters)
    notices: tuple[Notice, ...] = ()


_QUOTES = '"\u201c\u201d\u201e'
_PIECE = re.compile(
    rf"""(?P<sign>(?<!\S)-)?(?:(?P<name>(?i:tag|by|site|before|after)):)?"""
    rf"""(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)[{_QUOTES}]|(?P<word>[^\s{_QUOTES}]+))"""
)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse(text: str) -> Parsed:
    """Read a question's text. Never fails: what does not parse is words, and ``notices`` says so."""
    text = " ".join(text.split())
    if sum(text.count(quote) for quote in _QUOTES) % 2:
        place = max(text.rfind(quote) for quote in _QUOTES)
        notice = Notice("unbalanced-quotes", f"The quotation mark at {place + 1} has no partner")
        plain = re.sub(f"[{_QUOTES}]", " ", text)
        return replace(_plain(plain), notices=(notice,))
    said: list[str] = []
    phrases: list[tuple[str, ...]] = []
    excluded: list[tuple[str, ...]] = []
    notices: list[Notice] = []
    filters = Filters()
    for match in _PIECE.finditer(text):
        value = match["quoted"] if match["quoted"] is not None else match["word"]
        forms = tuple(token.form for token in tokens(value))
        if match["name"] and not match["sign"]:
            try:
                filters = _filtered(filters, match["name"].lower(), value.strip())
            except QueryError as error:
                notices.append(Notice("bad-filter", f"{error} (at {match.start() + 1})"))
                said.append(match[0])
        elif match["sign"] and not match["name"] and forms:
            excluded.append(forms)
        else:
            said.append(match[0].strip(_QUOTES) if match["quoted"] is not None else match[0])
            if match["quoted"] is not None and forms:
                phrases.append(forms)
    parsed = _plain(" ".join(said))
    return replace(
        parsed,
        phrases=tuple(phrases),
        excluded=tuple(excluded),
        filters=filters,
        notices=tuple(notices),
    )


def with_text(parsed: Parsed, text: str) -> Parsed:
    """The same question with another text for the encoder, and so with other words."""
    return replace(parsed, text=text, words=_plain(text).words)


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


def _plain(text: str) -> Parsed:
    found: list[Token] = tokens(text)
    forms = [token.form for token in found]
    telling = [form for form in forms if not is_stop_word(form)]
    telling += [token.form for token in compounds(text, found)]
    return Parsed(text=text.strip(), words=tuple(dict.fromkeys(telling or forms)))


def _filtered(filters: Filters, name: str, value: str) -> Filters:
    if not value:
        raise QueryError("there is nothing after the colon", where=f"{name}:")
    if name == "tag":
        return replace(filters, tags=(*filters.tags, value))
    if name == "by":
        return replace(filters, contributor=value)
    if name == "site":
        return replace(filters, site=value.lower().removeprefix("www."))
    day = parse_day(value, name)
    return replace(filters, before=day) if name == "before" else replace(filters, after=day)


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise QueryError(f"{value[:40]!r} is not one of its values", where=name, hint=_one_of(choices))


def _one_of(choices: tuple[str, ...]) -> str:
    return f"Use one of {', '.join(choices)}"
