"""From a data set to numbers, through the real importer, index and engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import glane_eval
from glane_eval.cli import main
from glane_eval.remembering import Remembering
from glane_eval.running import MODES, Result
from glane_eval.sources import library_of, open_source
from glane_indexer.catalog.judgments import Judgments, question_id
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import DatasetError, ServiceError, UsageError
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_path
from glane_indexer.settings import Settings
from tests.eval.conftest import DOCUMENTS, QRELS, QUERIES, write_dataset
from tests.support.cross_encoder import small_cross_encoder
from tests.support.little import make


@pytest.fixture(scope="module")
def result(dataset: Path, eval_settings: Settings) -> Result:
    return glane_eval.run(dataset, settings=eval_settings)


@pytest.fixture
def command(eval_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GLANE_CACHE", str(eval_settings.cache))
    yield


def test_every_mode_is_asked_every_question(result: Result) -> None:
    shown = result.to_json()
    assert (shown["dataset"], shown["queries"]) == ("four", 3)
    assert list(shown["modes"]) == list(MODES)
    # By meaning each question finds its document, also the English one; by words only the first does.
    assert shown["modes"]["hybrid"]["nDCG@10"] == 1
    assert shown["modes"]["keyword"]["success@1"] == pytest.approx(1 / 3, abs=1e-6)
    assert shown["modes"]["keyword"]["unanswered"] == 2
    for mode in shown["modes"].values():
        assert 0 < mode["latency_ms"]["p50"] <= mode["latency_ms"]["p99"]
        assert set(mode) >= {"nDCG@10", "MRR@10", "R@10", "R@100"}
    assert result.titles["pain"] == "Le pain au levain"


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same set, with its further files; the questions of another are beside it."""
    folder = write_dataset(tmp_path_factory.mktemp("rich") / "four")
    rows = [
        "query-id\turl\ttext",
        f"q1\tvelo\t{DOCUMENTS['velo'][1]}",
        "q2\tpain\tUn autre passage que celui-là.",
    ]
    (folder / "passages.tsv").write_text("\n".join(rows), "utf-8")
    lost = {"n1": "combien coûte un billet pour la lune ?", "n2": "xkcd vbnm"}
    lines = (json.dumps({"_id": key, "text": text}) + "\n" for key, text in lost.items())
    (folder / "unanswerable.jsonl").write_text("".join(lines), "utf-8")
    other = write_dataset(folder.parent / "other")
    (other / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": key, "text": "the price of silver in 1850"}) + "\n" for key in QRELS)
    )
    return folder


