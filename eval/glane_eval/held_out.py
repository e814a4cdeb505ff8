"""A data set from a library without judgments: passages are held out and asked for.

What a person wrote or marked about a page is a question that this page answers. So a description or an
annotation is taken out of its bookmark and becomes a query, whose one relevant document is that
bookmark. Such sets compare rankings of one library; no person has judged them, and they say so.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from glane_eval.qrels import Qrels
from glane_indexer.errors import DatasetError, UsageError
from glane_indexer.models import Bookmark
from glane_indexer.text import tokens

ORIGIN = "held-out passages (no human judgment)"
# Below this a passage says too little to have one answer; above it, it is no question anyone would type.
MIN_WORDS = 5
MAX_WORDS = 60


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A data set of held-out passages.

    Attributes:
        bookmarks: all bookmarks, in their order, without the passages that became queries.
        queries: query id (``h0001``, …) to text.
        qrels: query id to the one bookmark it was taken from, with grade 1.
        languages: query id to the language of its bookmark, "" where it is not known.
        origin: what these judgments are, to be shown wherever the numbers are.
    """

    bookmarks: list[Bookmark]
    queries: dict[str, str]
    qrels: Qrels
    languages: dict[str, str]
    origin: str = ORIGIN


def make_set(
    bookmarks: Iterable[Bookmark],
    *,
    queries: int = 200,
    seed: int = 0,
    language_of: Callable[[Bookmark], str] = lambda bookmark: bookmark.language,
) -> HeldOut:
    """Choose passages to hold out, at most one a bookmark, in the languages' own proportions.

    A passage is taken only where the bookmark can still be found and is the only answer: of 5 to 60
    words, in no other bookmark, and not repeated in the title or another text of its own.

    Args:
        bookmarks: with their ids.
        queries: how many to make; fewer where the library does not hold enough.
        seed: equal seeds choose equal passages of the same bookmarks, in whatever order they come.
        language_of: the language of a bookmark.

    Raises:
        UsageError: ``queries`` is below 1.
        DatasetError: a bookmark has no id or an id stands twice, or no passage can be held out.
    """
    if queries < 1:
        raise UsageError(f"{queries} queries cannot be made")
    library = list(bookmarks)
    _check_ids(library)
    owners = Counter(key for bookmark in library for key in {_key(text) for text in _texts(bookmark)})
    chooser = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    candidates: dict[str, list[tuple[str, str]]] = {}
    for bookmark in sorted(library, key=lambda bookmark: bookmark.id):
        texts = [text for text in _texts(bookmark) if owners[_key(text)] == 1 and _can_go(text, bookmark)]
        if texts:
            candidates.setdefault(language_of(bookmark), []).append((bookmark.id, chooser.choice(texts)))
    if not candidates:
        raise DatasetError(
            "the library holds no passage that can be held out",
            hint=f"It needs descriptions or annotations of {MIN_WORDS} to {MAX_WORDS} words.",
        )
    wanted = _shares({language: len(found) for language, found in candidates.items()}, queries)
    chosen = [
        (bookmark, text, language)
        for language in sorted(candidates)
        for bookmark, text in chooser.sample(candidates[language], wanted[language])
    ]
    held_out = {bookmark: text for bookmark, text, _ in chosen}
    named = {f"h{number:04}": choice for number, choice in enumerate(chosen, start=1)}
    return HeldOut(
        bookmarks=[_without(bookmark, held_out.get(bookmark.id)) for bookmark in library],
        queries={query: " ".join(text.split()) for query, (_, text, _) in named.items()},
        qrels={query: {bookmark: 1} for query, (bookmark, _, _) in named.items()},
        languages={query: language for query, (_, _, language) in named.items()},
    )


def _check_ids(library: list[Bookmark]) -> None:
    seen: set[str] = set()
    for number, bookmark in enumerate(library, start=1):
        if not bookmark.id or bookmark.id in seen:
            problem = f"the id {bookmark.id!r} stands twice" if bookmark.id else "the bookmark has no id"
            raise DatasetError(problem, where=f"bookmark {number}")
        seen.add(bookmark.id)


def _texts(bookmark: Bookmark) -> list[str]:
    return [bookmark.description, *(annotation.text for annotation in bookmark.annotations)]


def _key(text: str) -> str:
    """Equal for texts that differ in case, spaces and punctuation only."""
    return " ".join(token.form for token in tokens(text))


def _can_go(text: str, bookmark: Bookmark) -> bool:
    key = _key(text)
    if not MIN_WORDS <= len(key.split()) <= MAX_WORDS:
        return False
    others = [other for other in map(_key, _texts(bookmark)) if other and other != key]
    title = _key(bookmark.title)
    notes = [_key(annotation.note) for annotation in bookmark.annotations]
    # Something must be left to find the bookmark by, and nothing that gives the answer away.
    return bool(title or others) and not any(
        f" {key} " in f" {left} " or (len(left.split()) >= MIN_WORDS and f" {left} " in f" {key} ")
        for left in (title, *others, *notes)
    )


def _without(bookmark: Bookmark, text: str | None) -> Bookmark:
    """The bookmark without a text, wherever it repeats it; as it is where there is none to take."""
    if text is None:
        return bookmark
    key = _key(text)
    return replace(
        bookmark,
        description="" if _key(bookmark.description) == key else bookmark.description,
        annotations=tuple(item for item in bookmark.annotations if _key(item.text) != key),
    )


def _shares(found: dict[str, int], total: int) -> dict[str, int]:
    """Part ``total`` in the proportions of ``found``, none above its own count (largest remainders)."""
    everything = sum(found.values())
    total = min(total, everything)
    shares = {language: total * count // everything for language, count in found.items()}
    by_remainder = sorted(found, key=lambda language: (-(total * found[language] % everything), language))
    for language in by_remainder[: total - sum(shares.values())]:
        shares[language] += 1
    return shares
