"""An encoder that is a server: ``GLANE_MODEL=https://host/v1/embeddings#model``, in OpenAI's form.

What must hold although somebody else runs it: a vector is that of its text (the answer's ``index`` says
which, never its place); it is of the model that the index was built with (a probe text travels with every
batch, and its vector is known); nothing that fails the checks is handed on. The vectors of the probes are
kept in the library, so that its index is known again on any machine, in spite of the last digits that
differ from one computation to the next.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors, clean
from glane_indexer.encoder.embedding_server import EmbeddingServer, TooLargeError
from glane_indexer.errors import EncoderError

PROBES_FILE = "encoder.json"
MAX_TOKENS = 512
BATCH = 32
# Cosine of a probe's vector with the one that is kept. Servers that compute in half precision stay above
# .9999 from batch to batch; another model, pooling or prefix is far below.
SAME = 0.999
# A question is answered in milliseconds, so its probe is sent along only so often.
PROBE_SECONDS = 60.0
# After a failure the server is left alone so long: a search by keywords need not wait for it.
REST_SECONDS = 5.0
# Bytes of UTF-8 a token, on the safe side, where the server's tokenizer is not known.
BYTES_A_TOKEN = 3
# What a model of this family was trained with, by a part of its name; the rest is trained without.
PREFIXES = {"e5": ("query: ", "passage: ")}
_PROBES = (
    "Le soleil se lève sur la mer et les bateaux rentrent au port.",
    "A library keeps what people have read, marked and thought about.",
    "Las abejas encuentran el camino de vuelta a la colmena.",
)


def is_url(model: str) -> bool:
    """Whether a model's name is the address of a server."""
    return model.lower().startswith(("http://", "https://"))


