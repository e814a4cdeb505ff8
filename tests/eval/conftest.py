"""A small data set of four documents, and its results with the real encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glane_indexer.encoder.base import Encoder
from glane_indexer.settings import Settings

DOCUMENTS = {
    "pain": ("Le pain au levain", "La pâte repose toute la nuit avant de passer au four."),
    "velo": ("Réparer un vélo", "Une chaîne usée se change avant de manger les pignons."),
    "foret": ("La forêt après l’incendie", "Les chênes-lièges repartent de la souche en quelques mois."),
    "vote": ("Voter à la campagne", "Le bureau de vote ferme à dix-huit heures dans les villages."),
}
QUERIES = {
    "q1": "quand change-t-on la chaîne ?",
    "q2": "bread dough overnight",
    "q3": "arbres qui repoussent",
}
QRELS = {"q1": "velo", "q2": "pain", "q3": "foret"}


def write_dataset(folder: Path) -> Path:
    """The folder, as a BEIR data set."""
    folder.mkdir(parents=True)
    rows = [{"_id": key, "title": title, "text": text} for key, (title, text) in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    queries = "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in QUERIES.items())
    (folder / "queries.jsonl").write_text(queries, "utf-8")
    lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{doc}\t1" for query, doc in QRELS.items())]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four documents and three questions. Not to be changed."""
    return write_dataset(tmp_path_factory.mktemp("data") / "four")


@pytest.fixture(scope="session")
def eval_settings(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Settings]:
    """Settings whose libraries for evaluation are kept for this session alone.

    The encoder is shared; it is asked for here so that it is prepared before it is linked to.
    """
    settings = Settings.from_env()
    cache = tmp_path_factory.mktemp("cache")
    (cache / "models").symlink_to(settings.cache.expanduser() / "models")
    yield replace(settings, cache=cache)
