"""Data sets: what is read, and what is refused with its file and line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from glane_eval.datasets import Document, read_dataset, write_judgments
from glane_eval.qrels import HEADER
from glane_eval.sources import open_source
from glane_indexer.errors import DatasetError
from glane_indexer.library.importing import import_bytes

CORPUS = [
    {"_id": "d1", "title": "Un", "text": "Le premier."},
    {"_id": "d2", "text": "Le second.\u2028Suite."},
]
QUERIES = [
    {"_id": "q1", "text": "premier ?"},
    {"_id": "q2", "text": "second ?"},
    {"_id": "q3", "text": "rien"},
]
QRELS = [HEADER, "q2\td2\t1", "q1\td1\t2", "q1\td2\t0"]


def folder(path: Path, **files: object) -> Path:
    """A folder with the three good files, of which some are replaced (lines or rows) or left out (None)."""
    content = {"corpus": CORPUS, "queries": QUERIES, "qrels": QRELS} | files
    for name, rows in content.items():
        if rows is not None:
            lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
            suffix = "tsv" if name == "qrels" else "jsonl"
            (path / f"{name}.{suffix}").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_reads_the_three_files(tmp_path):
    dataset = read_dataset(folder(tmp_path))
    assert dataset.name == tmp_path.name
    assert dataset.queries == {"q1": "premier ?", "q2": "second ?", "q3": "rien"}
    assert dataset.qrels == {"q2": {"d2": 1}, "q1": {"d1": 2, "d2": 0}}
    assert dataset.judged_queries() == {"q1": "premier ?", "q2": "second ?"}
    assert list(dataset.corpus()) == [
        Document("d1", "Un", "Le premier.", 1),
        Document("d2", "", "Le second.\u2028Suite.", 2),
    ]
    assert dataset.corpus_ids() == {"d1", "d2"}


def test_reads_gzip_and_beirs_qrels_folder(tmp_path):
    folder(tmp_path)
    plain = read_dataset(tmp_path)
    documents = list(plain.corpus())
    for name in ("corpus.jsonl", "queries.jsonl"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        (tmp_path / name).unlink()
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels.tsv").rename(tmp_path / "qrels" / "test.tsv")
    packed = read_dataset(tmp_path)
    assert (packed.queries, packed.qrels) == (plain.queries, plain.qrels)
    assert list(packed.corpus()) == documents


def test_windows_line_ends_byte_order_mark_blank_lines_and_number_ids(tmp_path):
    folder(tmp_path, corpus=[{"_id": 7, "text": "sept"}], queries=[{"_id": " q1 ", "text": "sept ?"}])
    (tmp_path / "qrels.tsv").write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\nq1\t7\t1\r\n\r\n".encode())
    dataset = read_dataset(tmp_path)
    assert dataset.qrels == {"q1": {"7": 1}}
    assert dataset.corpus_ids() == {"7"}


def test_judgments_only(tmp_path):
    dataset = read_dataset(folder(tmp_path, corpus=None), corpus=False)
    assert dataset.qrels["q1"] == {"d1": 2, "d2": 0}
    with pytest.raises(DatasetError, match="without its corpus"):
        dataset.corpus()


@pytest.mark.parametrize(
    ("files", "where", "message"),
    [
        ({"corpus": None}, "corpus.jsonl", "no such file"),
        ({"queries": None}, "queries.jsonl", "no such file"),
        ({"qrels": None}, "qrels.tsv", "no such file"),
        ({"corpus": []}, "corpus.jsonl", "no document"),
        ({"queries": []}, "queries.jsonl", "no query"),
        ({"qrels": []}, "qrels.tsv:1", "empty"),
        ({"qrels": [HEADER]}, "qrels.tsv", "no judgment"),
        ({"qrels": QRELS[1:]}, "qrels.tsv:1", "the header is"),
        ({"qrels": [*QRELS, "q1\td1\t1"]}, "qrels.tsv:5", "judged twice"),
        ({"qrels": [*QRELS, "q9\td1\t1"]}, "qrels.tsv:5", "query 'q9' is judged, but it is not in queries"),
        ({"qrels": [*QRELS, "q1\td9\t1", "q2\td8\t1"]}, "qrels.tsv:5", "'d9' (and 1 more) is judged"),
        ({"qrels": [*QRELS, "q3\td1\t-1"]}, "qrels.tsv:5", "the grade '-1'"),
        ({"qrels": [*QRELS, "q3\td1\t1.5"]}, "qrels.tsv:5", "the grade '1.5'"),
        ({"qrels": [*QRELS, "q3\td1\t²"]}, "qrels.tsv:5", "the grade '²'"),
        ({"qrels": [*QRELS, "q3\td1"]}, "qrels.tsv:5", "3 cells"),
        ({"qrels": [*QRELS, "q3\t\t1"]}, "qrels.tsv:5", "empty"),
        ({"queries": [*QUERIES, "{oops"]}, "queries.jsonl:4", "not JSON"),
        ({"queries": [*QUERIES, "[1]"]}, "queries.jsonl:4", "not a JSON object"),
        ({"queries": [*QUERIES, {"_id": "q1", "text": "x"}]}, "queries.jsonl:4", "'q1' stands twice"),
        ({"queries": [*QUERIES, {"_id": "q4"}]}, "queries.jsonl:4", "text is missing"),
        (
            {"queries": [{"_id": "q1", "text": " "}], "qrels": [HEADER, "q1\td1\t1"]},
            "queries.jsonl",
            "no query",
        ),
        ({"corpus": [*CORPUS, {"text": "x"}]}, "corpus.jsonl:3", "no _id"),
        ({"corpus": [*CORPUS, {"_id": True, "text": "x"}]}, "corpus.jsonl:3", "no _id"),
        ({"corpus": [*CORPUS, {"_id": "d3"}]}, "corpus.jsonl:3", "text is missing"),
        ({"corpus": [*CORPUS, {"_id": "d3", "text": 3}]}, "corpus.jsonl:3", "not a text"),
        ({"corpus": [*CORPUS, {"_id": "d1", "text": "x"}]}, "corpus.jsonl:3", "'d1' stands twice"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, files, where, message):
    with pytest.raises(DatasetError) as raised:
        read_dataset(folder(tmp_path, **files))
    assert raised.value.where == str(tmp_path / where)
    assert message in raised.value.message


def test_queries_without_a_text_are_skipped_and_told(tmp_path, caplog):
    queries = [QUERIES[0], {"_id": "q2", "text": " "}, {"_id": "q3", "text": ""}]
    found = read_dataset(folder(tmp_path, queries=queries))
    assert found.queries == {"q1": "premier ?"}
    # Judgments of a question that cannot be asked would count 0 whatever the ranking.
    assert found.qrels == {"q1": {"d1": 2, "d2": 0}}
    assert found.skipped == (2, 3)
    source = open_source(str(tmp_path))
    assert (source.skipped, list(source.queries)) == (2, ["q1"])
    assert "questions without a text are skipped, on line 2, 3" in caplog.text


def test_documents_without_a_text_are_left_out_and_told(tmp_path, caplog):
    corpus = [*CORPUS, {"_id": "d3", "title": " ", "text": ""}, {"_id": "d4", "text": ""}]
    source = open_source(str(folder(tmp_path, corpus=corpus)))
    assert [json.loads(line)["_id"] for line in source.corpus.splitlines()] == ["d1", "d2"]
    assert "documents without a text are left out: 2" in caplog.text
    report = import_bytes(source.corpus, tmp_path / "library", format="beir", name="set")
    assert (report.bookmarks.added, report.bookmarks.skipped) == (2, 0)
    # Where all have one, the file is taken as it is: its library is found again by its hash.
    assert open_source(str(folder(tmp_path))).corpus == (tmp_path / "corpus.jsonl").read_bytes()


def test_files_that_are_no_text(tmp_path):
    folder(tmp_path, queries=None)
    (tmp_path / "queries.jsonl").write_bytes(b'{"_id": "q1", "text": "a"}\n{"_id": "q2", "text": "\xe9"}\n')
    with pytest.raises(DatasetError, match=r"queries\.jsonl:2: this line is not UTF-8"):
        read_dataset(tmp_path)
    (tmp_path / "queries.jsonl").rename(tmp_path / "queries.jsonl.gz")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        read_dataset(tmp_path / "nowhere")


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_written(tmp_path):
    folder(tmp_path, corpus=[r'{"_id": "d1", "text": "a\ud800b"}', CORPUS[1]])
    assert next(read_dataset(tmp_path).corpus()).text == "a?b"


def test_the_content_hash_follows_the_files(tmp_path):
    before = read_dataset(folder(tmp_path)).content_hash()
    assert before == read_dataset(tmp_path).content_hash()
    folder(tmp_path, qrels=[*QRELS, "q3\td1\t1"])
    assert read_dataset(tmp_path).content_hash() != before


def test_written_judgments_read_back_with_their_origin(tmp_path):
    queries, qrels = {"q1": "l’été\u2028?"}, {"q1": {"https://a.example/b c": 2}}
    write_judgments(tmp_path / "new", queries, qrels, origin="held-out")
    dataset = read_dataset(tmp_path / "new", corpus=False)
    assert (dataset.queries, dataset.qrels, dataset.origin) == (queries, qrels, "held-out")
    with pytest.raises(DatasetError, match="cannot stand in a table"):
        write_judgments(tmp_path / "new", queries, {"q1": {"a\tb": 1}})
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["qrels.tsv", "queries.jsonl"]
