"""The benchmarks of size and of peers, at sizes that take seconds: so that they are known to run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import building, peer_engines, peers, plots, scale
from benchmarks.lifelike import PASSAGES, LifelikeEncoder, Source, bookmarks, every_vector
from tests.support.hashed import HashedEncoder

SUBJECTS = ("les haies, le bocage et les oiseaux", "un impôt et sa déclaration", "des loyers et des toits")
TEXTS = tuple(
    f"Titre {number}\nUne phrase de {number} mots sur {SUBJECTS[number % 3]}." for number in range(90)
)
QUESTIONS = ("que disent les haies ?", "combien d'oiseaux", "le bocage")


@pytest.fixture(scope="module")
def real() -> Source:
    encoder = HashedEncoder()
    return Source(
        TEXTS,
        QUESTIONS,
        encoder.encode_passages(TEXTS),
        encoder.encode_queries(QUESTIONS),
        encoder.info.name,
    )


@pytest.fixture(scope="module")
def report(real: Source, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    library = tmp_path_factory.mktemp("scale") / "library"
    return {
        "library": library,
        **scale.fill(library, 40 * PASSAGES, real),
        **scale.build(library, real),
        **scale.serve(library, real, 6),
    }


def test_vectors_are_unit_rows_near_real_ones_and_the_same_each_time(real: Source) -> None:
    encoder = LifelikeEncoder(real)
    texts = [f"Titre {number}\n{part}" for number in range(40) for part in ("un", "deux")]
    made = encoder.encode_passages(texts)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert encoder.encode_passages(texts[:1])[0].tolist() == made[0].tolist()
    cosines = made @ made.T
    # Passages of one bookmark are nearer to one another than to those of others.
    assert cosines[range(0, 80, 2), range(1, 80, 2)].mean() > cosines.mean() + 0.1
    assert encoder.encode_queries([QUESTIONS[1]])[0].tolist() == real.question_vectors[1].tolist()


def test_bookmarks_have_the_words_of_the_source_and_some_of_their_own(real: Source) -> None:
    found = list(bookmarks(real, 30))
    assert found == list(bookmarks(real, 30))
    words = {word for item in found for note in item.annotations for word in note.text.split()}
    known = {word for text in TEXTS for word in text.split()}
    assert {"haies,", "bocage"} <= words & known
    assert any(word.startswith("mot") for word in words - known)


def test_a_size_is_measured(report: dict[str, object]) -> None:
    assert (report["bookmarks"], report["passages"], report["segments"]) == (40, 200, 1)
    assert report["recall_at_100"] == 1
    for name in ("hybrid_ms", "keyword_ms", "vector_ms", "filter_1_percent_ms"):
        values = report[name]
        assert isinstance(values, dict)
        assert values["cpu_p50"] > 0
        assert 0 < values["p50"] <= values["p99"]
    assert all(
        isinstance(report[name], float | int) for name in ("import_s", "build_s", "open_s", "index_mb")
    )


def test_every_cosine_is_computed() -> None:
    rows = np.eye(3, dtype=np.float16)
    assert every_vector([rows, rows[:1]], np.array([1, 2, 3], np.float32)).tolist() == [1, 2, 3, 1]


def test_glane_answers_as_a_peer_and_finds_all(
    report: dict[str, object], real: Source, tmp_path: Path
) -> None:
    library = report["library"]
    assert isinstance(library, Path)
    peers.prepare(tmp_path, library, list(QUESTIONS), LifelikeEncoder(real))
    engines = peers.start(tmp_path, sys.executable, ["none"])
    row = peers.speed(tmp_path, engines)[peers.GLANE]
    assert row["recall_at_10"] == 1
    assert row["rss_mb"] > 0
    assert min(row["nearest_p50_ms"], row["hybrid_p50_ms"], row["whole_p50_ms"]) > 0
    owners = json.loads((tmp_path / "owners.json").read_text())
    judged = {"q": {owners[0]: 1}}
    ranked = peers.quality(tmp_path, peers.start(tmp_path, sys.executable, ["none"]), ["q"], judged)
    assert 0 <= ranked[peers.GLANE] <= 1


def test_a_peer_that_cannot_be_built_says_why(
    report: dict[str, object], real: Source, tmp_path: Path
) -> None:
    library = report["library"]
    assert isinstance(library, Path)
    peers.prepare(tmp_path, library, list(QUESTIONS), LifelikeEncoder(real))
    nothing = [sys.executable, "-c", "print('hello'); print('{\"error\": \"no such module\"}')"]
    rows = peers.speed(tmp_path, [peers.Engine("broken", nothing)])
    assert rows == {"broken": {"error": "no such module", "versions": ""}}


def test_ranks_are_fused() -> None:
    assert peer_engines.rrf([[1, 2, 3], [3, 1]], 2) == [1, 3]
    assert peer_engines.words_of("qu'est-ce ?") == ["qu", "est", "ce"]


def test_plots_are_drawn(report: dict[str, object], tmp_path: Path) -> None:
    lines = tmp_path / "scale.jsonl"
    line = {name: value for name, value in report.items() if name != "library"}
    lines.write_text("\n".join(json.dumps(line | {"passages": size}) for size in (200, 400)))
    plots.draw_scale(lines, tmp_path / "scale.svg")
    table = tmp_path / "peers.json"
    engines = {
        "Glane": {"hybrid_p50_ms": 2.0, "ndcg_at_10": 0.7},
        "other": {"hybrid_p50_ms": 3.0, "ndcg_at_10": 0.6},
        "broken": {"error": "not here"},
    }
    table.write_text(json.dumps({"engines": engines}))
    plots.draw_peers(table, tmp_path / "peers.svg")
    for name in ("scale.svg", "peers.svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")
    assert ">other<" in (tmp_path / "peers.svg").read_text()
    assert "broken" not in (tmp_path / "peers.svg").read_text()


def test_a_build_is_measured_beside_another_version() -> None:
    report = building.measure(20, Path(building.__file__).parent.parent)
    for name in ("import", "first", "again"):
        assert set(report[name]["this"]) == {"seconds", "cpu_seconds", "peak_mb"}
        assert report[name]["ratio"]["peak_mb"] == pytest.approx(1, abs=0.3)
