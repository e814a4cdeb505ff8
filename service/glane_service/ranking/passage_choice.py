"""Which passage of a bookmark to show: the one that says it (pure).

The best passage by meaning is often the title card, which says what a bookmark is about and not what
it says. So a passage of the text is shown wherever there is one, chosen by meaning and by the
question's words together.
"""

from __future__ import annotations

from collections.abc import Sequence

from glane_indexer.models import PassageKind

# A passage that holds all of the question's words gains as much as this much cosine. Cosines of one
# bookmark's passages with one question lie within about 0.1 of each other.
WORDS_WEIGHT = 0.06


def choose(
    kinds: Sequence[PassageKind], cosines: Sequence[float] | None, coverages: Sequence[float]
) -> int:
    """The place of the passage to show.

    Args:
        kinds: what each passage is of.
        cosines: the similarity of each to the question; None without a vector leg.
        coverages: the share of the question's words (weighed by how rare they are) in each, 0 to 1.

    Returns:
        An index into ``kinds``; the first of equals. A title is taken only where all else is empty, or
        where it alone holds words of the question and nothing is known of meaning.
    """
    values = [
        (cosines[place] if cosines is not None else 0.0) + WORDS_WEIGHT * coverages[place]
        for place in range(len(kinds))
    ]
    said = [place for place, kind in enumerate(kinds) if kind != "title"]
    if cosines is None and not any(coverages[place] for place in said):
        said = []
    return max(said or range(len(kinds)), key=lambda place: values[place])


def contenders(kinds: Sequence[PassageKind], cosines: Sequence[float] | None) -> list[bool]:
    """Which passages :func:`choose` could take, whatever words they hold; the others need no reading.

    A passage whose cosine is more than :data:`WORDS_WEIGHT` below the best cannot make up for it.
    """
    if cosines is None:
        return [True] * len(kinds)
    said = [cosine for kind, cosine in zip(kinds, cosines, strict=True) if kind != "title"]
    least = max(said, default=-2.0) - WORDS_WEIGHT
    return [cosine >= least for cosine in cosines]
