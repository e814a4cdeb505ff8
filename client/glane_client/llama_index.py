"""A retriever for LlamaIndex: ``pip install 'glane[llama-index]'``."""

from __future__ import annotations

from glane_client.client import AsyncGlaneClient, GlaneClient
from glane_client.errors import missing
from glane_client.models import Answer

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError:
    raise missing("llama-index-core", "llama-index") from None


class GlaneRetriever(BaseRetriever):
    """The passages of a library that answer a question; none where none does."""

    def __init__(self, url: str, *, key: str = "", top_k: int = 10) -> None:
        self._url, self._key, self._top_k = url, key, top_k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        with GlaneClient(self._url, key=self._key) as glane:
            return _nodes(glane.search(query_bundle.query_str, per_page=self._top_k))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        async with AsyncGlaneClient(self._url, key=self._key) as glane:
            return _nodes(await glane.search(query_bundle.query_str, per_page=self._top_k))


def _nodes(answer: Answer) -> list[NodeWithScore]:
    nodes = []
    for result in answer.results:
        metadata = result.metadata()
        identifier = f"{metadata['id']}/{metadata['annotation_id']}/{metadata['start']}"
        node = TextNode(id_=identifier, text=result.passage.text, metadata=metadata)
        nodes.append(NodeWithScore(node=node, score=metadata["score"]))
    return nodes
