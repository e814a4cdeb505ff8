"""A stand-in for a Qdrant server: its documented HTTP API over the client's own local mode, on loopback.

Bodies are read with the models that are generated from Qdrant's OpenAPI document, which refuse what the
document does not have; answers have its envelope, ``{"result", "status", "time"}``.
"""

from __future__ import annotations

import json
import re
import threading
import warnings
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models


class QdrantStandIn:
    """``asked`` has each request's method, path and body; ``key`` is asked for where it is set.

    ``down``: statuses of the next answers, in place of what is asked for (0: the connection is closed).
    """

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")
        self.asked: list[tuple[str, str, Any]] = []
        self.key = ""
        self.down: list[int] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _result(self, method: str, path: str, body: Any) -> Any:
        """What the local mode says to a request; LookupError where the API has no such path."""
        for (wanted, pattern), handle in self._paths.items():
            match = re.fullmatch(pattern, path)
            if wanted == method and match:
                with self._lock, warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return handle(body, *match.groups())
        raise LookupError(f"{method} {path}")

    @property
    def _paths(self) -> dict[tuple[str, str], Callable[..., Any]]:
        client, name = self.client, r"/collections/([^/]+)"
        return {
            ("GET", "/collections"): lambda body: client.get_collections(),
            ("GET", "/aliases"): lambda body: client.get_aliases(),
            ("POST", "/collections/aliases"): lambda body: client.update_collection_aliases(
                models.ChangeAliasesOperation(**body).actions
            ),
            ("PUT", name): self._create,
            ("DELETE", name): lambda body, collection: client.delete_collection(collection),
            ("PUT", f"{name}/index"): lambda body, collection: (
                models.CreateFieldIndex(**body) and _updated()
            ),
            ("PUT", f"{name}/points"): lambda body, collection: client.upsert(
                collection, models.PointsList(**body).points
            ),
            ("POST", f"{name}/points/delete"): lambda body, collection: client.delete(
                collection, models.PointIdsList(**body)
            ),
            ("POST", f"{name}/points"): self._retrieve,
            ("POST", f"{name}/points/query/batch"): lambda body, collection: client.query_batch_points(
                collection, models.QueryRequestBatch(**body).searches
            ),
        }

    def _create(self, body: Any, collection: str) -> bool:
        asked = models.CreateCollection(**body)
        return self.client.create_collection(
            collection, vectors_config=asked.vectors, sparse_vectors_config=asked.sparse_vectors
        )

    def _retrieve(self, body: Any, collection: str) -> Any:
        asked = models.PointRequest(**body)
        return self.client.retrieve(
            collection, asked.ids, with_payload=asked.with_payload, with_vectors=asked.with_vector or False
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                path = urlsplit(self.path).path
                stand_in.asked.append((self.command, self.path, body))
                if stand_in.key and self.headers.get("api-key") != stand_in.key:
                    self.send(401, b"Must provide an API key or an Authorization bearer token")
                    return
                if stand_in.down:
                    status = stand_in.down.pop(0)
                    if status:
                        self.send(status, b'{"status":{"error":"as told"},"time":0.0}')
                    else:
                        self.close_connection = True
                    return
                try:
                    result = stand_in._result(self.command, path, body)
                except LookupError:
                    self.send(404, b"")
                except (ValueError, TypeError) as error:
                    self.send(400, json.dumps({"status": {"error": str(error)}, "time": 0.0}).encode())
                else:
                    answer = {"result": _plain(result), "status": "ok", "time": 0.0001}
                    self.send(200, json.dumps(answer).encode())

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *given: object) -> None:
                pass

        return Handler


def _updated() -> Any:
    return models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
