"""Is the passage that a result shows the one that answers? (pure)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from glane_indexer.text import tokens

# Of a long annotation one piece is shown, and a description may hold the judged sentence. Fewer words than
# these are in other texts by chance.
LEAST_WORDS = 5


class Shown(NamedTuple):
    """A result as it is shown: its bookmark, the passage, and how sure it is (None: not known)."""

    id: str
    url: str
    passage: str
    confidence: float | None


class Answer(NamedTuple):
    """The first page of an answer, also what is below the line; ``answered`` is what the answer says."""

    answered: bool
    shown: tuple[Shown, ...]


class Expected(NamedTuple):
    """A passage that answers a question: the bookmark's url (or its id), and the passage's text."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class PassageAccuracy:
    """How often the shown passage is the judged one.

    ``first`` is the share of all questions whose first result is the judged bookmark and shows the judged
    passage; ``of_found`` the share of those ``found``, with the judged bookmark on the first page.
    """

    questions: int
    found: int
    first: float
    of_found: float

    def to_json(self) -> dict[str, Any]:
        """The numbers, rounded."""
        return {**asdict(self), "first": round(self.first, 6), "of_found": round(self.of_found, 6)}


def passage_accuracy(
    answers: Mapping[str, Answer], expected: Mapping[str, Sequence[Expected]]
) -> PassageAccuracy:
    """Measure the questions that have judged passages; of several judged ones each is right.

    Args:
        answers: query id to its first page.
        expected: query id to the passages that answer it; at least one query.
    """
    first = found = right = 0
    for query, wanted in expected.items():
        shown = answers[query].shown
        of = [[item for item in wanted if item.url in (hit.url, hit.id)] for hit in shown]
        first += bool(shown) and any(same_passage(shown[0].passage, item.text) for item in of[0])
        places = [place for place, items in enumerate(of) if items]
        if places:
            found += 1
            right += any(same_passage(shown[places[0]].passage, item.text) for item in of[places[0]])
    return PassageAccuracy(
        len(expected), found, first / max(1, len(expected)), right / found if found else 0.0
    )


def same_passage(shown: str, judged: str) -> bool:
    """Whether two texts are one passage: equal but for case, spaces and punctuation, or one of them, of
    five words at least, a part of the other."""
    one, other = (" ".join(token.form for token in tokens(text)) for text in (shown, judged))
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    return one == other or (short.count(" ") + 1 >= LEAST_WORDS and f" {short} " in f" {long} ")
