"""Whether the passage shown is the judged one."""

from __future__ import annotations

import pytest

from glane_eval.shown import Answer, Expected, Shown, passage_accuracy, same_passage

LONG = "Les ruches se visitent par temps doux. On enfume peu, et l’on regarde le couvain sans tarder."


@pytest.mark.parametrize(
    ("shown", "judged", "same"),
    [
        ("Le miel, dit-on, se garde.", "le miel dit on se garde", True),
        # A piece of a long annotation, and a sentence within a description.
        ("On enfume peu, et l’on regarde le couvain", LONG, True),
        (LONG, "Les ruches se visitent par temps doux", True),
        # Four words stand in many texts.
        ("Les ruches se visitent", LONG, False),
        ("On enfume beaucoup, et l’on regarde le couvain", LONG, False),
        # Whole words alone: « ruche » is no part of « ruches ».
        ("es ruches se visitent par temps", LONG, False),
        ("", "", False),
        ("…", LONG, False),
    ],
)
def test_one_passage_or_another(shown, judged, same):
    assert same_passage(shown, judged) is same
    assert same_passage(judged, shown) is same


def hit(name, passage):
    return Shown(name, f"https://example.org/{name}", passage, 0.5)


def test_first_results_and_found_bookmarks_are_counted_apart():
    right, wrong = "Cinq mots qui répondent bien.", "Autre chose que la réponse."
    answers = {
        "q1": Answer(True, (hit("a", right), hit("b", wrong))),
        "q2": Answer(True, (hit("b", wrong), hit("a", right))),
        "q3": Answer(True, (hit("a", wrong),)),
        # Another bookmark says the same; that is not the judged one.
        "q4": Answer(True, (hit("c", right),)),
        "q5": Answer(False, ()),
    }
    expected = {query: [Expected("https://example.org/a", right)] for query in answers}
    found = passage_accuracy(answers, expected)
    assert (found.questions, found.found) == (5, 3)
    assert (found.first, found.of_found) == (pytest.approx(1 / 5), pytest.approx(2 / 3))
    # A bookmark may be named by its id, and a question have several passages.
    expected["q3"] = [Expected("a", right), Expected("a", wrong)]
    assert passage_accuracy(answers, expected).first == pytest.approx(2 / 5)
