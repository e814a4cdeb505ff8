"""The search box as it is served: small files under names that never change their content.

Every file has three addresses. ``/search-box.<hash>.js`` never changes and goes with an integrity
hash; ``/v1/search-box.js`` stays for a major version and gets its corrections; ``/search-box.js`` is
the newest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from glane_indexer.errors import UsageError

MAJOR = "v1"
_FOLDER = Path(__file__).parent
_NAME = re.compile(r"search-box(-modal)?(?:\.([0-9a-f]{16}))?\.(js|css)")
_VERSION = re.compile(r"v\d+")
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_IMMUTABLE = "public, max-age=31536000, immutable"
_ONE_HOUR = "public, max-age=3600"
# One script is made of these, in a scope of its own; nothing but comments and indentation is taken off.
_SOURCES = ("texts.js", "parts.js", "options.js", "search-box.js")
# Lines of the script that name its style; in the served script it is the one with the hash.
_STYLE = 'const STYLE = "search-box.css";'
_STYLE_INTEGRITY = 'const STYLE_INTEGRITY = "";'


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to answer with, and how long it may be kept."""

    body: bytes
    content_type: str
    cache_control: str
    etag: str


def asset(path: str) -> Asset | None:
    """The file at a path such as ``/search-box.js``; None where there is none, or not any more."""
    *folders, name = path.split("/")
    match = _NAME.fullmatch(name)
    version = folders[-1] if folders else ""
    if match is None or (_VERSION.fullmatch(version) and version != MAJOR):
        return None
    modal, asked, kind = match.groups()
    body = _files().get("modal" if modal and kind == "js" else "" if modal else kind)
    if body is None:
        return None
    digest = _digest(body)
    if asked not in (None, digest):
        return None
    return Asset(body, _TYPES[kind], _IMMUTABLE if asked else _ONE_HOUR, f'"{digest}"')


def script_name() -> str:
    """The name of the script as it is now, which never holds anything else."""
    return f"search-box.{_digest(_files()['js'])}.js"


def snippet(endpoint: str) -> str:
    """The lines to paste into a page so that it searches the service at ``endpoint``.

    Raises:
        UsageError: the address is not one of a web service.
    """
    address = html.escape(_checked(endpoint))
    script = _files()["js"]
    return (
        f"<!-- For corrections without pasting again: src=…/{MAJOR}/search-box.js, and no integrity -->\n"
        f'<script src="{address}/search-box.{_digest(script)}.js" integrity="{_integrity(script)}" '
        'crossorigin="anonymous" defer></script>\n'
        f'<glane-search endpoint="{address}"></glane-search>'
    )


def _checked(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    # A question mark or a number sign would swallow the names of the files.
    if not sound or re.search(r"[\s\x00-\x1f?#]", endpoint):
        raise UsageError(
            f"{endpoint!r} is not the address of a service",
            hint="Give it whole, such as https://search.example.org",
        )
    return endpoint.rstrip("/")


@cache
def _files() -> dict[str, bytes]:
    style = _packed((_FOLDER / "search-box.css").read_text("utf-8")).encode()
    sources = "".join((_FOLDER / name).read_text("utf-8") for name in _SOURCES)
    script = _packed(f'(() => {{\n"use strict";\n{sources}}})();\n')
    named = {"search-box.css": f"search-box.{_digest(style)}.css", "": _integrity(style)}
    for line, (plain, value) in zip((_STYLE, _STYLE_INTEGRITY), named.items(), strict=True):
        if script.count(line) != 1:
            raise AssertionError(f"the script does not say {line}")
        script = script.replace(line, line.replace(f'"{plain}"', f'"{value}"'))
    modal = _packed(
        f'(() => {{\n"use strict";\n{(_FOLDER / "search-box-modal.js").read_text("utf-8")}}})();\n'
    )
    return {"js": script.encode(), "css": style, "modal": modal.encode()}


def _packed(source: str) -> str:
    """A source without indentation, empty lines, and the comments that fill whole lines.

    Only whole lines are judged, so that nothing inside a string can be taken for a comment; the
    sources keep to strings of one line.
    """
    kept, in_comment = [], False
    for line in source.splitlines():
        text = line.strip()
        in_comment = in_comment or text.startswith("/*")
        if text and not in_comment and not text.startswith("//"):
            kept.append(text)
        in_comment = in_comment and not text.endswith("*/")
    return "\n".join(kept) + "\n"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _integrity(body: bytes) -> str:
    return f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"
