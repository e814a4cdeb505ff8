"""Qdrant through its own client: a server by its address, or the client's local mode for tests."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from glane_indexer.errors import GenerationError, UsageError
from glane_indexer.index.qdrant import wire
from glane_indexer.index.qdrant.points import Ask, Hit, Layout, Point, batches

T = TypeVar("T")
# Seconds that a request may take; a question takes milliseconds, a large upsert a few seconds.
TIMEOUT = 60
# A request's body stays below Qdrant's limit of 32 MB with points of 30 KB.
POINTS_A_REQUEST = 500
# Ids or payloads that one answer brings.
READ_A_REQUEST = 1000


class ClientStore:
    """See :class:`.points.PointStore`.

    Args:
        client: an opened client.
        where: its address, for messages.
        shards: shards of a new collection; None: as the server sets it.
        replicas: copies of each shard; None: as the server sets it.
    """

    def __init__(
        self, client: QdrantClient, where: str, *, shards: int | None = None, replicas: int | None = None
    ) -> None:
        self._client = client
        self.where = where
        self._shards, self._replicas = shards, replicas

    @classmethod
    def connect(
        cls, address: str, key: str = "", *, shards: int | None = None, replicas: int | None = None
    ) -> ClientStore:
        """A server by its address, ``http://host:6333``.

        Raises:
            UsageError: the address is none.
        """
        try:
            parts = urlsplit(address)
            secure = parts.scheme == "https"
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("it does not begin with http:// or https://")
            port = parts.port or (443 if secure else 6333)
        except ValueError as error:
            raise UsageError(
                f"{address!r} is not the address of a Qdrant server: {error}",
                where="GLANE_ENGINE",
                hint="Set it to one like http://127.0.0.1:6333, or to `local`",
            ) from error
        with warnings.catch_warnings():
            # It warns of a key without https, which docs/qdrant.md does, too.
            warnings.simplefilter("ignore")
            client = QdrantClient(
                host=parts.hostname,
                port=port,
                https=secure,
                prefix=parts.path.strip("/") or None,
                api_key=key or None,
                timeout=TIMEOUT,
                # It would ask the server at once, and only warn where that fails.
                check_compatibility=False,
            )
        return cls(client, address, shards=shards, replicas=replicas)

    def collections(self) -> list[str]:
        """The names of all collections."""
        return [item.name for item in self._do(self._client.get_collections).collections]

    def create(self, collection: str, layout: Layout) -> None:
        """Make an empty collection."""
        self._do(
            partial(
                self._client.create_collection,
                collection,
                vectors_config=wire.dense_vectors(layout),
                sparse_vectors_config=wire.sparse_vectors(layout),
                shard_number=self._shards,
                replication_factor=self._replicas,
                # Texts are read for the few that are shown.
                on_disk_payload=True,
            )
        )
        if self._local:
            # It filters without, and would warn of each.
            return
        for key, kind in wire.payload_indexes(layout):
            self._do(partial(self._client.create_payload_index, collection, key, kind))

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens where there is none."""
        self._do(partial(self._client.delete_collection, collection))

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Write points, in place of those with their ids; they are found when this returns."""
        for part in batches(points, POINTS_A_REQUEST):
            made = [wire.point_struct(point) for point in part]
            self._do(partial(self._client.upsert, collection, made, wait=True))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; ids of none are no error."""
        for part in batches(ids, READ_A_REQUEST):
            selector = models.PointIdsList(points=list(part))
            self._do(partial(self._client.delete, collection, selector, wait=True))

    def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        payload: Sequence[str] = (),
        vectors: Sequence[str] = (),
    ) -> list[Point]:
        """The points with these ids that there are, in any order, with so much of them."""
        found = []
        for part in batches(ids, READ_A_REQUEST):
            records = self._do(
                partial(
                    self._client.retrieve,
                    collection,
                    list(part),
                    with_payload=list(payload) if payload else False,
                    with_vectors=list(vectors) if vectors else False,
                )
            )
            found += [wire.point_of_record(record) for record in records]
        return found

    def query(self, collection: str, asks: Sequence[Ask]) -> list[list[Hit]]:
        """The answers to several questions in one request, each the best first."""
        requests = [wire.query_request(ask, exact=ask.exact and not self._local) for ask in asks]
        answers = self._do(partial(self._client.query_batch_points, collection, requests))
        return [[Hit(str(point.id), point.score) for point in answer.points] for answer in answers]

    def settle(self, collection: str) -> None:
        """Nothing: a server indexes by itself."""

    def point_to(self, alias: str, collection: str) -> None:
        """Let an alias name a collection from now on, in one step."""
        operations: list[Any] = []
        if self.pointed(alias) is not None:
            operations.append(
                models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
            )
        operations.append(
            models.CreateAliasOperation(
                create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)
            )
        )
        self._do(partial(self._client.update_collection_aliases, operations))

    def pointed(self, alias: str) -> str | None:
        """The collection that an alias names; None where there is no such alias."""
        aliases = self._do(self._client.get_aliases).aliases
        return next((item.collection_name for item in aliases if item.alias_name == alias), None)

    def close(self) -> None:
        """Let go of connections and files."""
        self._client.close()

    @property
    def _local(self) -> bool:
        from qdrant_client.local.qdrant_local import QdrantLocal

        return isinstance(self._client._client, QdrantLocal)

    def _do(self, request: Callable[[], T]) -> T:
        """Make a request, and put what goes wrong into Glane's words."""
        try:
            return request()
        except UnexpectedResponse as error:
            if error.status_code in (401, 403):
                raise GenerationError(
                    "Qdrant refuses the key",
                    where=self.where,
                    hint="Set GLANE_ENGINE_KEY to one that may do this",
                ) from error
            said = error.content.decode("utf-8", "replace")[:200]
            raise GenerationError(
                f"Qdrant answers {error.status_code}: {said}", where=self.where, hint="See its log"
            ) from error
        except (ApiException, httpx.HTTPError, OSError) as error:
            raise GenerationError(
                f"Qdrant cannot be reached: {_reason(error)}",
                where=self.where,
                hint="See that it runs, and that GLANE_ENGINE is its address",
            ) from error
        except ValueError as error:
            # Its local mode has no error of its own.
            raise GenerationError(f"Qdrant refuses: {error}", where=self.where) from error


def _reason(error: Exception) -> str:
    source = getattr(error, "source", error)
    return str(source) or type(source).__name__
