"""The ranking's numbers and the library's own settings for them."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.errors import LibraryError
from glane_service.search.ranking.parameters import (
    SETTINGS_FILE,
    Parameters,
    library_parameters,
    read_settings,
)


def test_what_is_not_named_keeps_its_default() -> None:
    parameters = Parameters.from_json({"nat_scale": 7, "passage_depth": 40})
    assert parameters == Parameters(nat_scale=7.0, passage_depth=40)
    assert isinstance(parameters.nat_scale, float)
    assert isinstance(parameters.passage_depth, int)


def test_the_defaults_are_written_and_read_back() -> None:
    values = json.loads(json.dumps(Parameters().to_json()))
    assert list(values) == [item.name for item in fields(Parameters)]
    assert Parameters.from_json(values) == Parameters()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nat_scal", 1, "'nat_scal' is not a ranking parameter"),
        ("nat_scale", "12", "nat_scale is '12', not a number"),
        ("nat_scale", True, "nat_scale is True, not a number"),
        ("nat_scale", None, "nat_scale is None, not a number"),
        ("nat_scale", -0.5, "nat_scale is -0.5, below 0"),
        ("nat_scale", math.nan, "nat_scale is nan, not a number"),
        ("nat_scale", math.inf, "nat_scale is inf, not a number"),
        ("vector_depth", 2.5, "vector_depth is 2.5, not a whole number"),
        ("vector_depth", -1, "vector_depth is -1, below 0"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: Any, said: str) -> None:
    with pytest.raises(LibraryError) as caught:
        Parameters.from_json({name: value}, where="settings.json")
    assert caught.value.message == said
    assert caught.value.where == "settings.json"


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(LibraryError) as caught:
        Parameters.from_json({"k1": 1.2})
    assert all(item.name in caught.value.hint for item in fields(Parameters))


def test_a_library_without_settings_has_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == {}
    assert library_parameters(tmp_path) == Parameters()


def test_a_library_may_have_its_own(tmp_path: Path) -> None:
    text = json.dumps({"ranking": {"title_share": 0.4}, "other": 1})
    (tmp_path / SETTINGS_FILE).write_text(text, "utf-8")
    assert library_parameters(tmp_path) == Parameters(title_share=0.4)


def test_numbers_of_the_ranking_before_are_left_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ranking = {"keyword_scale": 20.0, "keyword_power": 1.5, "document_share": 0.5}
    (tmp_path / SETTINGS_FILE).write_text(json.dumps({"ranking": ranking}))
    assert library_parameters(tmp_path) == Parameters()
    assert "glane-eval tune --write" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"ranking"',
        b'{"ranking": []}',
        b'{"ranking": {"x": 1}}',
        b"\xff\xfe",
        b'{"ranking": null}',
    ],
)
def test_settings_that_cannot_be_used_say_which_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / SETTINGS_FILE
    path.write_bytes(content)
    with pytest.raises(LibraryError) as caught:
        library_parameters(tmp_path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == content
