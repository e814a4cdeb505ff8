"""A server of embeddings on loopback, with every trouble that one can have."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from tests.support.hashed import HashedEncoder


class EmbeddingStandIn:
    """Answers ``POST /v1/embeddings`` with the vectors of hashed words.

    ``script`` holds the statuses of the next answers (0: close the connection); ``after`` those of every
    answer from the request of that number on. ``model`` turns the vectors, as another model's would be.
    ``noise`` is added to each number, ``most`` is the number of characters that a request may have.
    """

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.keys: list[str] = []
        self.script: list[int] = []
        self.headers: dict[str, str] = {}
        self.dead_after = 10**9
        self.model = 0
        self.noise = 0.0
        self.most = 10**9
        self.shape: Any = None
        self._random = np.random.default_rng(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, texts: list[str]) -> tuple[int, Any]:
        if self.script:
            return self.script.pop(0), {"error": "as told"}
        if len(self.asked) > self.dead_after:
            return 0, None
        if sum(map(len, texts)) > self.most:
            return 413, {"error": "too large"}
        vectors = np.roll(HashedEncoder().encode_queries(texts), self.model, axis=1)
        # Not of length 1, a little off each time, and in any order.
        vectors = (3 * vectors + self._random.normal(0, self.noise, vectors.shape)).astype(np.float32)
        data = [{"index": place, "embedding": row.tolist()} for place, row in enumerate(vectors)]
        self._random.shuffle(data)
        document = {"data": data, "usage": {"prompt_tokens": 1}}
        return 200, self.shape(document) if self.shape else document

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/v1/embeddings" and body["encoding_format"] == "float"
                stand_in.asked.append(body["input"])
                stand_in.keys.append(self.headers.get("Authorization", ""))
                status, document = stand_in._answer(body["input"])
                if not status:
                    self.close_connection = True
                    return
                content = json.dumps(document).encode()
                self.send_response(status)
                for name, value in stand_in.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: tests read ``asked``."""

        return Handler


@contextmanager
def embedding_server() -> Iterator[EmbeddingStandIn]:
    """One that is closed at the end."""
    made = EmbeddingStandIn()
    try:
        yield made
    finally:
        made.close()
