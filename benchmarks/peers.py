"""Glane beside what one would take in its place: ``python -m benchmarks.peers``.

The same passages, vectors and questions, each engine in a process of its own, the questions put to all of
them in turns, so that whatever else the machine does weighs on all. No encoder runs: every engine is given
the vectors. The peers live in an environment of their own, with ``benchmarks/peers-requirements.txt``
(``--python`` names its interpreter; without it one is made in ``.peers``).

Where an engine can search its vectors with more effort, it is given as much as it needs to find as many of
the ten truly nearest passages as Glane does, or the most that is tried.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peer_engines
from benchmarks.lifelike import PASSAGES, LifelikeEncoder, bookmarks, source
from benchmarks.scale import LONGEST_QUESTION
from glane_eval.metrics import evaluate
from glane_eval.runs import from_rankings
from glane_eval.sources import library_of, open_source
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder, EncoderInfo, Progress, Vectors
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.index.local.vectors import nearest
from glane_indexer.models import Bookmark
from glane_indexer.passages import passages_of
from glane_indexer.settings import Settings
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.version import glane_version

GLANE = "Glane"
TOP = 20
NEAREST = 10
JUDGED = 100
# As many as Glane finds, give or take so much.
AS_MANY = 0.005
HERE = Path(__file__).parent


class Asked:
    """The encoder of a process that has the vectors of its questions, and needs no others."""

    def __init__(self, info: EncoderInfo, questions: Sequence[str], vectors: Vectors) -> None:
        self.info = info
        self._vectors = dict(zip(questions, vectors, strict=True))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of known questions."""
        return np.array([self._vectors[text] for text in texts], np.float32)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """No passage is embedded here."""
        raise NotImplementedError

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def prepare(folder: Path, library: Path, questions: Sequence[str], encoder: Encoder) -> None:
    """Write what all engines are given: the passages of an indexed library, the questions, the vectors."""
    with Catalog.open(library, read_only=True) as catalog:
        stored = list(catalog.bookmarks())
    groups = [passages_of(item, encoder.count_tokens, encoder.info.max_tokens) for item in stored]
    passages = [passage for group in groups for passage in group]
    write = {
        "passages": [passage.embedded for passage in passages],
        "questions": list(questions),
        "owners": [passage.bookmark_id for passage in passages],
        "encoder": encoder.info.to_json(),
        "library": str(library),
    }
    for name, values in write.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    with Catalog.open(library, read_only=True) as catalog:
        vectors = catalog.embeddings([passage.hash for passage in passages], encoder.info.fingerprint)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "question_vectors.npy", encoder.encode_queries(list(questions)))


def build_glane(library: Path, found: Sequence[Bookmark], encoder: Encoder) -> dict[str, Any]:
    """Build Glane's index, with all vectors there already, as the peers have them; what that took."""
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert(found)
    build_generation(library, encoder)
    started = time.perf_counter()
    build_generation(library, encoder, force=True)
    built = time.perf_counter() - started
    size = Generation.open(library).manifest.total_bytes
    return {
        "build_s": round(built, 1),
        "disk_mb": round(size / 1e6),
        "versions": f"glane {glane_version()}",
    }


