"""The exception tree: one root, and a name for each error that never changes."""

from __future__ import annotations

import inspect
import re

import pytest

from glane_indexer import errors
from glane_indexer.errors import GlaneError

CLASSES = [
    item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == errors.__name__
]


def test_the_tree() -> None:
    assert {item.__name__: item.__base__.__name__ for item in CLASSES if item.__base__} == {
        "GlaneError": "Exception",
        "UsageError": "GlaneError",
        "InputError": "GlaneError",
        "LibraryError": "GlaneError",
        "CatalogError": "LibraryError",
        "LockedError": "LibraryError",
        "GenerationError": "LibraryError",
        "EncoderMismatchError": "GenerationError",
        "EncoderError": "GlaneError",
        "QueryError": "GlaneError",
        "NotFoundError": "GlaneError",
        "ServiceError": "GlaneError",
        "DatasetError": "GlaneError",
        "ConflictError": "GlaneError",
        "JournalError": "LibraryError",
        "SourceError": "GlaneError",
    }


def test_every_error_has_a_slug_of_its_own() -> None:
    slugs = [item.slug for item in CLASSES]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(?:-[a-z]+)*", slug) for slug in slugs)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_made_alike(kind: type[GlaneError]) -> None:
    error = kind("it is cut off", where="a.csv", hint="Save it again")
    assert (error.message, error.where, error.hint) == ("it is cut off", "a.csv", "Save it again")
    assert error.exit_code == (2 if kind is errors.UsageError else 1)
    assert kind.__doc__


@pytest.mark.parametrize(
    ("where", "hint", "text"),
    [
        ("", "", "it is cut off"),
        ("a.csv", "", "a.csv: it is cut off"),
        ("", "Save it again", "it is cut off. Save it again"),
        ("a.csv", "Save it again", "a.csv: it is cut off. Save it again"),
    ],
)
def test_an_error_says_what_where_and_what_to_do(where: str, hint: str, text: str) -> None:
    assert str(GlaneError("it is cut off", where=where, hint=hint)) == text