def test_what_else_is_measured_beside_the_order(
    rich: Path, command: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Where a set is not found from here, it is looked for by its name.
    monkeypatch.setenv("GLANE_DATASETS", str(rich.parent))
    further = ["--typos", "--foreign", "other"]
    assert main(["run", "four", *further, "--modes", "hybrid", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["passages"] == {"hybrid": {"questions": 2, "found": 2, "first": 0.5, "of_found": 0.5}}
    known = shown["answerability"]
    assert known["questions"] == 3
    assert {name: group["questions"] for name, group in known["groups"].items()} == {
        "unanswerable": 2,
        "other": 3,
    }
    assert known["groups"]["unanswerable"]["auroc"] == 1
    # Four documents are found for each of three questions, one of them right.
    assert shown["calibration"]["results"] == 12
    assert sum(part["count"] * part["relevant"] for part in shown["calibration"]["bins"]) == pytest.approx(
        3
    )
    assert shown["typos"]["made"] is True
    assert 0 < shown["typos"]["modes"]["hybrid"]["nDCG@10"] <= 1
    output = rich.parent / "report.html"
    assert main(["report", "four", *further, "--modes", "hybrid", "--output", str(output)]) == 0
    said = capsys.readouterr().out
    for line in (
        "With a misspelling in each question (made here)",
        "the judged one in 50.0% of 2 questions",
        "unanswerable (2 questions): AUROC 1.0000",
        "Expected calibration error: 0.",
    ):
        assert line in said
    page = output.read_text("utf-8")
    for title in ("Misspelt questions", "Passages", "How sure", "Reliability of the confidences"):
        assert title in page


def test_a_sets_own_misspellings_are_asked(dataset: Path, tmp_path: Path, eval_settings: Settings) -> None:
    own = shutil.copytree(dataset, tmp_path / "four")
    (own / "queries-typos.jsonl").write_text(
        '{"_id": "q1", "text": "quand change-t-on la chaien ?"}\n', "utf-8"
    )
    result = glane_eval.run(own, modes=["keyword"], typos=True, settings=eval_settings)
    assert result.typos is not None
    assert (result.typos.made, result.typos.queries["q1"]) == (False, "quand change-t-on la chaien ?")


def test_a_reranker_is_measured_beside_the_others(
    dataset: Path,
    tmp_path: Path,
    command: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", str(dataset), "--rerank"]) == 2
    assert "there is no reranker to measure" in capsys.readouterr().err
    monkeypatch.setenv("GLANE_RERANKER", str(small_cross_encoder(tmp_path / "model")))
    monkeypatch.setenv("GLANE_RERANKER_MS", "60000")
    arguments = ["run", str(dataset), "--rerank", "--modes", "hybrid", "--json"]
    assert main(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert list(shown["modes"]) == ["hybrid", "reranked"]
    # Its weights are random: it finds the same four documents, in an order of its own.
    assert shown["modes"]["reranked"]["R@10"] == 1
    assert shown["modes"]["reranked"]["nDCG@10"] < shown["modes"]["hybrid"]["nDCG@10"]
    assert shown["reranker"]["late"] == 0 < shown["reranker"]["asked"]
    # Without time the order stays.
    monkeypatch.setenv("GLANE_RERANKER_MS", "0")
    assert main(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["reranker"]["late"] == shown["reranker"]["asked"]
    assert shown["modes"]["reranked"]["nDCG@10"] == shown["modes"]["hybrid"]["nDCG@10"]


def test_vectors_of_questions_are_kept_for_the_next_process(
    dataset: Path, eval_settings: Settings, encoder: Encoder, tmp_path: Path
) -> None:
    first = Remembering(encoder, tmp_path)
    vector = first.encode_queries(["où est le four ?"])
    first.keep()

    class Broken:
        info = encoder.info

    again = Remembering(Broken(), tmp_path)  # type: ignore[arg-type]
    assert (again.encode_queries(["où est le four ?"]) == vector).all()
    assert [path.name for path in tmp_path.iterdir()] == [f"questions-{encoder.info.fingerprint}.npz"]


def test_the_library_is_built_once(dataset: Path, eval_settings: Settings, encoder: Encoder) -> None:
    stages: list[str] = []
    source = open_source(str(dataset))
    first = library_of(source, eval_settings, encoder, lambda stage, done, total: stages.append(stage))
    again = library_of(source, eval_settings, encoder, lambda stage, done, total: stages.append(stage))
    assert first == again
    built = len(stages)
    library_of(source, eval_settings, encoder, lambda stage, done, total: stages.append(stage))
    assert len(stages) == built


def test_another_corpus_is_another_library(dataset: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(dataset, tmp_path / "four")
    with (changed / "corpus.jsonl").open("a") as stream:
        stream.write(json.dumps({"_id": "new", "title": "Neuf", "text": "Un autre texte."}) + "\n")
    assert open_source(str(changed)).key != open_source(str(dataset)).key


def test_a_library_of_something_else_is_an_error(
    dataset: Path, sample_library: Path, eval_settings: Settings
) -> None:
    with pytest.raises(DatasetError, match="none of the judged documents"):
        glane_eval.run(dataset, library=sample_library, settings=eval_settings)


def test_a_service_that_is_not_there_is_an_error(dataset: Path, eval_settings: Settings) -> None:
    with pytest.raises(ServiceError, match="cannot be reached"):
        glane_eval.run(dataset, url="http://127.0.0.1:9", settings=eval_settings)
    with pytest.raises(UsageError):
        glane_eval.run(dataset, url="ftp://example.org", settings=eval_settings)


def test_unknown_modes_are_refused(dataset: Path, eval_settings: Settings) -> None:
    with pytest.raises(UsageError, match="psychic"):
        glane_eval.run(dataset, modes=["psychic"], settings=eval_settings)


def test_runs_that_are_written_compare_as_measured(
    dataset: Path,
    tmp_path: Path,
    command: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", str(dataset), "--runs", str(tmp_path), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["modes"]
    runs = [str(tmp_path / f"four-{mode}.run") for mode in ("keyword", "hybrid")]
    assert main(["compare", *runs, "--qrels", str(dataset), "--metrics", "nDCG@10", "--json"]) == 0
    (compared,) = json.loads(capsys.readouterr().out)
    assert compared["before"] == pytest.approx(measured["keyword"]["nDCG@10"], abs=1e-6)
    assert compared["after"] == pytest.approx(measured["hybrid"]["nDCG@10"], abs=1e-6)
    assert (compared["wins"], compared["ties"], compared["losses"]) == (2, 1, 0)


def test_the_gate_shuts_when_a_ranking_falls(
    dataset: Path, tmp_path: Path, command: None, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = str(tmp_path / "baseline.json")
    assert main(["gate", str(dataset), "--baseline", baseline, "--write"]) == 0
    assert main(["gate", str(dataset), "--baseline", baseline]) == 0
    capsys.readouterr()
    assert main(["gate", str(dataset), "--baseline", baseline, "--mode", "keyword"]) == 1
    said = capsys.readouterr().out
    assert "nDCG@10 FAILS" in said
    assert 'q2 1.000 → 0.000 "bread dough overnight"' in said


def test_a_librarys_gate_keeps_a_worse_index_beside(
    dataset: Path, tmp_path: Path, command: None, encoder: Encoder, capfd: pytest.CaptureFixture[str]
) -> None:
    from glane_indexer.index.generation import current_name, names
    from glane_service.cli import main as glane

    library = tmp_path / "library"
    import_path(dataset / "corpus.jsonl", library)
    build_generation(library, encoder)
    shutil.copytree(dataset, library / "questions")
    arguments = ["gate", str(library / "questions"), "--library", str(library)]
    assert main([*arguments, "--baseline", str(library / "baseline.json"), "--write"]) == 0
    # The library's own judgments are read from the catalog that the build has just used.
    judgments = Judgments(library)
    judgments.add_questions(list(QUERIES.values()))
    judgments.record_all("Anne", {question_id(QUERIES[query]): {doc: 3} for query, doc in QRELS.items()})
    arguments = ["gate", str(library), "--library", str(library)]
    assert main([*arguments, "--baseline", str(library / "own.json"), "--write"]) == 0
    own = {"dataset": "", "baseline": "own.json"}
    (library / "settings.json").write_text(json.dumps({"gate": own}), "utf-8")
    first = current_name(library)
    # Now the answers are gone: other texts stand under the same ids.
    swapped = dict(
        zip(DOCUMENTS, [*list(DOCUMENTS.values())[1:], ("Autre", "Rien de tout cela.")], strict=True)
    )
    rows = [{"_id": key, "title": title, "text": text} for key, (title, text) in swapped.items()]
    (tmp_path / "worse.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    import_path(tmp_path / "worse.jsonl", library, format="beir")
    assert glane(["index", "--library", str(library)]) == 1
    said = capfd.readouterr().err
    assert "did not pass the library's gate" in said
    assert "FAILS" in said
    assert "arbres qui repoussent" in said
    assert current_name(library) == first
    assert len(names(library)) == 2
    # Refused again, by questions of a folder: what was refused before does not stay.
    gate = {"dataset": "questions", "baseline": "baseline.json", "max_drop": 0.01}
    (library / "settings.json").write_text(json.dumps({"gate": gate}), "utf-8")
    assert glane(["index", "--library", str(library)]) == 1
    assert "did not pass the library's gate" in capfd.readouterr().err
    assert current_name(library) == first
    assert len(names(library)) == 2
    assert glane(["index", "--library", str(library), "--force"]) == 0
    assert current_name(library) != first


def test_tuning_leaves_each_set_out(
    rich: Path, command: None, capsys: pytest.CaptureFixture[str], eval_settings: Settings
) -> None:
    sets = [str(rich), str(rich.parent / "other")]
    assert main(["tune", *sets, "--questions", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(item["dataset"], item["queries"]) for item in found["datasets"]] == [("four", 2), ("other", 2)]
    assert found["before"] == pytest.approx(sum(item["before"] for item in found["datasets"]) / 2)
    assert found["written"] is False
    assert main(["tune", *sets, "--questions", "2"]) == 0
    said = capsys.readouterr().out
    assert "four: nDCG@10 1.0000 now, 1.0000 chosen on the other sets (+0.0000" in said
    assert "Mean: " in said
    # The vectors of its questions are kept for the next time.
    assert list((eval_settings.cache / "eval" / "four").glob("questions-*.npz"))


def test_tuning_one_set_says_what_it_expects(
    rich: Path, command: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", str(rich), "--folds", "2", "--holdout", "0.4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (fresh,), (expected,) = found["fresh"], found["datasets"]
    assert (fresh["queries"], expected["queries"]) == (1, 2)
    assert expected["interval"][0] <= expected["gain"] <= expected["interval"][1]
    assert expected["expected"] - expected["before"] == pytest.approx(expected["gain"])


def test_a_set_without_judging_is_found_again(
    encoder: Encoder, tmp_path: Path, command: None, capsys: pytest.CaptureFixture[str]
) -> None:
    library, folder = make(tmp_path / "library", encoder), tmp_path / "held-out"
    assert main(["make-set", str(library), str(folder), "--queries", "8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["queries"] == 8
    result = glane_eval.run(folder, modes=["hybrid"])
    assert result.origin == "held-out passages (no human judgment)"
    # Of twelve bookmarks on twelve subjects, what is left of each tells where a passage came from.
    assert result.modes["hybrid"].evaluation.means()["MRR@10"] > 0.6


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: (folder / "qrels.tsv").unlink(), "qrels.tsv: the data set has no such file"),
        (
            lambda folder: (folder / "corpus.jsonl").write_text("{oops\n"),
            "corpus.jsonl:1: this line is not JSON",
        ),
        (
            lambda folder: (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq9\tpain\t1\n"),
            "qrels.tsv:2: the query 'q9' is judged",
        ),
        (
            lambda folder: (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tpain\t-1\n"),
            "qrels.tsv:2",
        ),
        (lambda folder: (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n"), "qrels.tsv"),
        (
            lambda folder: (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "a"}\n' * 2),
            "queries.jsonl:2: the query 'q1' stands twice",
        ),
    ],
)
def test_a_broken_data_set_gives_one_clear_error(
    tmp_path: Path, break_it, said: str, capsys: pytest.CaptureFixture[str]
) -> None:  # type: ignore[no-untyped-def]
    folder = write_dataset(tmp_path / "broken")
    break_it(folder)
    assert main(["run", str(folder)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_qrels_of_the_sample_are_known_to_its_library() -> None:
    source = open_source("sample")
    assert len(source.queries) == len(source.qrels) > 50
    assert set(QRELS).isdisjoint(source.qrels)
