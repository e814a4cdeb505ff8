"""docs/api.md: each request in it is sent, in order, and answered as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from glane_service.access import ROLES
from glane_service.http import bodies
from glane_service.http.viewers import WRONG_KEYS_A_MINUTE
from tests.support.writable import bearer, writable

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")


def blocks() -> list[str]:
    return re.findall(r"^```http\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def matches(expected: Any, found: Any) -> bool:
    """Whether what is documented is so; an answer may have more members."""
    if isinstance(expected, dict):
        return all(name in found and matches(value, found[name]) for name, value in expected.items())
    return bool(expected == found)


def test_every_request_is_answered_as_it_says(tmp_path: Path) -> None:
    requests, answers = blocks()[::2], blocks()[1::2]
    assert len(requests) == len(answers) > 5
    with writable(tmp_path / "library") as client:
        client.headers.update(bearer(tmp_path / "library", "write"))
        for asked, said in zip(requests, answers, strict=True):
            head, _, body = asked.partition("\n\n")
            line, *headers = head.strip().split("\n")
            method, path = line.split(" ")
            answer = client.request(
                method,
                path,
                json=json.loads(body) if body else None,
                headers=dict(header.split(": ", 1) for header in headers),
            )
            status, document = said.split("\n", 1)
            assert answer.status_code == int(status), (asked, answer.text)
            assert matches(json.loads(document), answer.json()), (asked, answer.text)


def test_every_limit_and_role_is_as_it_says() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE) == list(ROLES)
    schema = bodies.BookmarkBody.model_json_schema()["properties"]

    def limit(name: str, of: str = "maxLength") -> int:
        (part,) = (item for item in schema[name]["anyOf"] if of in item)
        return int(part[of])

    assert f"has {bodies.MAX_BODY >> 20} MB at most" in TEXT
    assert f"a title {limit('title'):,} characters, a url {limit('url'):,}" in TEXT
    assert f"a text {limit('description'):,}; a bookmark has {limit('tags', 'maxItems')}\n" in TEXT
    assert f"{limit('annotations', 'maxItems'):,} annotations" in TEXT
    assert f"up to {bodies.MAX_BOOKMARKS:,}" in TEXT
    assert WRONG_KEYS_A_MINUTE == 20
    assert "after twenty wrong keys a\nminute" in TEXT
