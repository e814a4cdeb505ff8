"""Every setting, as one table: its environment variable, its default, and what it does.

A field ``model`` is read from ``GLANE_MODEL``. The table of docs/settings.md is checked against this
one by a test, so a setting cannot be added without being documented.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from glane_indexer.errors import UsageError

PREFIX = "GLANE_"
LOCAL = "local"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
# Kubernetes tells every container of the services beside it: of one named `glane`, or `glane-…`, by
# GLANE_SERVICE_HOST, GLANE_SERVICE_PORT, GLANE_PORT=tcp://10.0.0.1:8000, GLANE_PORT_8000_TCP_ADDR ….
_INJECTED = re.compile(
    r"GLANE_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)"
)
_INJECTED_PORT = re.compile(r"(tcp|udp|sctp)://\S+")


def _setting(default: Any, help: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. Build with :meth:`from_env`; override with ``dataclasses.replace``."""

    library: Path = _setting(Path("library"), "the library folder")
    model: str = _setting(
        "default",
        "the encoder: `default` (multilingual-e5-small), any sentence-transformers name or folder, or the "
        "address of a server, `https://host/v1/embeddings#model`",
    )
    model_key: str = _setting("", "the key for a server of embeddings")
    engine: str = _setting(
        LOCAL,
        "what answers: `local`, the library's own index, or a Qdrant server that `glane publish` has "
        "filled, `http://host:6333#name`",
    )
    engine_key: str = _setting("", "the key for Qdrant")
    engine_key_file: str = _setting("", "a file that has it")
    chat_url: str = _setting(
        "",
        "the chat model that composes answers, in OpenAI's form, "
        "`https://host/v1/chat/completions`; empty: off",
    )
    chat_model: str = _setting("", "which of its models")
    chat_key: str = _setting("", "the key for it")
    precision: str = _setting(
        "int8", "precision of the exported encoder: `int8` or `fp32`", ("int8", "fp32")
    )
    reranker: str = _setting(
        "",
        "a cross-encoder that puts the first 30 results into a better order: any sentence-transformers "
        "name or folder; empty: off",
    )
    reranker_ms: int = _setting(
        150, "milliseconds that it may take; where they do not suffice, the order is left alone"
    )
    cache: Path = _setting(Path("~/.cache/glane"), "where prepared encoders are kept")
    datasets: Path = _setting(
        Path("../shared/data/ir"), "where `glane-eval` looks for a data set that is only named"
    )
    device: str = _setting(
        "auto",
        "what embeds passages: `cpu`, `cuda` (a GPU, in half precision), or `auto`: a GPU if there is one",
        ("auto", "cpu", "cuda"),
    )
    threads: int = _setting(0, "threads for the encoder and the index; 0: one per core")
    host: str = _setting("127.0.0.1", "the address that `glane serve` listens on")
    port: int = _setting(8000, "the port that `glane serve` listens on")
    workers: int = _setting(1, "processes that `glane serve` starts")
    follow: str = _setting(
        "", "the library that `glane serve` copies and follows: a folder, or the address of another Glane"
    )
    follow_key: str = _setting("", "the key for that address, of the role `follow` or `mirror`")
    cors_origins: tuple[str, ...] = _setting(
        (), "origins whose pages may call the API, separated by commas; `*` for all"
    )
    frame_origins: tuple[str, ...] = _setting(
        (), "origins that may show the search page in a frame, separated by commas"
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (),
        "host names that `/mcp` may be called by, besides local ones and that of `GLANE_PUBLIC_URL`, "
        "separated by commas; `*` for all",
    )
    public_url: str = _setting("", "the service's own address as its users see it")
    access: str = _setting(
        "open", "who may ask: `open` for everybody, `key` for who has a key", ("open", "key")
    )
    rate_limit: int = _setting(0, "requests a minute from one key or address; 0: no limit")
    admin_key: str = _setting("", "one more key of the role `admin`, beside those of `glane key`")
    language: str = _setting("fr", "language of the page where the browser asks for none", ("fr", "en"))
    site_name: str = _setting("Glane", "the name shown on the search page")
    site_logo: str = _setting("", "the text shown as the logo; empty: the name")
    site_intro: str = _setting("", "an introduction shown above the first search")
    site_color: str = _setting("", "accent colour of the page, as `#rrggbb`")
    judge: bool = _setting(False, "whether the judging page `/judge` is on")
    feedback: bool = _setting(False, "whether readers may mark results as good or bad")
    log_level: str = _setting("info", "how much the service logs", ("debug", "info", "warning", "error"))
    log_format: str = _setting(
        "text", "how the service writes its log: `text`, or `json`, an object a line", ("text", "json")
    )

    @property
    def remote(self) -> bool:
        """Whether a Qdrant server answers, and not the library's own index."""
        return self.engine not in ("", LOCAL)

    @property
    def read_only(self) -> bool:
        """Whether a service takes no changes: it follows another library, or answers from Qdrant."""
        return bool(self.follow) or self.remote

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment.

        Raises:
            UsageError: a value does not fit its setting, or a ``GLANE_…`` name is not a setting.
        """
        environ = os.environ if environ is None else environ
        known = {PREFIX + item.name.upper(): item for item in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or _is_injected(name, text):
                continue
            if name not in known:
                raise UsageError(
                    "there is no such setting",
                    where=name,
                    hint="docs/settings.md lists every setting; unset this one or correct its name",
                )
            item = known[name]
            values[item.name] = _parse(name, text, item.default, item.metadata["choices"])
        values.setdefault("cache", cls().cache.expanduser())
        return cls(**values)


def _is_injected(name: str, text: str) -> bool:
    """Whether a variable is not a setting, but Kubernetes' word of a service of that name."""
    is_port = name.endswith("_PORT") and _INJECTED_PORT.fullmatch(text)
    return bool(is_port or _INJECTED.fullmatch(name))


def _parse(name: str, text: str, default: Any, choices: tuple[str, ...]) -> Any:
    """The value of ``text`` in the type of ``default``."""
    text = text.strip()
    if choices and text not in choices:
        raise UsageError(f"{text!r} is not one of {', '.join(choices)}", where=name)
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise UsageError(f"{text!r} is neither true nor false", where=name)
    if isinstance(default, int):
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        raise UsageError(f"{text!r} is not a whole number of 0 or more", where=name)
    if isinstance(default, Path):
        return Path(text).expanduser() if text else default
    if isinstance(default, tuple):
        return tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    return text


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One row of the table of settings, for documentation and its test."""

    variable: str
    default: str
    help: str


def describe() -> list[SettingInfo]:
    """Every setting with its variable, default and meaning, in the order of the table."""
    rows = []
    for item in fields(Settings):
        default = item.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append(SettingInfo(PREFIX + item.name.upper(), shown, item.metadata["help"]))
    return rows
