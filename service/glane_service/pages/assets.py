"""The pages' style and script, under names that change with what is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from glane_indexer.settings import Settings
from glane_service.pages.theme import accent_css

FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served; ``name`` holds a hash of ``body``."""

    name: str
    body: bytes
    content_type: str


class StaticFiles:
    """The files of ``static/``, the style with the operator's colour in it.

    Raises:
        UsageError: the colour in the settings is not one.
    """

    def __init__(self, settings: Settings) -> None:
        self._names: dict[str, str] = {}
        self._files: dict[str, StaticFile] = {}
        for entry in sorted(files(__package__).joinpath("static").iterdir(), key=lambda e: e.name):
            stem, _, extension = entry.name.rpartition(".")
            if extension not in _TYPES:
                continue
            body = entry.read_bytes()
            if extension == "css" and settings.site_color:
                body += accent_css(settings.site_color).encode()
            name = f"{stem}.{hashlib.blake2b(body, digest_size=6).hexdigest()}.{extension}"
            self._names[entry.name] = name
            self._files[name] = StaticFile(name, body, _TYPES[extension])

    def name(self, plain: str) -> str:
        """The hashed name of ``glane.css``."""
        return self._names[plain]

    def get(self, name: str) -> StaticFile | None:
        """The file of this hashed name."""
        return self._files.get(name)

    def body(self, plain: str) -> bytes:
        """What ``glane.css`` holds."""
        return self._files[self._names[plain]].body
