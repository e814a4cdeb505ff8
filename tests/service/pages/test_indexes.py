from __future__ import annotations

from glane_service.pages.indexes import SHOWN, Index, index

VALUES = [("vélo", 2), ("Éco", 5), ("art", 2), ("  ", 9), ("zoo", 1)]


def test_by_count_and_by_name() -> None:
    assert index(VALUES, "count") == Index((("Éco", 5), ("art", 2), ("vélo", 2), ("zoo", 1)), 0)
    assert [name for name, _ in index(VALUES, "name").values] == ["art", "Éco", "vélo", "zoo"]


def test_narrowed_by_letters_accents_aside() -> None:
    assert index(VALUES, "count", " VEL ").values == (("vélo", 2),)
    assert index(VALUES, "count", "xyz") == Index((), 0)


def test_of_very_many_the_most_used_are_shown() -> None:
    values = [(f"t{place:04}", place) for place in range(SHOWN + 7)]
    found = index(values, "name")
    assert (len(found.values), found.hidden) == (SHOWN, 7)
    assert found.values[0] == ("t0007", 7)
