"""The peers of :mod:`benchmarks.peers`, run in an environment of theirs.

Of that environment are the packages that are imported here, and nothing is of Glane: ``python
peer_engines.py NAME FOLDER`` reads the passages and vectors of a folder, builds, and then answers one JSON
line with another until its input ends.
"""

from __future__ import annotations

import json
import re
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

# Each leg brings so many times what is asked for, and reciprocal ranks are added with this constant
# (Cormack, Clarke and Büttcher, 2009, "Reciprocal rank fusion"), as most of the peers do by themselves.
DEEPER = 5
RRF = 60


def rrf(legs: Sequence[Sequence[int]], k: int) -> list[int]:
    """Ranked lists fused by reciprocal ranks."""
    scores: dict[int, float] = {}
    for leg in legs:
        for rank, place in enumerate(leg):
            scores[place] = scores.get(place, 0.0) + 1 / (RRF + rank + 1)
    return sorted(scores, key=lambda place: (-scores[place], place))[:k]


def words_of(text: str) -> list[str]:
    """The words of a question, for query languages that mean something by signs."""
    return re.findall(r"\w+", text)


class Peer:
    """One engine: ``texts`` and ``vectors`` (unit rows) of passages, named by their places."""

    packages: tuple[str, ...] = ()
    efforts: tuple[int, ...] = (0,)

    def __init__(self, folder: Path, texts: list[str], vectors: Any) -> None:
        self.folder, self.texts, self.vectors = folder, texts, vectors
        self.effort = self.efforts[0]

    def build(self) -> None:
        """Index everything."""
        raise NotImplementedError

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        raise NotImplementedError

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        raise NotImplementedError


