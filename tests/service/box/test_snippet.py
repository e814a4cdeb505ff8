"""The search box as files: their names, their hashes, their size, and the lines to paste."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest

from glane_indexer.errors import UsageError
from glane_service.box import snippet as box
from glane_service.box.snippet import asset, snippet

LIMIT = 8 * 1024
FOLDER = Path(box.__file__).parent


def body(path: str) -> bytes:
    found = asset(path)
    assert found is not None, path
    return found.body


def hashed(kind: str) -> str:
    found = asset(f"/search-box.{kind}")
    assert found is not None
    return f"/search-box.{found.etag.strip(chr(34))}.{kind}"


def test_script_and_style_fit_in_8_kilobytes_at_the_level_that_the_service_packs_with() -> None:
    packed = sum(len(gzip.compress(body(f"/search-box.{kind}"), 5)) for kind in ("js", "css"))
    assert packed <= LIMIT


def test_the_dialog_is_a_second_file() -> None:
    assert len(gzip.compress(body("/search-box-modal.js"), 5)) < 2000
    assert asset("/v1/search-box-modal.js") == asset("/search-box-modal.js")


@pytest.mark.parametrize("kind", ["js", "css"])
def test_each_file_has_three_addresses_with_one_content(kind: str) -> None:
    plain, versioned = asset(f"/search-box.{kind}"), asset(f"/v1/search-box.{kind}")
    kept = asset(hashed(kind))
    assert plain is not None and versioned is not None and kept is not None
    assert plain == versioned
    assert kept.body == plain.body and kept.etag == plain.etag
    assert plain.cache_control == "public, max-age=3600"
    assert kept.cache_control == "public, max-age=31536000, immutable"
    assert re.fullmatch(r'"[0-9a-f]{16}"', plain.etag)
    assert plain.content_type == {"js": "text/javascript", "css": "text/css"}[kind] + "; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/search-box",
        "/search-box.html",
        "/search-box.0123456789abcdef.js",
        "/v2/search-box.js",
        "/search-box.js/../../snippet.py",
        "/search-box.js.js",
        "/search-box-modal.css",
        "/search-box-modal.0123456789abcdef.js",
        "",
    ],
)
def test_other_addresses_have_no_file(path: str) -> None:
    assert asset(path) is None


def test_a_hashed_name_leads_to_the_style_that_belongs_to_the_script() -> None:
    script = body("/search-box.js").decode()
    name = re.search(r'const STYLE = "(search-box\.[0-9a-f]+\.css)";', script)
    integrity = re.search(r'const STYLE_INTEGRITY = "(sha384-[^"]+)";', script)
    assert name and integrity
    style = body(f"/{name[1]}")
    assert integrity[1] == integrity_of(style)


def test_the_snippet_names_the_script_by_hash_and_integrity() -> None:
    text = snippet("https://search.example.org/glane")
    match = re.search(r'src="https://search\.example\.org/glane(/search-box\.\w+\.js)"', text)
    assert match
    assert f'integrity="{integrity_of(body(match[1]))}"' in text
    assert 'crossorigin="anonymous" defer></script>' in text
    assert text.endswith('<glane-search endpoint="https://search.example.org/glane"></glane-search>')
    assert "/v1/search-box.js" in text.splitlines()[0]


def test_the_address_cannot_leave_its_attribute() -> None:
    lines = snippet('https://x.example/a"><script>alert(1)</script>').splitlines()
    assert all("<script>" not in line and '"><s' not in line for line in lines)
    assert "&quot;&gt;&lt;script&gt;" in lines[-1]


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "search.example.org",
        "ftp://x.example",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "https://x.example:99999999",
        "https://x.example/?a=b",
        "https://x.example/#a",
        "https://x.example/a b",
        "https://x.example/\n-->",
    ],
)
def test_what_is_no_address_of_a_service_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError) as caught:
        snippet(endpoint)
    assert caught.value.hint


@pytest.mark.parametrize("endpoint", ["http://localhost:8000", "https://xn--caf-dma.example/"])
def test_addresses_of_services_are_taken(endpoint: str) -> None:
    assert f'endpoint="{endpoint.rstrip("/")}"' in snippet(endpoint)


def test_packing_takes_only_whole_lines() -> None:
    assert box._packed('/* a\n b */\n  // c\n\n  x("// d"); // e\n/* f */\n') == 'x("// d"); // e\n'


def test_the_sources_hold_nothing_that_packing_would_break() -> None:
    for path in [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]:
        source = path.read_text("utf-8")
        assert all(line.count("`") % 2 == 0 for line in source.splitlines()), path
        assert not re.search(r"^\s*/\*.*\*/[ \t]*\S", source, re.MULTILINE), path


def test_the_script_makes_no_html_from_text_and_runs_no_text() -> None:
    script = body("/search-box.js").decode()
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert name not in script
    assert not re.search(r'setAttribute\(\s*"style"', script)


def integrity_of(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
