"""Acronyms and what texts say that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.acronyms import MARK, Definition, definitions, entry, read_entry
from glane_indexer.text import tokens


@pytest.mark.parametrize(
    ("text", "acronym", "words"),
    [
        ("Un comité des sages (CDS) veille.", "cds", "comité des sages"),
        ("Le plan vélo de l’agglomération (PVA) est voté.", "pva", "plan vélo de l agglomération"),
        ("la maison de l'eau (M.E.) ouvre", "me", "maison de l eau"),
        ("LBU (ligue des bateaux urbains) navigue.", "lbu", "ligue des bateaux urbains"),
        ("LBU (ligue des bateaux urbains, fondée hier)", "lbu", "ligue des bateaux urbains"),
        # In the order of another language: its first letter, and half of them in order.
        ("La carte de prêt des livres (CPB) suffit.", "cpb", "carte de prêt des livres"),
        # A function word is never the first.
        ("Les amis des arbres hauts (AAH)", "aah", "amis des arbres hauts"),
    ],
)
def test_a_text_that_spells_an_acronym_out_defines_it(text: str, acronym: str, words: str) -> None:
    assert list(definitions(text)) == [Definition(acronym, tuple(words.split()))]


@pytest.mark.parametrize(
    "text",
    [
        "C’est entendu (OK).",
        "Il est venu (hier) au port (Paris).",
        # No first letter, one word alone, and too many words.
        "Une réunion du bureau (XYZ)",
        "Un tableau (TB)",
        "Carnets de route sur la mer du Nord, du Groenland et puis d’ailleurs (CPL)",
        # The clause before has nothing to do with it.
        "Comité des sages. (CDS)",
        "CDS (le conseil municipal de la ville d’à côté)",
        "(((((ABC)",
        "",
    ],
)
def test_what_does_not_spell_it_out_defines_nothing(text: str) -> None:
    assert list(definitions(text)) == []


@given(st.text(alphabet="ABCDabcdé .(),-'", max_size=80))
def test_a_definition_is_of_words_of_the_text_and_comes_back_from_its_entry(text: str) -> None:
    forms = [token.form for token in tokens(text)]
    for definition in definitions(text):
        size = len(definition.words)
        assert any(tuple(forms[n : n + size]) == definition.words for n in range(len(forms)))
        assert entry(definition).startswith(MARK)
        assert read_entry(entry(definition)) == definition
