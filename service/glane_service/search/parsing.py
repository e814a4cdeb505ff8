"""What a question's text means: words, phrases, exclusions and filters (pure).

``"..."`` makes a phrase, ``-word`` excludes, ``tag:`` ``by:`` ``site:`` ``before:`` ``after:`` filter, and
``-tag:`` ``-by:`` ``-site:`` leave out. What does not parse is searched as plain words, and the answer says
so, and where in the text it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from glane_indexer.errors import QueryError
from glane_indexer.text import Token, compounds, is_stop_word, tokens
from glane_service.search.query import Filters, parse_day
from glane_service.search.results import Notice


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
_BARE = frozenset({"tag:", "by:", "site:", "before:", "after:"})
# What can be excluded, by the name that its filter has.
_EXCLUDABLE = {"tag": "tag", "by": "contributor", "site": "site"}
# What other search engines call a filter, or what people try: each with the one that Glane has.
_OTHER_NAMES = {
    **dict.fromkeys(("tags", "label", "étiquette", "mot-clé", "intag"), "tag:"),
    **dict.fromkeys(("author", "auteur", "user", "from", "par", "contributor", "contributeur"), "by:"),
    **dict.fromkeys(("domain", "domaine", "host", "inurl"), "site:"),
    **dict.fromkeys(("since", "depuis", "après"), "after:"),
    **dict.fromkeys(("until", "avant", "jusque"), "before:"),
    **dict.fromkeys(
        ("title", "titre", "intitle", "lang", "language", "langue", "kind", "type", "year"), ""
    ),
}
_OTHER_NAME = re.compile(rf"(?i:({'|'.join(_OTHER_NAMES)})):(?!//)")
_OPERATORS = frozenset({"AND", "OR", "NOT"})
# Phrases, exclusions and filters that are looked for; each costs a look at the whole library.
MAX_OPERATORS = 32


@dataclass(slots=True)
class _Reading:
    """What has been read of a question so far; places count from 1, in the text as it was typed."""

    said: list[str] = field(default_factory=list)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    excluded: list[tuple[str, ...]] = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    notices: list[Notice] = field(default_factory=list)
    operators: int = 0

    def notice(self, code: str, message: str, match: re.Match[str]) -> None:
        self.notices.append(Notice(code, f"{message} (at {match.start() + 1})"))

    def take(self, match: re.Match[str]) -> None:
        """Read one piece of the question."""
        quoted = match["quoted"] is not None
        value = match["quoted"] if quoted else match["word"]
        if not quoted and value.lower() in _BARE:
            self.notice("bad-filter", f"{value}: there is nothing after the colon", match)
            self.said.append(value)
            return
        if not (match["name"] or match["sign"] or quoted):
            self._mind_name(match)
            self.said.append(match[0])
            return
        forms = tuple(token.form for token in tokens(value))
        if match["name"] or (forms and (quoted or match["sign"])):
            self.operators += 1
            if self.operators > MAX_OPERATORS:
                if self.operators == MAX_OPERATORS + 1:
                    self.notice("too-many", f"What follows the first {MAX_OPERATORS} is left out", match)
                return
        if match["name"]:
            self._filter(match, value.strip())
        elif match["sign"] and forms:
            self._mind_name(match)
            self.excluded.append(forms)
        elif quoted:
            self.said.append(value)
            if forms:
                self.phrases.append(forms)
        else:
            self._mind_name(match)
            self.said.append(match[0])

    def _filter(self, match: re.Match[str], value: str) -> None:
        name = match["name"].lower()
        try:
            if not match["sign"]:
                self.filters = _filtered(self.filters, name, value)
            elif name not in _EXCLUDABLE or not value:
                raise QueryError(
                    "this cannot be excluded", where=f"-{name}:", hint="Use -tag:, -by: or -site:"
                )
            else:
                choice = (_EXCLUDABLE[name], value)
                self.filters = replace(self.filters, excluded=(*self.filters.excluded, choice))
        except QueryError as error:
            self.notice("bad-filter", str(error), match)
            self.said.append(match[0].lstrip("-"))

    def _mind_name(self, match: re.Match[str]) -> None:
        """Say of a word that looks like another engine's operator that here it is a word."""
        text = match[0].removeprefix("-")
        if text in _OPERATORS and self.said:
            self.notice("unknown-operator", f"{text} is searched as a word", match)
        elif text.endswith("*") and text.strip("*"):
            self.notice("unknown-operator", f"{text} is searched without its star", match)
        elif found := _OTHER_NAME.match(text):
            meant = _OTHER_NAMES[found[1].lower()]
            hint = f"; write {meant}" if meant else ""
            self.notice("unknown-filter", f"{found[0]} is not understood{hint}", match)


def with_text(parsed: Parsed, text: str) -> Parsed:
    """The same question with another text for the encoder, and so with other words."""
    return replace(parsed, text=text, words=_plain(text).words)


def parse(text: str) -> Parsed:
    """Read a question's text. Never fails: what does not parse is words, and ``notices`` says so."""
    if sum(text.count(quote) for quote in _QUOTES) % 2:
        place = max(text.rfind(quote) for quote in _QUOTES)
        notice = Notice("unbalanced-quotes", f"The quotation mark at {place + 1} has no partner")
        plain = re.sub(f"[{_QUOTES}]", " ", text)
        return replace(_plain(" ".join(plain.split())), notices=(notice,))
    reading = _Reading()
    for match in _PIECE.finditer(text):
        reading.take(match)
    return replace(
        _plain(" ".join(" ".join(reading.said).split())),
        phrases=tuple(dict.fromkeys(reading.phrases)),
        excluded=tuple(dict.fromkeys(reading.excluded)),
        filters=reading.filters,
        notices=tuple(reading.notices),
    )


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
