"""A retriever for Haystack: ``pip install 'glane[haystack]'``."""

from __future__ import annotations

from glane_client.client import AsyncGlaneClient, GlaneClient
from glane_client.errors import missing
from glane_client.models import Answer

try:
    from haystack import Document, component
except ImportError:
    raise missing("haystack-ai", "haystack") from None


@component
class GlaneRetriever:
    """The passages of a library that answer a question; none where none does."""

    def __init__(self, url: str, *, key: str = "", top_k: int = 10) -> None:
        self._url, self._key, self._top_k = url, key, top_k

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """The documents for a question."""
        with GlaneClient(self._url, key=self._key) as glane:
            return _documents(glane.search(query, per_page=top_k or self._top_k))

    @component.output_types(documents=list[Document])
    async def run_async(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """The same on an event loop."""
        async with AsyncGlaneClient(self._url, key=self._key) as glane:
            return _documents(await glane.search(query, per_page=top_k or self._top_k))


def _documents(answer: Answer) -> dict[str, list[Document]]:
    made = [(result.passage.text, result.metadata()) for result in answer.results]
    return {"documents": [Document(content=text, meta=meta, score=meta["score"]) for text, meta in made]}
