"""A chat model on loopback that says what a test has it say."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatStandIn:
    """Answers ``POST /v1/chat/completions`` with what ``say`` makes of the request, in small parts.

    ``status`` is that of every answer; ``breaks`` ends the connection halfway; without ``streams`` the
    answer is one document.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.say: Callable[[str], str] = lambda prompt: "NONE"
        self.status = 200
        self.breaks = False
        self.streams = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _chunks(self, text: str) -> Iterator[bytes]:
        if not self.streams:
            yield json.dumps({"choices": [{"message": {"content": text}}]}).encode()
            return
        yield b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n: a comment\n\n'
        for at in range(0, len(text), 7):
            part = {"choices": [{"delta": {"content": text[at : at + 7]}}]}
            yield f"data: {json.dumps(part)}\n\n".encode()
        yield b'data: {"choices": []}\n\ndata: [DONE]\n\n'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/v1/chat/completions"
                stand_in.asked.append(body)
                stand_in.keys.append(self.headers.get("Authorization", ""))
                content = b"".join(stand_in._chunks(stand_in.say(body["messages"][-1]["content"])))
                self.send_response(stand_in.status)
                kind = "text/event-stream" if stand_in.streams else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if stand_in.breaks else content)
                self.close_connection = stand_in.breaks

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: tests read ``asked``."""

        return Handler


@contextmanager
def chat_server() -> Iterator[ChatStandIn]:
    """One that is closed at the end."""
    made = ChatStandIn()
    try:
        yield made
    finally:
        made.close()
