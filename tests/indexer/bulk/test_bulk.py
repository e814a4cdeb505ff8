"""Embeddings made on many machines, and taken in: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest

from glane_indexer.bulk import embedding, parquet
from glane_indexer.bulk.embedding import embed_shard
from glane_indexer.bulk.parquet import PROBES, Embeddings
from glane_indexer.bulk.shards import Shard
from glane_indexer.bulk.taking import take
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Progress, Vectors
from glane_indexer.errors import EncoderError, InputError, UsageError
from glane_indexer.index.build import build_generation
from glane_indexer.index.generation import Generation
from glane_indexer.library.importing import import_bytes
from tests.support import little
from tests.support.hashed import HashedEncoder

OF = 3


@pytest.fixture
def library(tmp_path: Path) -> Path:
    import_bytes(little.LINES, tmp_path / "library", format="jsonl", name="little")
    return tmp_path / "library"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # What means a pattern elsewhere is a name here.
    return tmp_path / "l'an [1] *"


def embed_all(library: Path, folder: Path) -> list[Path]:
    for number in range(1, OF + 1):
        embed_shard(library, HashedEncoder(), Shard(number, OF), folder)
    return sorted(folder.iterdir())


def stored(library: Path) -> int:
    with Catalog.open(library, read_only=True) as catalog:
        return int(catalog._rows("SELECT count(*) FROM embeddings")[0][0])


def test_shards_together_are_the_library(library: Path, folder: Path, tmp_path: Path) -> None:
    reports = [embed_shard(library, HashedEncoder(), Shard(n, OF), folder) for n in (1, 2, 3)]
    assert sum(report.texts for report in reports) == sum(report.embedded for report in reports) == 40
    assert all(report.texts for report in reports)
    assert [path.name for path in sorted(folder.iterdir())] == [
        f"shard-{number}-of-3-0001.parquet" for number in (1, 2, 3)
    ]
    taken = take(library, HashedEncoder(), [folder])
    assert (taken.files, taken.embeddings, taken.new) == (3, 40, 40)
    assert take(library, HashedEncoder(), [folder]).new == 0
    encoder = HashedEncoder()
    assert build_generation(library, encoder).embedded == 0
    assert encoder.encoded == []
    # The index is the one that this machine would have made by itself.
    alone = little.make(tmp_path / "alone", HashedEncoder())
    one, other = (Generation.open(each).segments[0].arrays for each in (library, alone))
    np.testing.assert_allclose(one["vectors"], other["vectors"], atol=1e-6)
    assert [value.tobytes() for name, value in sorted(one.items()) if "words" in name] == [
        value.tobytes() for name, value in sorted(other.items()) if "words" in name
    ]


def test_what_is_there_is_not_embedded_again(
    library: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(HashedEncoder):
        def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            if len(self.encoded) > 20:
                raise EncoderError("the machine went away")
            return super().encode_passages(texts, progress)

    monkeypatch.setattr(embedding, "PART", 4)
    monkeypatch.setattr(embedding, "FILE_TEXTS", 8)
    whole = Shard(1, 1)
    with pytest.raises(EncoderError):
        embed_shard(library, Failing(), whole, folder)
    assert len(list(folder.iterdir())) == 2
    encoder = HashedEncoder()
    assert embed_shard(library, encoder, whole, folder).embedded == 24
    assert len(encoder.encoded) == 24 + len(PROBES)
    assert embed_shard(library, encoder, whole, folder).embedded == 0
    assert take(library, encoder, [folder]).new == 40
    # What the catalog has is not embedded either; another encoder has nothing yet.
    assert embed_shard(library, encoder, whole, folder / "other").embedded == 0
    other = HashedEncoder(fingerprint="hashed-words-2")
    assert embed_shard(library, other, whole, folder / "other").embedded == 40


class Turned(HashedEncoder):
    """Gives other vectors under the same fingerprint, as broken kernels do."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.roll(super().encode_queries(texts), 1, axis=1)


def test_a_turned_encoder_is_found(library: Path, folder: Path) -> None:
    embed_shard(library, Turned(), Shard(1, 2), folder)
    embed_shard(library, HashedEncoder(), Shard(2, 2), folder)
    with pytest.raises(InputError, match=r"other vectors than the one here.*nothing was taken") as caught:
        take(library, HashedEncoder(), [folder])
    assert caught.value.where == str(folder / "shard-1-of-2-0001.parquet")
    assert stored(library) == 0


def written(path: Path, sql: str) -> Path:
    duckdb.connect().execute(f"COPY ({sql}) TO '{path}' (FORMAT PARQUET)")
    return path


HASH = "'00112233445566778899aabbccddeeff'"
OURS = "'hashed-words-1'"


def row(hash: str = HASH, fingerprint: str = OURS, vector: str = "[1]") -> str:
    return f"SELECT {hash} AS hash, {fingerprint}::VARCHAR AS fingerprint, {vector}::FLOAT[] AS vector"


def numbers(first: str, rest: str) -> str:
    return f"[{', '.join([first] + 63 * [rest])}]"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1 AS hash", "its columns are hash INTEGER"),
        (row(fingerprint="'other'"), "of the encoder other"),
        (row(fingerprint="NULL"), "of the encoder None"),
        (row(hash="'../x'"), "that is none"),
        (row(), "64 are needed"),
        (row(vector="NULL"), "no vector"),
        (row(vector=numbers("NULL", "1")), "64 are needed"),
        (row(vector=numbers("'nan'::FLOAT", "0")), "no number"),
        (row(vector=numbers("1", "1")), "not of length 1"),
        (row(vector=numbers("1", "0")), "does not have the known texts"),
    ],
)
def test_bad_files_are_named_and_nothing_is_taken(
    library: Path, tmp_path: Path, sql: str, said: str
) -> None:
    embed_shard(library, HashedEncoder(), Shard(1, 1), tmp_path / "good")
    bad = written(tmp_path / "bad.parquet", sql)
    with pytest.raises(InputError, match=said) as caught:
        take(library, HashedEncoder(), [tmp_path / "good", bad])
    assert caught.value.where == str(bad)
    assert stored(library) == 0


def test_every_bad_file_is_named(library: Path, folder: Path, tmp_path: Path) -> None:
    first, second, third = embed_all(library, folder)
    first.write_bytes(first.read_bytes()[:-20])
    second.write_bytes(b"no parquet")
    missing = tmp_path / "missing.parquet"
    with pytest.raises(InputError, match="3 of 4 files cannot be taken, and nothing was taken") as caught:
        take(library, HashedEncoder(), [first, second, third, missing])
    assert all(str(path) in str(caught.value) for path in (first, second, missing))
    assert str(third) not in str(caught.value)
    assert stored(library) == 0
    # What is damaged is embedded again.
    assert embed_shard(library, HashedEncoder(), Shard(2, OF), folder).embedded > 0


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    info, probes = HashedEncoder().info, parquet.probe_rows(HashedEncoder())
    rows = Embeddings(["0" * 32], probes.vectors[:1])
    with pytest.raises(OSError, match="cannot be written"):
        parquet.write(tmp_path / "nowhere" / "a.parquet", info, rows, probes)
    parquet.write(tmp_path / "a.parquet", info, rows, probes)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    assert parquet.check(tmp_path / "a.parquet", info, probes) == 1


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/10001", "a/b", "1/2/3", "-1/2"])
def test_a_shard_is_part_of_a_whole(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        Shard.parse(text)
    assert str(Shard.parse(" 2/8 ")) == "2/8"