class UrlEncoder:
    """A model behind ``POST /v1/embeddings``, safe to share between threads.

    ``truncated`` counts the texts that the server took only after they were cut.

    Args:
        model: the address, with the model's name after ``#``; ``/v1/embeddings`` is added to a bare host.
        library: where the probes' vectors are kept.
        key: sent as ``Authorization: Bearer …``.
        keep: keep the probes of a model that is new here (for indexing).

    Raises:
        EncoderError: no model is named, or the server cannot be reached and the library does not know it.
    """

    def __init__(self, model: str, library: Path, *, key: str = "", keep: bool = False) -> None:
        url, name = urldefrag(model)
        if not name:
            raise EncoderError(
                "the address does not name a model",
                where=model,
                hint="Write it after a #, as in https://host/v1/embeddings#intfloat/multilingual-e5-small",
            )
        self.truncated = 0
        self._server = EmbeddingServer(url, name, key)
        self._prefixes = _prefixes(name.lower())
        self._lock = threading.Lock()
        self._failed_until = 0.0
        self._probed = -math.inf
        self._failure: EncoderError | None = None
        known = _kept(library, name)
        try:
            probes = self._checked(list(_PROBES), patient=keep)
        except EncoderError:
            # It answers again when the server does; until then searches go by keywords.
            if keep or not known:
                raise
            self._probes, fingerprint = known[-1]
        else:
            self._probed = time.monotonic()
            same = [item for item in known if _same(item[0], probes)]
            self._probes, fingerprint = same[-1] if same else (probes, _fingerprint(name, probes))
            if keep and not same:
                _keep(library, name, [*known, (probes, fingerprint)])
        self.info = EncoderInfo(name, fingerprint, self._probes.shape[1], MAX_TOKENS)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit rows, ``[len(texts), dimensions]``.

        Raises:
            EncoderError: the server does not answer, at once while it has just failed.
        """
        with self._lock:
            if self._failure is not None and time.monotonic() < self._failed_until:
                raise self._failure
        prefixed = [self._prefixes[0] + clean(text) for text in texts]
        probing = time.monotonic() - self._probed > PROBE_SECONDS
        try:
            vectors = self._batch(prefixed, patient=False, probing=probing)
        except EncoderError as error:
            with self._lock:
                self._failure, self._failed_until = error, time.monotonic() + REST_SECONDS
            raise
        with self._lock:
            self._failure = None
            if probing:
                self._probed = time.monotonic()
        return vectors

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done.

        Raises:
            EncoderError: the server does not answer in spite of all patience, or what it answers is not
                vectors of the model that the index is built with.
        """
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = [self._prefixes[1] + clean(text) for text in texts[start : start + BATCH]]
            vectors[start : start + len(batch)] = self._batch(batch, patient=True, probing=True)
            if progress is not None:
                progress(len(batch))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About how many tokens each passage has, rather too many: the server's tokenizer is not known."""
        return [
            2 + -(-len((self._prefixes[1] + text).encode()) // BYTES_A_TOKEN) for text in map(clean, texts)
        ]

    def _batch(self, texts: list[str], *, patient: bool, probing: bool) -> Vectors:
        """The vectors of one batch, with a probe whose vector must be the one that is kept."""
        try:
            vectors = self._checked([*texts, _PROBES[0]] if probing else texts, patient=patient)
        except TooLargeError:
            if len(texts) > 1:
                middle = len(texts) // 2
                return np.concatenate(
                    [
                        self._batch(part, patient=patient, probing=probing)
                        for part in (texts[:middle], texts[middle:])
                    ]
                )
            if len(texts[0]) < 2:
                raise
            with self._lock:
                self.truncated += 1
            return self._batch([texts[0][: len(texts[0]) // 2]], patient=patient, probing=probing)
        if vectors.shape[1] != self.info.dimensions:
            raise self._changed(f"vectors have {vectors.shape[1]} dimensions, not {self.info.dimensions}")
        if probing and not _same(vectors[-1:], self._probes[:1]):
            raise self._changed("a text that is known has another vector")
        return vectors[: len(texts)]

    def _checked(self, texts: list[str], *, patient: bool) -> Vectors:
        """Unit rows, finite and none of length 0.

        Raises:
            EncoderError: they are not.
        """
        rows = self._server.embed(texts, patient=patient)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(rows).all() or not (lengths > 0).all():
            raise EncoderError("a vector holds what is no number, or nothing", where=self._server.url)
        return np.asarray(rows / lengths, dtype=np.float32)

    def _changed(self, what: str) -> EncoderError:
        return EncoderError(
            f"the server's model is another than the index was built with: {what}",
            where=self._server.url,
            hint="Set GLANE_MODEL to what the server has now, and run `glane index`",
        )


_Known = tuple[Vectors, str]


def _prefixes(name: str) -> tuple[str, str]:
    """What goes before a question and before a passage, by the name of the model."""
    # Those that take instructions have others, and each its own.
    families = [pair for part, pair in PREFIXES.items() if part in name and "instruct" not in name]
    return families[0] if families else ("", "")


def _same(first: Vectors, second: Vectors) -> bool:
    """Whether unit rows are those of one model: all cosines at least :data:`SAME`."""
    return first.shape == second.shape and bool((np.sum(first * second, axis=1) >= SAME).all())


def _fingerprint(name: str, probes: Vectors) -> str:
    digest = hashlib.sha256(name.encode() + np.round(probes, 2).astype("<f4").tobytes())
    return f"url-{digest.hexdigest()[:16]}"


def _kept(library: Path, name: str) -> list[_Known]:
    """The probes of the models of this name that the library has been indexed with, the newest last.

    Raises:
        EncoderError: the file is damaged.
    """
    path = library / PROBES_FILE
    try:
        items: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
        return [
            (np.array(item["probes"], dtype=np.float32), str(item["fingerprint"]))
            for item in items
            if item["model"] == name
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"it cannot be read: {error}",
            where=str(path),
            hint="Delete it; the next `glane index` may have to embed everything anew",
        ) from None


def _keep(library: Path, name: str, known: Sequence[_Known]) -> None:
    """Write the probes, whole or not at all; those of other models stay."""
    path = library / PROBES_FILE
    others = (
        [item for item in json.loads(path.read_text("utf-8")) if item["model"] != name]
        if path.exists()
        else []
    )
    made = [
        {"model": name, "fingerprint": fingerprint, "probes": np.round(probes, 6).astype(float).tolist()}
        for probes, fingerprint in known
    ]
    draft = path.with_suffix(".new")
    try:
        draft.write_text(json.dumps([*others, *made]), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise EncoderError(f"it cannot be written: {error.strerror}", where=str(path)) from error
