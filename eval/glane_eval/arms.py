"""What questions are put to: an engine in this process, or a service elsewhere."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from glane_eval.remembering import Remembering
from glane_eval.shown import Answer, Shown
from glane_eval.sources import Source
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import DatasetError, ServiceError, UsageError

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine
    from glane_service.search.query import Query
    from glane_service.search.ranking.candidates import Candidates
    from glane_service.search.ranking.parameters import Parameters
    from glane_service.search.reranking import Reranking

RERANKED = "reranked"
# Results kept of each answer: what R@100 needs, and the most that a service gives on one page.
DEPTH = 100
# Results of which also the passage and the confidence are looked at.
PAGE = 10
TIMEOUT_S = 60


class Arm(Protocol):
    """Something that ranks: an engine here, or a service elsewhere."""

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds it took."""
        ...

    def answer(self, text: str, mode: str) -> Answer:
        """The first page for a question, as it is shown, with what is below the line."""
        ...


class EngineArm:
    """The engine that the service and the command line use, in this process.

    Args:
        library: an indexed library.
        encoder: the one that it was indexed with.
        name: a generation; None: the current one.
        parameters: of the ranking; None: the library's own.
        reranking: asked in the mode ``reranked``, which is the hybrid one with its first results in another
            order.
        kept: a folder to keep the vectors of questions in; None: they are encoded, and timed.

    Raises:
        GenerationError: the library has no index that can be opened.
    """

    def __init__(
        self,
        library: Path,
        encoder: Encoder,
        *,
        name: str | None = None,
        parameters: Parameters | None = None,
        reranking: Reranking | None = None,
        kept: Path | None = None,
    ) -> None:
        from glane_indexer.index.generation import Generation, open_view
        from glane_service.search.engine import SearchEngine
        from glane_service.search.ranking.parameters import library_parameters

        self._encoder = Remembering(encoder, kept)
        generation = Generation.open(library, name, encoder=encoder.info)
        view = open_view(generation, "public")
        parameters = parameters or library_parameters(library)
        self.engine = SearchEngine(view, self._encoder, parameters)
        self.reranking = reranking
        self._reranked = SearchEngine(view, self._encoder, parameters, reranking)

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds of encoding and ranking."""
        engine, query = self._asked(text, mode)
        self._encoder.reused = 0.0
        started = time.perf_counter()
        found = engine.ranking(query, DEPTH)
        seconds = time.perf_counter() - started + self._encoder.reused
        return [identifier for identifier, _ in found], seconds * 1000

    def candidates(self, query: Query, parameters: Parameters) -> Candidates:
        """What both legs find for a query under other parameters."""
        return self.engine.candidates(query, parameters)

    def answer(self, text: str, mode: str) -> Answer:
        """The first page for a question, as it is shown, with what is below the line."""
        engine, query = self._asked(text, mode)
        found = engine.search(replace(query, per_page=PAGE, everything=True))
        return Answer(
            found.answered and bool(found.hits),
            tuple(
                Shown(hit.bookmark.id, hit.bookmark.url, hit.passage.text, hit.confidence)
                for hit in found.hits
            ),
        )

    def _asked(self, text: str, mode: str) -> tuple[SearchEngine, Query]:
        from glane_service.search.query import Query

        if mode == RERANKED:
            return self._reranked, Query(text)
        return self.engine, Query(text, mode=mode)  # type: ignore[arg-type]

    def keep(self) -> None:
        """Write down the vectors of what was asked, where they are to be kept."""
        self._encoder.keep()

    def titles(self) -> dict[str, str]:
        """The title of every bookmark by its id."""
        view = self.engine.view
        return {bookmark.id: bookmark.title for bookmark in view.bookmarks(range(view.count))}

    def known(self) -> set[str]:
        """The ids of all bookmarks."""
        return set(self.engine.view.ids)


class ServiceArm:
    """A running service, asked over HTTP on one connection.

    Raises:
        UsageError: the address is not an http(s) url.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("this is not an http(s) address", where=url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def rank(self, text: str, mode: str) -> tuple[list[str], float]:
        """The ids for a question, best first, and the milliseconds of the whole request.

        Raises:
            ServiceError: it cannot be reached, or its answer is not a search result.
        """
        started = time.perf_counter()
        record = self._search({"q": text, "mode": mode, "per_page": DEPTH, "all": "true"})
        took = (time.perf_counter() - started) * 1000
        with self._understood():
            return [str(item["bookmark"]["id"]) for item in record["results"]], took

    def answer(self, text: str, mode: str) -> Answer:
        """The first page for a question, as it is shown, with what is below the line.

        Raises:
            ServiceError: as :meth:`rank`.
        """
        record = self._search({"q": text, "mode": mode, "per_page": PAGE, "all": "true"})
        with self._understood():
            return Answer(
                bool(record["answered"]) and bool(record["results"]),
                tuple(
                    Shown(
                        str(item["bookmark"]["id"]),
                        str(item["bookmark"]["url"]),
                        str(item["passage"]["text"]),
                        None if item["confidence"] is None else float(item["confidence"]),
                    )
                    for item in record["results"]
                ),
            )

    def _search(self, asked: dict[str, str | int]) -> dict[str, Any]:
        try:
            self._connection.request("GET", f"{self._path}/api/search?{urlencode(asked)}")
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServiceError(
                f"the service cannot be reached: {error}", where=self._url, hint="Check the address"
            ) from error
        with self._understood():
            record: dict[str, Any] = json.loads(body)
            if answer.status != 200:
                detail = record.get("detail") or record.get("title") or answer.reason
                raise ServiceError(f"the service answered {answer.status}: {detail}", where=self._url)
        return record

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServiceError(
                f"the answer is not a search result: {error!r}", where=f"{self._url}/api/search"
            ) from error


def check_known(source: Source, arm: EngineArm) -> None:
    """See that the judged bookmarks are in the library that is asked.

    Raises:
        DatasetError: none of them is; a library of something else scores 0 without a word.
    """
    judged = {doc for grades in source.qrels.values() for doc in grades}
    if judged.isdisjoint(arm.known()):
        raise DatasetError(
            "none of the judged documents is in this library",
            where=source.name,
            hint="Is it the right one?",
        )
