"""A retriever for LangChain: ``pip install 'glane[langchain]'``."""

from __future__ import annotations

from typing import Any

from glane_client.client import AsyncGlaneClient, GlaneClient
from glane_client.errors import missing
from glane_client.models import Answer

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError:
    raise missing("langchain-core", "langchain") from None
from pydantic import Field, SecretStr


class GlaneRetriever(BaseRetriever):
    """The passages of a library that answer a question; none where none does.

    ``parameters`` are further ones of ``GET /api/search``, such as ``{"tag": ["travail"]}``.
    """

    url: str
    key: SecretStr = SecretStr("")
    k: int = Field(10, ge=1, le=100)
    parameters: dict[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        with GlaneClient(self.url, key=self.key.get_secret_value()) as glane:
            return _documents(glane.search(query, per_page=self.k, **self.parameters))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        async with AsyncGlaneClient(self.url, key=self.key.get_secret_value()) as glane:
            return _documents(await glane.search(query, per_page=self.k, **self.parameters))


def _documents(answer: Answer) -> list[Document]:
    return [
        Document(page_content=result.passage.text, id=result.bookmark.id, metadata=result.metadata())
        for result in answer.results
    ]
