"""What goes over the wire to a Qdrant server, beside its documented API."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from glane_indexer.errors import GenerationError, UsageError
from glane_indexer.index.qdrant.client import ClientStore
from glane_indexer.index.qdrant.points import (
    Among,
    AnyOf,
    Ask,
    Between,
    Dense,
    Either,
    Hit,
    Layout,
    Point,
    Sparse,
    Where,
)
from tests.support.qdrant_server import QdrantStandIn

ONE, TWO = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
LAYOUT = Layout(
    {"passage": Dense(2), "document": Dense(2, indexed=False, half=True)},
    ("words",),
    ("tags",),
    ("created",),
)


@pytest.fixture
def server() -> Iterator[QdrantStandIn]:
    made = QdrantStandIn()
    yield made
    made.close()


@pytest.fixture
def store(server: QdrantStandIn) -> Iterator[ClientStore]:
    made = ClientStore.connect(server.url, shards=6, replicas=2)
    yield made
    made.close()


def vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def filled(store: ClientStore) -> None:
    store.create("c", LAYOUT)
    words = Sparse(np.array([3, 70_000], np.uint32), vector(0.5, 1.5))
    store.upsert(
        "c",
        [
            Point(
                ONE, {"passage": vector(1, 0), "document": vector(0, 1), "words": words}, {"tags": ["vélo"]}
            ),
            Point(TWO, {"passage": vector(0, 1), "document": vector(1, 0)}, {"created": 5, "record": "{}"}),
        ],
    )


def test_a_collection_is_made_with_its_vectors_shards_and_indexes(
    server: QdrantStandIn, store: ClientStore
) -> None:
    store.create("c", LAYOUT)
    (method, path, body), *indexes = server.asked
    assert (method, path) == ("PUT", "/collections/c")
    assert body["vectors"]["passage"] == {"size": 2, "distance": "Dot"}
    assert body["vectors"]["document"] == {
        "size": 2,
        "distance": "Dot",
        "datatype": "float16",
        "hnsw_config": {"m": 0},
        "on_disk": True,
    }
    assert body["sparse_vectors"] == {"words": {"index": {}}}
    assert (body["shard_number"], body["replication_factor"], body["on_disk_payload"]) == (6, 2, True)
    assert [(path, body["field_name"], body["field_schema"]) for _, path, body in indexes] == [
        ("/collections/c/index?wait=true", "tags", "keyword"),
        ("/collections/c/index?wait=true", "created", "integer"),
    ]


def test_points_are_written_and_read_back(server: QdrantStandIn, store: ClientStore) -> None:
    filled(store)
    method, path, body = server.asked[-1]
    assert (method, path) == ("PUT", "/collections/c/points?wait=true")
    assert body["points"][0] == {
        "id": ONE,
        "vector": {
            "passage": [1.0, 0.0],
            "document": [0.0, 1.0],
            "words": {"indices": [3, 70_000], "values": [0.5, 1.5]},
        },
        "payload": {"tags": ["vélo"]},
    }
    (point,) = store.retrieve("c", [TWO, ONE[:-1] + "9"], payload=("record",), vectors=("passage",))
    assert (point.id, point.payload) == (TWO, {"record": "{}"})
    assert point.vectors["passage"].tolist() == [0, 1]  # type: ignore[union-attr]
    assert server.asked[-1][1:] == (
        "/collections/c/points",
        {"ids": [TWO, ONE[:-1] + "9"], "with_payload": ["record"], "with_vector": ["passage"]},
    )
    store.delete("c", [TWO])
    assert server.asked[-1][1:] == ("/collections/c/points/delete?wait=true", {"points": [TWO]})
    assert [found.id for found in store.retrieve("c", [ONE, TWO])] == [ONE]


def test_both_legs_and_their_filters_are_one_request(server: QdrantStandIn, store: ClientStore) -> None:
    filled(store)
    where = Where(
        (
            AnyOf("tags", ("vélo", "Velo")),
            Either((Where((Between("created", 1, None),)), Where((Among((ONE,)),)))),
        ),
        (Between("created", None, 3),),
    )
    asks = [
        Ask(Sparse(np.array([70_000], np.uint32), vector(2)), "words", 7),
        Ask(vector(0.25, 1), "passage", 3, where, exact=True),
    ]
    assert store.query("c", asks) == [[Hit(ONE, 3.0)], [Hit(ONE, 0.25)]]
    method, path, body = server.asked[-1]
    assert (method, path) == ("POST", "/collections/c/points/query/batch")
    assert body["searches"] == [
        {
            "query": {"nearest": {"indices": [70_000], "values": [2.0]}},
            "using": "words",
            "limit": 7,
            "with_payload": False,
        },
        {
            "query": {"nearest": [0.25, 1.0]},
            "using": "passage",
            "limit": 3,
            "with_payload": False,
            "params": {"exact": True},
            "filter": {
                "must": [
                    {"key": "tags", "match": {"any": ["vélo", "Velo"]}},
                    {
                        "should": [
                            {"must": [{"key": "created", "range": {"gte": 1.0}}]},
                            {"must": [{"has_id": [ONE]}]},
                        ]
                    },
                ],
                "must_not": [{"key": "created", "range": {"lt": 3.0}}],
            },
        },
    ]


def test_an_alias_moves_in_one_request(server: QdrantStandIn, store: ClientStore) -> None:
    for name in ("one", "two"):
        store.create(name, Layout(sparse=("none",)))
        store.point_to("glane", name)
    assert server.asked[-1] == (
        "POST",
        "/collections/aliases",
        {
            "actions": [
                {"delete_alias": {"alias_name": "glane"}},
                {"create_alias": {"collection_name": "two", "alias_name": "glane"}},
            ]
        },
    )
    assert store.pointed("glane") == "two"
    assert store.pointed("absent") is None
    store.drop("one")
    assert store.collections() == ["two"]


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "refuses the key"), (403, "refuses the key"), (500, "answers 500"), (0, "cannot be reached")],
)
def test_what_goes_wrong_is_said_with_the_address(
    server: QdrantStandIn, store: ClientStore, status: int, message: str
) -> None:
    server.down = [status]
    with pytest.raises(GenerationError, match=message) as caught:
        store.collections()
    assert caught.value.where == server.url
    assert store.collections() == []


def test_the_key_goes_in_its_header(server: QdrantStandIn) -> None:
    server.key = "s3cret"
    with pytest.raises(GenerationError, match="refuses the key"):
        ClientStore.connect(server.url, "other").collections()
    assert ClientStore.connect(server.url, "s3cret").collections() == []


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(GenerationError, match="cannot be reached"):
        ClientStore.connect("http://127.0.0.1:9").collections()


@pytest.mark.parametrize("address", ["qdrant:6333", "ftp://host", "http://", "http://host:port"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageError, match="not the address of a Qdrant server"):
        ClientStore.connect(address)
