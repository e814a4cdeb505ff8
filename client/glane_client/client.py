"""The two clients: the same calls, waiting in a thread or on an event loop."""

from __future__ import annotations

import random
from asyncio import sleep as asleep
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import sleep
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

from glane_client.errors import BY_STATUS, GlaneClientError, UnavailableError, missing
from glane_client.models import Answer, Bookmark, Result, answer_of, bookmark_of, result_of

try:
    import httpx
except ImportError:
    raise missing("httpx", "client") from None

# Passing troubles: the service opens its library, is busy, or a proxy has lost it.
_AGAIN = frozenset({429, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    """One request, and what its answer is read as."""

    method: str
    path: str
    read: Callable[[Any], T]
    params: tuple[tuple[str, str], ...] = ()
    json: Any = None


def _search(question: str, options: dict[str, Any]) -> _Call[Answer]:
    pairs = [("q", question)]
    for name, value in options.items():
        values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        pairs += [
            # A flag is written as JSON writes it.
            (name, str(item).lower() if isinstance(item, bool) else str(item))
            for item in values
        ]
    return _Call("GET", "/api/search", answer_of, tuple(pairs))


def _bookmark(id: str) -> _Call[Bookmark]:
    return _Call("GET", f"/api/bookmarks/{quote(id, safe='')}", bookmark_of)


def _similar(id: str, limit: int) -> _Call[tuple[Result, ...]]:
    def read(document: Any) -> tuple[Result, ...]:
        return tuple(result_of(item) for item in document["results"])

    path = f"/api/bookmarks/{quote(id, safe='')}/similar"
    return _Call("GET", path, read, (("limit", str(limit)),))


def _find_quote(text: str) -> _Call[dict[str, Any]]:
    return _Call("POST", "/api/tools/find_quote", dict, json={"text": text})


def _status() -> _Call[dict[str, Any]]:
    return _Call("GET", "/api/status", dict)


class _Client:
    """What both clients share: the address, the key, and how often to try.

    Args:
        url: the service's address, with the path that it is served under.
        key: sent as ``Authorization: Bearer …``.
        timeout: seconds for one attempt.
        retries: attempts after the first, where the service cannot be reached or answers 429, 502, 503 or
            504; they wait longer each time, or as long as ``Retry-After`` says.
        transport: how requests are sent, for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        timeout: float = 10.0,
        retries: int = 3,
        transport: Any = None,
    ) -> None:
        self._retries = retries
        self._options: dict[str, Any] = {
            "base_url": url.rstrip("/"),
            "timeout": timeout,
            "transport": transport,
            "headers": {"User-Agent": "glane-client"},
        }
        if key:
            self._options["headers"]["Authorization"] = f"Bearer {key}"

    def _wait(self, attempt: int, response: httpx.Response | None) -> float:
        """Seconds until the next attempt."""
        asked = response.headers.get("Retry-After", "") if response is not None else ""
        if asked.isascii() and asked.isdigit():
            return min(_LONGEST_WAIT, float(asked))
        # Several clients that failed together should not come back together.
        longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
        return longest * random.uniform(0.5, 1)  # noqa: S311


def _read(call: _Call[T], response: httpx.Response) -> T:
    """The answer.

    Raises:
        GlaneClientError: it is an error, or not one of Glane's answers.
    """
    url = str(response.url)
    if not response.is_success:
        try:
            detail = str(response.json()["detail"])
        except (ValueError, KeyError, TypeError):
            detail = f"HTTP {response.status_code}"
        kind = BY_STATUS.get(response.status_code, GlaneClientError)
        raise kind(detail, status=response.status_code, url=url)
    try:
        return call.read(response.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GlaneClientError("the answer is not one of Glane's", url=url) from error


def _unreachable(error: httpx.TransportError, url: object) -> UnavailableError:
    reason = str(error) or type(error).__name__
    return UnavailableError(f"the service cannot be reached: {reason}", url=str(url))


class GlaneClient(_Client):
    """Asks a library, and waits. Use it as a context manager, or :meth:`close` it.

    Every method raises :class:`GlaneClientError`, of the kind that says what went wrong.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._http = httpx.Client(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def search(self, question: str, **parameters: Any) -> Answer:
        """The answer to a question; ``parameters`` are those of ``GET /api/search``."""
        return self._do(_search(question, parameters))

    def bookmark(self, id: str) -> Bookmark:
        """One bookmark with all its annotations."""
        return self._do(_bookmark(id))

    def similar(self, id: str, limit: int = 10) -> tuple[Result, ...]:
        """The bookmarks nearest in meaning to one."""
        return self._do(_similar(id, limit))

    def find_quote(self, text: str) -> dict[str, Any]:
        """Whether a sentence is in the library, verbatim or nearly, and where."""
        return self._do(_find_quote(text))

    def status(self) -> dict[str, Any]:
        """What the library holds."""
        return self._do(_status())

    def _do(self, call: _Call[T]) -> T:
        for attempt in range(self._retries + 1):
            response = None
            try:
                response = self._http.request(call.method, call.path, params=call.params, json=call.json)
            except httpx.TransportError as error:
                if attempt == self._retries:
                    raise _unreachable(error, self._http.base_url) from error
            else:
                if response.status_code not in _AGAIN or attempt == self._retries:
                    return _read(call, response)
            sleep(self._wait(attempt, response))
        raise AssertionError("the last attempt returns or raises")


class AsyncGlaneClient(_Client):
    """Asks a library on an event loop. Use it as an asynchronous context manager, or :meth:`close` it.

    Every method raises :class:`GlaneClientError`, of the kind that says what went wrong.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._http = httpx.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def search(self, question: str, **parameters: Any) -> Answer:
        """The answer to a question; ``parameters`` are those of ``GET /api/search``."""
        return await self._do(_search(question, parameters))

    async def bookmark(self, id: str) -> Bookmark:
        """One bookmark with all its annotations."""
        return await self._do(_bookmark(id))

    async def similar(self, id: str, limit: int = 10) -> tuple[Result, ...]:
        """The bookmarks nearest in meaning to one."""
        return await self._do(_similar(id, limit))

    async def find_quote(self, text: str) -> dict[str, Any]:
        """Whether a sentence is in the library, verbatim or nearly, and where."""
        return await self._do(_find_quote(text))

    async def status(self) -> dict[str, Any]:
        """What the library holds."""
        return await self._do(_status())

    async def _do(self, call: _Call[T]) -> T:
        for attempt in range(self._retries + 1):
            response = None
            try:
                response = await self._http.request(
                    call.method, call.path, params=call.params, json=call.json
                )
            except httpx.TransportError as error:
                if attempt == self._retries:
                    raise _unreachable(error, self._http.base_url) from error
            else:
                if response.status_code not in _AGAIN or attempt == self._retries:
                    return _read(call, response)
            await asleep(self._wait(attempt, response))
        raise AssertionError("the last attempt returns or raises")
