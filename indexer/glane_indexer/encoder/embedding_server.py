"""One server of embeddings: ``POST /v1/embeddings`` with patience, and what comes back put in order."""

from __future__ import annotations

import random
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from glane_indexer.encoder.base import Vectors
from glane_indexer.errors import EncoderError

PATH = "/v1/embeddings"
# Indexing waits for a busy or restarting server; a question does not.
PATIENT_TRIES, HASTY_TRIES = 6, 1
PATIENT_SECONDS, HASTY_SECONDS = 120.0, 3.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_HINT = "Check that the server runs; `glane index` goes on from where it was"


class TooLargeError(EncoderError):
    """The server takes no request of this size."""


class EmbeddingServer:
    """Speaks to a server; safe to use from several threads.

    Args:
        url: its address; ``/v1/embeddings`` is added where there is no path.
        model: which of its models.
        key: sent as ``Authorization: Bearer …``.

    Raises:
        EncoderError: httpx is not installed.
    """

    def __init__(self, url: str, model: str, key: str = "") -> None:
        try:
            import httpx
        except ImportError:
            raise EncoderError(
                "httpx is not installed", where=url, hint="Install it with pip install 'glane[client]'"
            ) from None
        self._httpx: Any = httpx
        self.url = f"{url.rstrip('/')}{PATH}" if urlsplit(url).path in ("", "/") else url
        self._model = model
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client: Any = httpx.Client(headers=headers)

    def embed(self, texts: list[str], *, patient: bool) -> Vectors:
        """The vectors of texts in their order, as the server gives them: ``[len(texts), d]``.

        Raises:
            TooLargeError: the server says so.
            EncoderError: it cannot be reached, refuses, or answers something else.
        """
        body = {"input": texts, "model": self._model, "encoding_format": "float"}
        tries = PATIENT_TRIES if patient else HASTY_TRIES
        timeout = PATIENT_SECONDS if patient else HASTY_SECONDS
        for attempt in range(tries):
            wait = _FIRST_WAIT * 2**attempt * random.uniform(0.5, 1)  # noqa: S311
            try:
                response = self._client.post(self.url, json=body, timeout=timeout)
            except self._httpx.TransportError as error:
                trouble = f"the server cannot be reached: {error or type(error).__name__}"
            else:
                if response.is_success:
                    return self._rows(response, len(texts))
                said = "".join(char if char.isprintable() else " " for char in response.text[:200])
                trouble = f"the server answers {response.status_code}: {said}"
                if response.status_code == 413:
                    raise TooLargeError(trouble, where=self.url)
                if response.status_code not in _AGAIN:
                    raise EncoderError(
                        trouble, where=self.url, hint="Check GLANE_MODEL and GLANE_MODEL_KEY"
                    )
                asked = response.headers.get("Retry-After", "")
                wait = float(asked) if asked.isascii() and asked.isdigit() else wait
            if attempt + 1 < tries:
                sleep(min(_LONGEST_WAIT, wait))
        raise EncoderError(trouble, where=self.url, hint=_HINT)

    def _rows(self, response: Any, count: int) -> Vectors:
        """The rows of an answer, by their index.

        Raises:
            EncoderError: there is not exactly one row for each text, all of one length.
        """
        try:
            data = response.json()["data"]
            places = [int(item["index"]) for item in data]
            rows = np.array([item["embedding"] for item in data], dtype=np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"the answer is no list of embeddings: {error}", where=self.url) from None
        if sorted(places) != list(range(count)) or rows.ndim != 2 or not rows.shape[1]:
            raise EncoderError(
                f"for {count} texts there are {len(places)} vectors, or not in one length", where=self.url
            )
        ordered = np.empty_like(rows)
        ordered[places] = rows
        return ordered