def serve_glane(folder: Path) -> int:
    """Answer line by line, as :mod:`benchmarks.peer_engines` does."""
    questions = json.loads((folder / "questions.json").read_text())
    info = EncoderInfo(**json.loads((folder / "encoder.json").read_text()))
    vectors = np.load(folder / "question_vectors.npy")
    encoder = Asked(info, questions, vectors)
    library = Path(json.loads((folder / "library.json").read_text()))
    view = Generation.open(library).view("member")
    engine = SearchEngine(view, encoder)
    print(json.dumps({"efforts": [0]}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "memory":
            print(json.dumps({"rss_mb": peer_engines.resident_mb()}), flush=True)
            continue
        place, k = asked["question"], asked["k"]
        started = time.perf_counter()
        found: list[Any]
        if asked["do"] == "nearest":
            own = view._vectors
            found = nearest(own.pieces, vectors[place], k, own.alive)[1].tolist()
        elif asked["do"] == "hybrid":
            found = [id for id, _ in engine.ranking(Query(questions[place], as_typed=True), k)]
        else:
            found = [hit.bookmark.id for hit in engine.search(Query(questions[place], per_page=k)).hits]
        print(json.dumps({"ms": (time.perf_counter() - started) * 1000, "found": found}), flush=True)
    return 0


class Engine:
    """A process that answers line by line."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.effort = 0
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.report: dict[str, Any] = self._read()

    def ask(self, **asked: Any) -> dict[str, Any]:
        """One question, and its answer."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.write(json.dumps(asked) + "\n")
            stdin.flush()
        return self._read()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        while stdout is not None and (line := stdout.readline()):
            # Some peers greet on their standard output.
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        return {"error": f"the process has ended with code {self._process.wait()}"}


def start(folder: Path, python: str, only: Sequence[str]) -> list[Engine]:
    """All engines, built one after another; those that could not be built have an ``error``."""
    engines = [Engine(GLANE, [sys.executable, "-m", "benchmarks.peers", "--glane", str(folder)])]
    for name in peer_engines.PEERS:
        if not only or name in only:
            print(f"building {name}", file=sys.stderr, flush=True)
            command = [python, str(HERE / "peer_engines.py"), name, str(folder)]
            engines.append(Engine(name, command))
    return engines


def speed(folder: Path, engines: Sequence[Engine]) -> dict[str, dict[str, Any]]:
    """Latency, and what of the truly nearest passages each finds."""
    vectors, asked = np.load(folder / "vectors.npy"), np.load(folder / "question_vectors.npy")
    truth = [set(np.argpartition(-(vectors @ row), NEAREST)[:NEAREST].tolist()) for row in asked]
    del vectors
    rows: dict[str, dict[str, Any]] = {}
    working = [engine for engine in engines if "error" not in engine.report]
    target = 0.0
    for engine in working:
        recall = 0.0
        for effort in engine.report["efforts"]:
            if effort:
                engine.ask(effort=effort, do="")
            engine.effort = effort
            found = [
                engine.ask(do="nearest", question=place, k=NEAREST)["found"] for place in range(len(asked))
            ]
            recall = statistics.mean(
                len(truth[place] & set(places)) / NEAREST for place, places in enumerate(found)
            )
            if recall >= target - AS_MANY:
                break
        if engine.name == GLANE:
            target = recall
        rows[engine.name] = {"effort": engine.effort, "recall_at_10": round(recall, 4)}
    kinds = ("nearest", "hybrid", "whole")
    times: dict[tuple[str, str], list[float]] = {}
    for place in range(len(asked)):
        for kind in kinds:
            for engine in list(working):
                # What peers answer is all they have to say; only Glane has more to do.
                if kind != "whole" or engine.name == GLANE:
                    k = NEAREST if kind == "nearest" else TOP
                    answer = engine.ask(do=kind, question=place, k=k)
                    if "error" in answer:
                        engine.report |= answer
                        working.remove(engine)
                    else:
                        times.setdefault((engine.name, kind), []).append(answer["ms"])
    for (name, kind), own in times.items():
        rows[name][f"{kind}_p50_ms"] = round(statistics.median(own), 2)
    for engine in working:
        rows[engine.name] |= {
            key: engine.report[key] for key in ("build_s", "disk_mb", "versions") if key in engine.report
        }
        rows[engine.name] |= engine.ask(do="memory")
    for engine in engines:
        if "error" in engine.report:
            rows[engine.name] = {key: engine.report.get(key, "") for key in ("error", "versions")}
        engine.close()
    return rows


def quality(
    folder: Path, engines: Sequence[Engine], queries: Sequence[str], qrels: Any
) -> dict[str, float]:
    """nDCG@10 of each engine's ranking; a document of a peer stands where its best passage does."""
    owners = json.loads((folder / "owners.json").read_text())
    found: dict[str, float] = {}
    for engine in engines:
        if "error" in engine.report:
            engine.close()
            continue
        efforts = engine.report["efforts"]
        if efforts[-1]:
            engine.ask(effort=efforts[-1], do="")
        rankings = {}
        for place, query in enumerate(queries):
            answer = engine.ask(do="hybrid", question=place, k=JUDGED)
            if "error" in answer:
                print(f"{engine.name}: {answer['error']}", file=sys.stderr)
                break
            places = answer["found"]
            documents = places if engine.name == GLANE else [owners[item] for item in places]
            rankings[query] = list(dict.fromkeys(documents))
        if len(rankings) < len(queries):
            engine.close()
            continue
        means = evaluate(from_rankings(engine.name, rankings), qrels, ["nDCG@10"]).means()
        found[engine.name] = round(means["nDCG@10"], 4)
        engine.close()
    return found


def environment(python: str | None) -> str:
    """The interpreter of the peers' environment, which is made where there is none."""
    if python:
        return python
    own = Path(".peers/bin/python")
    if not own.exists():
        subprocess.run([sys.executable, "-m", "venv", ".peers"], check=True)
        install = [str(own), "-m", "pip", "install", "--quiet", "-r", str(HERE / "peers-requirements.txt")]
        subprocess.run(install, check=True)  # noqa: S603
    return str(own)


def main() -> int:
    """Print one JSON document; the keys of ``engines`` are their names."""
    parser = argparse.ArgumentParser(description="Measure Glane beside what one would take in its place.")
    parser.add_argument("--passages", type=int, default=120_000, help="how many passages (120000)")
    parser.add_argument("--questions", type=int, default=100, help="how many questions (100)")
    parser.add_argument("--corpus", type=Path, help="BEIR folder of real texts (the sample library)")
    parser.add_argument("--judged", default="sample", help="data set of nDCG@10 (sample)")
    parser.add_argument("--python", help="interpreter of the environment of the peers")
    parser.add_argument("--only", nargs="*", default=[], help="these peers alone")
    parser.add_argument("--out", type=Path, help="write the document here, too")
    parser.add_argument("--glane", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.glane:
        return serve_glane(options.glane)
    try:
        encoder = load_encoder(Settings.from_env())
        python = environment(options.python)
        report: dict[str, Any] = {"passages": options.passages}
        with tempfile.TemporaryDirectory() as temporary:
            folder, library = Path(temporary), Path(temporary) / "library"
            real = source(encoder, options.corpus)
            asked = [
                text for text in dict.fromkeys(real.questions) if len(text.split()) <= LONGEST_QUESTION
            ]
            lifelike = LifelikeEncoder(real)
            many = list(bookmarks(real, max(1, options.passages // PASSAGES)))
            glane = build_glane(library, many, lifelike)
            del many
            prepare(folder, library, asked[: options.questions], lifelike)
            report["engines"] = speed(folder, start(folder, python, options.only))
            report["engines"][GLANE] |= glane
        judged = open_source(options.judged)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            library = library_of(judged, Settings.from_env(), encoder, lambda stage, done, total: None)
            queries = [query for query in judged.queries if query in judged.qrels]
            prepare(folder, library, [judged.queries[query] for query in queries], encoder)
            values = quality(folder, start(folder, python, options.only), queries, judged.qrels)
        for name, value in values.items():
            report["engines"][name]["ndcg_at_10"] = value
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    text = json.dumps(report, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
