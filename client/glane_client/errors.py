"""What can go wrong with a request, as one tree."""

from __future__ import annotations


class GlaneClientError(Exception):
    """Base of all; ``status`` is the HTTP status, 0 where there was no answer."""

    def __init__(self, message: str, *, status: int = 0, url: str = "") -> None:
        self.message = message
        self.status = status
        self.url = url
        super().__init__(f"{url}: {message}" if url else message)


class BadRequestError(GlaneClientError):
    """The question or a parameter is not acceptable."""


class UnauthorizedError(GlaneClientError):
    """A key is needed, or the one that was sent is not valid."""


class ForbiddenError(GlaneClientError):
    """The key is not for this."""


class NotFoundError(GlaneClientError):
    """There is no such bookmark, or none that this key may see."""


class UnavailableError(GlaneClientError):
    """The service cannot be reached, or is not ready, also after the last attempt."""


def missing(package: str, extra: str) -> ImportError:
    """The error where a package of an extra is not installed."""
    return ImportError(f"{package} is not installed: pip install 'glane[{extra}]'")


# The most specific first.
BY_STATUS: dict[int, type[GlaneClientError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    413: BadRequestError,
    422: BadRequestError,
    429: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
