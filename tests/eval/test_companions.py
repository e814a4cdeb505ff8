"""The further files of a data set."""

from __future__ import annotations

import pytest

from glane_eval.companions import HEADER, Companions, read_companions
from glane_eval.shown import Expected
from glane_indexer.errors import DatasetError


def test_a_folder_without_them(tmp_path):
    assert read_companions(tmp_path, {"q1"}) == Companions()


def test_all_three(tmp_path):
    rows = [HEADER, "q1\thttps://a.example\tUn passage.", "q1\thttps://b.example\tUn autre.", "q9\tx\ty"]
    (tmp_path / "passages.tsv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "unanswerable.jsonl").write_text(
        '{"_id": "n1", "text": "Rien ?"}\n{"_id": "n2", "text": ""}\n'
    )
    (tmp_path / "queries-typos.jsonl").write_text(
        '{"_id": "q1", "text": "chaien"}\n{"_id": "q9", "text": "x"}\n'
    )
    found = read_companions(tmp_path, {"q1", "q2"})
    assert found.passages == {
        "q1": [Expected("https://a.example", "Un passage."), Expected("https://b.example", "Un autre.")]
    }
    assert found.unanswerable == {"n1": "Rien ?"}
    assert found.typos == {"q1": "chaien"}


@pytest.mark.parametrize(
    ("name", "text", "where", "said"),
    [
        ("passages.tsv", "query\turl\ttext\n", "passages.tsv:1", "the header is"),
        (
            "passages.tsv",
            f"{HEADER}\nq1\thttps://a.example\n",
            "passages.tsv:2",
            "a query-id, a url and a text",
        ),
        ("passages.tsv", f"{HEADER}\nq1\t\ttext\n", "passages.tsv:2", "a query-id, a url and a text"),
        ("passages.tsv", f"{HEADER}\nq7\tu\tt\n", "passages.tsv", "none of the set's queries"),
        ("queries-typos.jsonl", '{"_id": "q7", "text": "x"}\n', "queries-typos.jsonl", "none of the set's"),
        ("unanswerable.jsonl", "{oops\n", "unanswerable.jsonl:1", "not JSON"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, text, where, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError) as raised:
        read_companions(tmp_path, {"q1"})
    assert raised.value.where == str(tmp_path / where)
    assert said in raised.value.message
