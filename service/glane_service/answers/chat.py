"""A chat model behind ``POST /v1/chat/completions``, in OpenAI's form, read as it speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from glane_indexer.errors import ServiceError
from glane_indexer.settings import Settings

PATH = "/v1/chat/completions"
TIMEOUT = 60.0
MAX_TOKENS = 800
# A model that says more is cut there.
MAX_CHARS = 20_000
_HINT = "Check GLANE_CHAT_URL, GLANE_CHAT_MODEL and GLANE_CHAT_KEY"

Message = dict[str, str]


class ChatError(ServiceError):
    """The chat model cannot be reached, refuses, or answers something else."""


class ChatModel:
    """Speaks to a model; safe to use from several threads.

    Args:
        url: the address; ``/v1/chat/completions`` is added where there is no path.
        model: which of its models.
        key: sent as ``Authorization: Bearer …``.

    Raises:
        ChatError: httpx is not installed.
    """

    def __init__(self, url: str, model: str, key: str = "") -> None:
        try:
            import httpx
        except ImportError:
            raise ChatError(
                "httpx is not installed", hint="Install it with pip install 'glane[client]'"
            ) from None
        self._httpx: Any = httpx
        self._url = f"{url.rstrip('/')}{PATH}" if urlsplit(url).path in ("", "/") else url
        self._model = model
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client: Any = httpx.Client(headers=headers, timeout=TIMEOUT)

    @classmethod
    def of(cls, settings: Settings) -> ChatModel | None:
        """The model that the settings name; None where composed answers are off."""
        if not settings.chat_url:
            return None
        return cls(settings.chat_url, settings.chat_model, settings.chat_key)

    def say(self, messages: list[Message]) -> Iterator[str]:
        """What the model says, in the parts in which it arrives.

        Raises:
            ChatError: it cannot be reached, refuses, or breaks off.
        """
        body = {
            "model": self._model,
            "messages": messages,
            "stream": True,
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
        }
        left = MAX_CHARS
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if not response.is_success:
                    raise ChatError(f"the chat model answers {response.status_code}", hint=_HINT)
                for part in _parts(response):
                    yield part[:left]
                    left -= len(part)
                    if left <= 0:
                        return
        except self._httpx.HTTPError as error:
            raise ChatError(
                f"the chat model cannot be reached: {error or type(error).__name__}", hint=_HINT
            ) from None


def _parts(response: Any) -> Iterator[str]:
    """The text of server-sent events, or of the one document of a server that does not stream."""
    if "text/event-stream" not in response.headers.get("content-type", ""):
        response.read()
        yield _text(response.text, "message")
        return
    for line in response.iter_lines():
        name, _, value = line.partition(":")
        if name == "data" and value.strip() == "[DONE]":
            return
        if name == "data":
            yield _text(value, "delta")


def _text(document: str, member: str) -> str:
    try:
        choices = json.loads(document)["choices"]
        return str(choices[0][member].get("content") or "") if choices else ""
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise ChatError("the chat model answers in another form than OpenAI's", hint=_HINT) from None
