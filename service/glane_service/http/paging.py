"""A page that does not exist is said to be missing, rather than shown empty."""

from __future__ import annotations

from glane_indexer.errors import NotFoundError
from glane_service.results import Results


class PastTheEndError(NotFoundError):
    """The page asked for is after the last one; ``href`` is the last one's address, where known."""

    def __init__(self, results: Results, href: str = "") -> None:
        self.page = results.page
        self.last = max(1, results.pages)
        self.href = href
        super().__init__(
            f"page {self.page} is past the last page ({self.last})",
            where="page",
            hint=f"Ask for a page from 1 to {self.last}" if self.last > 1 else "Ask for page 1",
        )


def is_past_the_end(results: Results) -> bool:
    """Whether the page asked for is after the last; the first page is there even if it is empty."""
    return results.page > max(1, results.pages)
