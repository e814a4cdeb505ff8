"""Which passage of a bookmark to show, the one that says it, and what it says for the bookmark (pure).

The best passage by meaning is often the title card, which says what a bookmark is about and not what
it says. So a passage of the text is shown wherever there is one, chosen by meaning and by the
question's words together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from glane_indexer.models import PassageKind
from glane_service.search.ranking.question import between

# A passage that holds all of the question's words gains as much as this much cosine. Cosines of one
# bookmark's passages with one question lie within about 0.1 of each other.
WORDS_WEIGHT = 0.08
# Up to the first number of passages of text a bookmark's words say what its best passage says; from the
# second on they may come together from anywhere in it.
_MANY = (2, 10)


def choose(
    kinds: Sequence[PassageKind],
    cosines: Sequence[float] | None,
    coverage: Callable[[int], float],
) -> int:
    """The place of the passage to show.

    Args:
        kinds: what each passage is of.
        cosines: the similarity of each to the question; None without a vector leg.
        coverage: of a place, the share of the question's words (weighed by how rare they are) in that
            passage, 0 to 1. It is asked only where it can change the choice, since it reads the text.

    Returns:
        An index into ``kinds``; the first of equals. A title is taken only where all else is empty, or
        where it alone holds words of the question and nothing is known of meaning.
    """
    said = [place for place, kind in enumerate(kinds) if kind != "title"]
    if cosines is None:
        held = {place: coverage(place) for place in range(len(kinds))}
        places = said if any(held[place] for place in said) else list(held)
        return max(places, key=held.__getitem__)
    best, best_value = 0, float("-inf")
    # From the nearest on, until words could no longer make up for the distance.
    for place in sorted(said or range(len(kinds)), key=lambda place: (-cosines[place], place)):
        if cosines[place] + WORDS_WEIGHT < best_value:
            break
        value = cosines[place] + WORDS_WEIGHT * coverage(place)
        if value > best_value or (value == best_value and place < best):
            best, best_value = place, value
    return best


def gain(
    kinds: Sequence[PassageKind],
    cosines: Sequence[float],
    coverage: Callable[[int], float],
    weight: float,
) -> float:
    """By how much cosine a bookmark's best passage gains when the question's words are looked for in it.

    The words of a bookmark of forty passages are those of all of them: it holds many that no passage holds
    together, and is long, for which its words count less. What one passage says is worth the same however
    much stands around it.

    Args:
        kinds, cosines, coverage: as :func:`choose` takes them.
        weight: what a passage that holds all of the words gains, in a bookmark of many.
    """
    said = [place for place, kind in enumerate(kinds) if kind != "title"]
    many = between(len(said), _MANY)
    if not many:
        return 0.0
    said.sort(key=lambda place: -cosines[place])
    nearest = best = cosines[said[0]]
    for place in said:
        if cosines[place] + weight < best:
            break
        best = max(best, cosines[place] + weight * coverage(place))
    return many * (best - nearest)