class Least(Peer):
    """The least that one could write: tantivy, a FAISS HNSW, reciprocal rank fusion."""

    packages = ("tantivy", "faiss-cpu")
    efforts = (32, 64, 128, 256, 512)

    def build(self) -> None:
        """Index everything."""
        faiss, tantivy = import_module("faiss"), import_module("tantivy")
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", tokenizer_name="french")
        schema.add_integer_field("place", stored=True, fast=True)
        (self.folder / "tantivy").mkdir()
        self._index = tantivy.Index(schema.build(), path=str(self.folder / "tantivy"))
        analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stopword("french"))
            .filter(tantivy.Filter.stemmer("french"))
            .filter(tantivy.Filter.ascii_fold())
            .build()
        )
        self._index.register_tokenizer("french", analyzer)
        writer = self._index.writer(200_000_000)
        for place, text in enumerate(self.texts):
            writer.add_document(tantivy.Document(text=text, place=place))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._vectors = faiss.IndexHNSWFlat(self.vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        self._vectors.hnsw.efConstruction = 128
        self._vectors.add(self.vectors)
        faiss.write_index(self._vectors, str(self.folder / "hnsw.faiss"))
        faiss.omp_set_num_threads(1)

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        self._vectors.hnsw.efSearch = max(k, self.effort)
        return [int(place) for place in self._vectors.search(vector[None], k)[1][0] if place >= 0]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        searcher = self._index.searcher()
        query = self._index.parse_query(" ".join(words_of(text)), ["text"])
        hits = searcher.search(query, k * DEEPER).hits
        found = [searcher.doc(address)["place"][0] for _, address in hits]
        return rrf([found, self.nearest(vector, k * DEEPER)], k)


class QdrantEdge(Peer):
    """Qdrant's engine in the process: HNSW, and BM25 as sparse vectors."""

    packages = ("qdrant-edge-py",)
    efforts = (32, 64, 128, 256, 512)

    def build(self) -> None:
        """Index everything."""
        self._edge = edge = import_module("qdrant_edge")
        self._bm25 = edge.Bm25(edge.Bm25Config(language="french"))
        config = edge.EdgeConfig(
            vectors={"dense": edge.EdgeVectorParams(self.vectors.shape[1], edge.Distance.Dot)},
            sparse_vectors={"words": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
            hnsw_config=edge.HnswIndexConfig(m=16, ef_construct=128, full_scan_threshold=1000),
            optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1000),
        )
        (self.folder / "edge").mkdir()
        self._shard = edge.EdgeShard.create(str(self.folder / "edge"), config)
        for start in range(0, len(self.texts), 1000):
            points = [
                edge.Point(
                    start + place,
                    {"dense": vector.tolist(), "words": self._bm25.embed_document(text)},
                    {},
                )
                for place, (text, vector) in enumerate(
                    zip(self.texts[start : start + 1000], self.vectors[start : start + 1000], strict=True)
                )
            ]
            self._shard.update(edge.UpdateOperation.upsert_points(points))
        self._shard.optimize()
        self._shard.flush()

    def _dense(self, vector: Any) -> Any:
        return self._edge.Query.Nearest(vector.tolist(), using="dense")

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        request = self._edge.QueryRequest(
            k, query=self._dense(vector), params=self._edge.SearchParams(hnsw_ef=max(k, self.effort))
        )
        return [point.id for point in self._shard.query(request)]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        words = self._edge.Query.Nearest(self._bm25.embed_query(text), using="words")
        effort = self._edge.SearchParams(hnsw_ef=max(k * DEEPER, self.effort))
        request = self._edge.QueryRequest(
            k,
            query=self._edge.Fusion.Rrf(k=RRF),
            prefetches=[
                self._edge.Prefetch(k * DEEPER, query=words),
                self._edge.Prefetch(k * DEEPER, query=self._dense(vector), params=effort),
            ],
        )
        return [point.id for point in self._shard.query(request)]


class LanceDb(Peer):
    """LanceDB's hybrid search: its full-text index for French, HNSW, its reciprocal rank fusion."""

    packages = ("lancedb",)
    efforts = (64, 128, 256, 512)

    def build(self) -> None:
        """Index everything."""
        lancedb, pa = import_module("lancedb"), import_module("pyarrow")
        width = self.vectors.shape[1]
        flat = pa.array(np.ascontiguousarray(self.vectors, np.float32).reshape(-1))
        rows = pa.table(
            {
                "place": pa.array(range(len(self.texts))),
                "text": pa.array(self.texts),
                "vector": pa.FixedSizeListArray.from_arrays(flat, width),
            }
        )
        self._table = lancedb.connect(self.folder / "lance").create_table("passages", rows)
        self._table.create_fts_index(
            "text", language="French", stem=True, remove_stop_words=True, ascii_folding=True
        )
        self._table.create_index(
            metric="dot", vector_column_name="vector", index_type="IVF_HNSW_SQ", num_partitions=1
        )
        self._table.wait_for_index([index.name for index in self._table.list_indices()])

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        found = query.ef(max(k, self.effort)).refine_factor(2).select(["place"]).limit(k).to_arrow()
        return [int(place) for place in found["place"].to_pylist()]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        query = self._table.search(query_type="hybrid", vector_column_name="vector")
        query = query.vector(vector).text(" ".join(words_of(text))).distance_type("dot")
        found = query.ef(max(k, self.effort)).refine_factor(2).limit(k).to_arrow()
        return [int(place) for place in found["place"].to_pylist()]


class Txtai(Peer):
    """txtai's hybrid embeddings, as they come: FAISS and its own BM25."""

    packages = ("txtai",)

    def build(self) -> None:
        """Index everything."""
        known = dict(zip(self.texts, self.vectors, strict=True))
        self._asked: dict[str, Any] = {}
        self._embeddings = import_module("txtai.embeddings").Embeddings(
            method="external",
            transform=lambda texts: np.array([self._asked.get(text, known.get(text)) for text in texts]),
            hybrid=True,
            backend="faiss",
            content=False,
        )
        self._embeddings.index((place, text, None) for place, text in enumerate(self.texts))
        self._embeddings.save(str(self.folder / "txtai"))

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        return [int(place) for place, _ in self._embeddings.ann.search(vector[None], k)[0]]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        self._asked = {text: vector}
        return [int(place) for place, _ in self._embeddings.search(text, k)]


class SqliteVec(Peer):
    """sqlite-vec beside SQLite's FTS5, in one file."""

    packages = ("sqlite-vec",)

    def build(self) -> None:
        """Index everything."""
        sqlite_vec = import_module("sqlite_vec")
        self._file = sqlite3.connect(self.folder / "passages.sqlite")
        self._file.enable_load_extension(True)
        sqlite_vec.load(self._file)
        width = self.vectors.shape[1]
        self._file.execute(f"CREATE VIRTUAL TABLE near USING vec0(v float[{width}] distance_metric=cosine)")
        self._file.execute(
            "CREATE VIRTUAL TABLE words USING fts5("
            "text, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        with self._file:
            self._file.executemany(
                "INSERT INTO near(rowid, v) VALUES (?, ?)",
                ((place + 1, vector.tobytes()) for place, vector in enumerate(self.vectors)),
            )
            self._file.executemany(
                "INSERT INTO words(rowid, text) VALUES (?, ?)",
                ((place + 1, text) for place, text in enumerate(self.texts)),
            )

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        rows = self._file.execute(
            "SELECT rowid FROM near WHERE v MATCH ? AND k = ? ORDER BY distance", (vector.tobytes(), k)
        )
        return [row[0] - 1 for row in rows]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        query = " OR ".join(f'"{word}"' for word in words_of(text))
        rows = self._file.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (query, k * DEEPER)
        )
        return rrf([[row[0] - 1 for row in rows], self.nearest(vector, k * DEEPER)], k)


class MilvusLite(Peer):
    """Milvus Lite's hybrid search with its BM25 function."""

    packages = ("milvus-lite", "pymilvus")

    def build(self) -> None:
        """Index everything."""
        milvus = import_module("pymilvus")
        kinds = milvus.DataType
        self._client = milvus.MilvusClient(str(self.folder / "milvus.db"))
        schema = self._client.create_schema()
        schema.add_field("place", kinds.INT64, is_primary=True)
        schema.add_field(
            "text",
            kinds.VARCHAR,
            max_length=60_000,
            enable_analyzer=True,
            analyzer_params={
                "tokenizer": "standard",
                "filter": ["lowercase", {"type": "stemmer", "language": "french"}],
            },
        )
        schema.add_field("vector", kinds.FLOAT_VECTOR, dim=self.vectors.shape[1])
        schema.add_field("words", kinds.SPARSE_FLOAT_VECTOR)
        schema.add_function(milvus.Function("bm25", milvus.FunctionType.BM25, ["text"], ["words"]))
        index = self._client.prepare_index_params()
        index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        index.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
        self._client.create_collection("passages", schema=schema, index_params=index)
        for start in range(0, len(self.texts), 1000):
            rows = [
                {"place": start + place, "text": text, "vector": vector.tolist()}
                for place, (text, vector) in enumerate(
                    zip(self.texts[start : start + 1000], self.vectors[start : start + 1000], strict=True)
                )
            ]
            self._client.insert("passages", rows)
        self._client.load_collection("passages")

    def nearest(self, vector: Any, k: int) -> list[int]:
        """The vector leg."""
        (found,) = self._client.search("passages", [vector.tolist()], anns_field="vector", limit=k)
        return [int(hit["place"]) for hit in found]

    def hybrid(self, text: str, vector: Any, k: int) -> list[int]:
        """Both legs, fused."""
        milvus = import_module("pymilvus")
        requests = [
            milvus.AnnSearchRequest([vector.tolist()], "vector", {"metric_type": "IP"}, k * DEEPER),
            milvus.AnnSearchRequest([text], "words", {"metric_type": "BM25"}, k * DEEPER),
        ]
        (found,) = self._client.hybrid_search("passages", requests, milvus.RRFRanker(RRF), k)
        return [int(hit["place"]) for hit in found]


PEERS: dict[str, type[Peer]] = {
    "tantivy + FAISS HNSW + RRF": Least,
    "qdrant-edge": QdrantEdge,
    "LanceDB": LanceDb,
    "txtai": Txtai,
    "sqlite-vec + FTS5": SqliteVec,
    "milvus-lite": MilvusLite,
}


def answer(peer: Peer, asked: dict[str, Any], questions: list[str], vectors: Any) -> dict[str, Any]:
    """What one line asks for."""
    if "effort" in asked:
        peer.effort = asked["effort"]
        return {}
    if asked["do"] == "memory":
        return {"rss_mb": resident_mb()}
    place, k = asked["question"], asked["k"]
    ask: Callable[[], list[int]] = (
        (lambda: peer.nearest(vectors[place], k))
        if asked["do"] == "nearest"
        else (lambda: peer.hybrid(questions[place], vectors[place], k))
    )
    started = time.perf_counter()
    found = ask()
    return {"ms": (time.perf_counter() - started) * 1000, "found": found}


def resident_mb() -> int:
    """The memory of this process; its peak where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def versions(packages: Sequence[str]) -> str:
    """The versions of some packages, in words."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} is not installed")
    return ", ".join(found)


