"""A client of Glane's HTTP API: typed, synchronous and asynchronous.

>>> with GlaneClient("https://search.example.org") as glane:
...     answer = glane.search("protection sociale des données")
"""

from glane_client.client import AsyncGlaneClient, GlaneClient
from glane_client.errors import (
    BadRequestError,
    ForbiddenError,
    GlaneClientError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)
from glane_client.models import Annotation, Answer, Bookmark, Passage, Result

__all__ = [
    "Annotation",
    "Answer",
    "AsyncGlaneClient",
    "BadRequestError",
    "Bookmark",
    "ForbiddenError",
    "GlaneClient",
    "GlaneClientError",
    "NotFoundError",
    "Passage",
    "Result",
    "UnauthorizedError",
    "UnavailableError",
]
