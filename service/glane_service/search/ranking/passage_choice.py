"""Which passage of a bookmark to show: the one that says it (pure).

The best passage by meaning is often the title card, which says what a bookmark is about and not what
it says. So a passage of the text is shown wherever there is one, chosen by meaning and by the
question's words together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from glane_indexer.models import PassageKind

# A passage that holds all of the question's words gains as much as this much cosine. Cosines of one
# bookmark's passages with one question lie within about 0.1 of each other.
WORDS_WEIGHT = 0.08


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