def failure(error: Exception) -> dict[str, str]:
    """What went wrong, for the table."""
    return {"error": f"{type(error).__name__}: {error}"[:300]}


def main() -> int:
    """Build one peer, then answer line by line."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    texts = json.loads((folder / "passages.json").read_text())
    questions = json.loads((folder / "questions.json").read_text())
    vectors, asked_vectors = np.load(folder / "vectors.npy"), np.load(folder / "question_vectors.npy")
    own = folder / re.sub(r"\W+", "-", name)
    own.mkdir()
    kind = PEERS[name]
    started = time.perf_counter()
    try:
        peer = kind(own, texts, vectors)
        peer.build()
        report: dict[str, Any] = {
            "build_s": round(time.perf_counter() - started, 1),
            "disk_mb": round(sum(path.stat().st_size for path in own.rglob("*") if path.is_file()) / 1e6),
            "efforts": kind.efforts,
        }
    except Exception as error:
        # Whatever a peer lacks here, the others are measured, and the table says what it was.
        report = failure(error)
    # What the benchmark itself holds is none of the peer's memory.
    del texts, vectors
    print(json.dumps(report | {"versions": versions(kind.packages)}), flush=True)
    if "error" in report:
        return 1
    for line in sys.stdin:
        try:
            found = answer(peer, json.loads(line), questions, asked_vectors)
        except Exception as error:
            print(json.dumps(failure(error)), flush=True)
            return 1
        print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
