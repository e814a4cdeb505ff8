"""HTTP as live sources need it: waits when asked to, tries again, and says in words what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from glane_indexer.errors import SourceError

TRIES = 4
# A source that asks for more than that is asked again by the next synchronisation.
MAX_WAIT = 600.0
_LATER = "What has come so far is kept; synchronise again later"
_REFUSED = (401, 403)
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class Client:
    """A client of one service. The token goes into headers, and never into a message.

    Args:
        variable: the environment variable that has the token, for messages.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        *,
        token: str = "",
        variable: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.token = token
        self.variable = variable
        self._sleep = sleep
        self._client = httpx.Client(headers={"User-Agent": "glane"}, timeout=60, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to a question, at last: 200, or 304 where a header asked for that.

        Raises:
            SourceError: the token is refused, the source asks to wait for long, or does not answer.
        """
        reason = ""
        for attempt in range(TRIES):
            try:
                answer = self._client.get(
                    url, params=params, headers=headers, auth=auth or httpx.USE_CLIENT_DEFAULT
                )
            except httpx.HTTPError as error:
                reason = f"it does not answer ({type(error).__name__})"
                self._sleep(2.0**attempt)
                continue
            if answer.status_code in (200, 304):
                if wait := _seconds(answer.headers.get("Backoff", "")):
                    self._sleep(min(wait, MAX_WAIT))
                return answer
            where = str(answer.url.copy_with(query=None))
            if answer.status_code in _REFUSED:
                raise SourceError(
                    f"the source refuses the token (HTTP {answer.status_code})",
                    where=where,
                    hint=f"Make a new one there and put it into {self.variable}" if self.variable else "",
                )
            reason = f"it answers HTTP {answer.status_code}"
            if answer.status_code not in _AGAIN:
                raise SourceError(reason, where=where, hint="Check the address with --url")
            wait = _seconds(answer.headers.get("Retry-After", "")) or 2.0**attempt
            if wait > MAX_WAIT:
                raise SourceError(
                    f"the source asks to wait for {wait:.0f} seconds",
                    where=where,
                    hint=_LATER,
                )
            self._sleep(wait)
        raise SourceError(reason, where=url, hint=_LATER)

    def json(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Any:
        """The JSON value that an answer holds; raises as :meth:`answered` does."""
        return self.answered(url, params, headers, auth)[0]

    def answered(
        self,
        url: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[Any, httpx.Response]:
        """The JSON value that an answer holds, None of a 304, and the answer.

        A broken answer is asked for again.

        Raises:
            SourceError: as for :meth:`get`, or it is no JSON each time.
        """
        for _ in range(TRIES):
            answer = self.get(url, params, headers, auth)
            if answer.status_code == 304:
                return None, answer
            try:
                return answer.json(), answer
            except ValueError:
                self._sleep(1.0)
        raise SourceError("it answers what is no JSON", where=url, hint=_LATER)


def _seconds(text: str) -> float:
    """The seconds of a Retry-After header, which may be a date; 0 where there are none."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0
