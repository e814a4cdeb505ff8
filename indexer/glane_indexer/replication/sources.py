"""Where a follower takes generations from: a folder that it can read, or another Glane over HTTP."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import httpx

from glane_indexer.errors import GenerationError, NotFoundError, SourceError
from glane_indexer.index.segment import SegmentFile
from glane_indexer.replication.offer import MAX_OFFER, Offer, Offers, Part, read_offer

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
# Smaller files come compressed and in one piece; larger ones go on where they broke off.
RESUMED_OVER = 256 << 10
_CHUNK = 1 << 20


class RefusedError(SourceError):
    """The source will not be followed with this key, or is no Glane: trying again does not help."""


class Source(Protocol):
    """What can be followed. ``name`` is for people, and holds no secret."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def moved(self) -> int:
        """The bytes that have come from it so far."""
        ...

    def offer(self, known: str, wait: float) -> Offer | None:
        """The offer of its current generation; None if that has the etag ``known``.

        Args:
            wait: seconds that it may take to answer None, for a source that can tell when it changes.

        Raises:
            SourceError: it cannot be asked, or offers nothing.
        """
        ...

    def segment(self, file: SegmentFile, draft: Path) -> None:
        """Append to ``draft`` what is missing in it of a segment's file, and no more than that.

        Raises:
            NotFoundError: it is not there any more: the source has gone on.
            SourceError: it cannot be had; what has come of it stays in the draft.
            OSError: the draft cannot be written.
        """
        ...

    def part(self, part: Part) -> bytes:
        """The content of a part of an offer.

        Raises:
            NotFoundError: it is not there any more: the source has gone on.
            SourceError: it cannot be had.
        """
        ...


class FolderSource:
    """The library in another folder, on a disk that both can read."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._offers = Offers(library)
        self.moved = 0

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._library)

    def offer(self, known: str, wait: float) -> Offer | None:
        """The offer of its current generation; see :class:`Source`."""
        try:
            offer = self._offers.current(private=True)
        except GenerationError:
            if not self._library.is_dir():
                raise SourceError("the library that is followed is not there", where=self.name) from None
            raise
        if offer.etag == known:
            return None
        self.moved += len(offer.body)
        return offer

    def segment(self, file: SegmentFile, draft: Path) -> None:
        """Copy a segment's file; see :class:`Source`."""
        with draft.open("ab") as written:
            stream, _ = self._offers.segment(file.name, private=True)
            with stream:
                stream.seek(written.tell())
                before = written.tell()
                shutil.copyfileobj(stream, written, _CHUNK)
                self.moved += written.tell() - before

    def part(self, part: Part) -> bytes:
        """The content of a part; see :class:`Source`."""
        content = self._offers.part(part.name, part.checksum, private=True)
        self.moved += len(content)
        return content


class ServiceSource:
    """Another Glane, by the address of its service."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self.moved = 0
        # The key must go nowhere else, so no answer sends it on to another address.
        self._client = httpx.Client(
            headers={"User-Agent": "glane", **({"Authorization": f"Bearer {key}"} if key else {})},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def name(self) -> str:
        """The address, without what signs in to it."""
        parts = urlsplit(self._url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def offer(self, known: str, wait: float) -> Offer | None:
        """The offer of its current generation; see :class:`Source`."""
        headers = {"If-None-Match": f'"{known}"'} if known else {}
        body = self._get("/api/generation", {"wait": f"{wait:g}"}, headers, MAX_OFFER)
        return read_offer(body, self.name) if body is not None else None

    def part(self, part: Part) -> bytes:
        """The content of a part; see :class:`Source`."""
        path = f"/api/generation/parts/{part.name}"
        return self._get(path, {"checksum": part.checksum}, {}, part.size) or b""

    def segment(self, file: SegmentFile, draft: Path) -> None:
        """Fetch what is missing of a segment's file; see :class:`Source`."""
        with draft.open("ab") as written:
            have = written.tell()
            large = file.size > RESUMED_OVER
            headers = {"Accept-Encoding": "identity"} if large else {}
            if have:
                headers |= {"Accept-Encoding": "identity", "Range": f"bytes={have}-"}
            try:
                with self._client.stream(
                    "GET", f"{self._url}/api/generation/segments/{file.name}", headers=headers
                ) as answer:
                    self._check(answer)
                    if answer.status_code == 200 and have:
                        # It gives all of it again.
                        written.truncate(0)
                        have = 0
                    for chunk in answer.iter_bytes(_CHUNK):
                        have += len(chunk)
                        if have > file.size:
                            raise SourceError("it sends more than it said", where=self.name)
                        written.write(chunk)
                    self._count(answer)
            except httpx.HTTPError as error:
                raise self._silent(error) from error

    def _get(self, path: str, params: dict[str, str], headers: dict[str, str], limit: int) -> bytes | None:
        """The body of an answer, at most ``limit`` bytes; None of a 304."""
        try:
            with self._client.stream("GET", self._url + path, params=params, headers=headers) as answer:
                self._check(answer)
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > limit:
                        raise SourceError("it sends more than it may", where=self.name)
                self._count(answer)
                return None if answer.status_code == 304 else bytes(body)
        except httpx.HTTPError as error:
            raise self._silent(error) from error

    def _count(self, answer: httpx.Response) -> None:
        """Count an answer as it came over the line, with its head and that of the question."""
        heads = (*answer.headers.raw, *answer.request.headers.raw)
        self.moved += answer.num_bytes_downloaded + sum(len(name) + len(value) + 4 for name, value in heads)
        self.moved += len(answer.request.url.raw_path) + 32

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (200, 206, 304):
            return
        if status in (401, 403):
            raise RefusedError(
                f"the source refuses the key (HTTP {status})",
                where=self.name,
                hint="Make one there with `glane key add NAME --role follow`, or `mirror` for what is "
                "public, and set GLANE_FOLLOW_KEY",
            )
        if status == 404:
            path = answer.request.url.path
            if path.endswith("/api/generation"):
                raise RefusedError(
                    "the source is no Glane that can be followed (HTTP 404)",
                    where=self.name,
                    hint="Check the address; 0.2 or newer must answer there",
                )
            raise NotFoundError("the source has gone on to another generation", where=self.name)
        raise SourceError(f"the source answers HTTP {status}", where=self.name)

    def _silent(self, error: Exception) -> SourceError:
        return SourceError(f"the source does not answer ({type(error).__name__})", where=self.name)


def is_url(follow: str) -> bool:
    """Whether this names a service, and not a folder."""
    return follow.startswith(("http://", "https://"))


def source_of(follow: str, key: str) -> FolderSource | ServiceSource:
    """What a setting names."""
    return ServiceSource(follow, key) if is_url(follow) else FolderSource(Path(follow).expanduser())
