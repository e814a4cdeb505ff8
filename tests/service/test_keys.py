"""Keys, roles, and how often one may ask."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from glane_indexer.errors import LibraryError, UsageError
from glane_service.access import (
    EVERYTHING,
    NOBODY,
    PUBLIC,
    ROLE_HELP,
    ROLES,
    ForbiddenError,
    UnknownViewerError,
    Viewer,
)
from glane_service.keys import KEYS, SESSIONS, KeyRing
from glane_service.limits import Limiter


def test_what_each_role_may_do() -> None:
    may = {role: [other for other in ROLES if Viewer(role).may(other)] for role in ROLES}
    assert may == {
        "search": ["search"],
        "member": ["search", "member"],
        "write": ["search", "member", "write"],
        "admin": list(ROLES),
        "mirror": ["search", "mirror"],
        "follow": ["search", "member", "mirror", "follow"],
    }
    assert set(ROLE_HELP) == set(ROLES)
    assert not NOBODY.may("search")
    assert [viewer.sees_private for viewer in (NOBODY, PUBLIC, Viewer("member"), EVERYTHING)] == [
        *(False, False, True, True)
    ]


def test_who_lacks_a_role_is_told_why() -> None:
    with pytest.raises(UnknownViewerError):
        PUBLIC.require("write")
    with pytest.raises(ForbiddenError, match="role member"):
        Viewer("member", "k", "Ana").require("write")
    Viewer("write", "k").require("write")


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    key, text = ring.add("  Anne  Dupont ", "write")
    assert (key.name, key.role) == ("Anne Dupont", "write")
    written = (tmp_path / KEYS).read_text()
    assert text not in written
    assert text.rsplit("_", 1)[1] not in written
    assert stat.S_IMODE((tmp_path / KEYS).stat().st_mode) == 0o600
    found = ring.find(text)
    assert found == key
    assert found.viewer == Viewer("write", key.id, "Anne Dupont")
    assert "hash" not in key.to_json()
    assert KeyRing(tmp_path).find(text) == key


def test_what_is_no_key_opens_nothing(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    assert ring.find("x") is None
    key, text = ring.add("a", "search")
    other = f"glane_{key.id}_{'A' * 43}"
    for wrong in (
        "",
        "x",
        text[:-1],
        text + "x",
        other,
        text.upper(),
        f"glane_{'0' * 8}_{'A' * 43}",
        key.hash,
    ):
        assert ring.find(wrong) is None, wrong


def test_a_revoked_key_is_out_at_once_everywhere(tmp_path: Path) -> None:
    ring, elsewhere = KeyRing(tmp_path), KeyRing(tmp_path)
    key, text = ring.add("a", "search")
    assert elsewhere.find(text) == key
    assert ring.revoke("a").revoked_at
    assert (ring.find(text), elsewhere.find(text), elsewhere.valid(key.id)) == (None, None, None)
    with pytest.raises(UsageError, match="no valid key"):
        ring.revoke("a")
    # The name is free again, and the old key stays out.
    _, newer = ring.add("a", "search")
    assert ring.find(text) is None
    assert ring.find(newer) is not None
    assert ring.revoke(ring.all()[1].id).name == "a"


@pytest.mark.parametrize(
    ("name", "role"), [("", "search"), ("x" * 81, "search"), ("a\x1b[1m", "search"), ("a", "x")]
)
def test_keys_that_cannot_be(tmp_path: Path, name: str, role: str) -> None:
    with pytest.raises(UsageError):
        KeyRing(tmp_path).add(name, role)  # type: ignore[arg-type]
    assert KeyRing(tmp_path).all() == []


def test_two_keys_of_one_name_are_refused(tmp_path: Path) -> None:
    KeyRing(tmp_path).add("a", "search")
    with pytest.raises(UsageError, match="already"):
        KeyRing(tmp_path).add("a", "write")


def test_the_key_of_the_setting(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path, "a secret")
    key, text = ring.add("a", "search")
    assert ring.find(text) == key
    found = ring.find("a secret")
    assert found is not None
    assert found.viewer.may("admin")
    assert found == ring.valid(found.id)
    assert KeyRing(tmp_path).find("a secret") is None
    assert [item.name for item in ring.all()] == ["a"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": [{"id": 3}]}'])
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    ring = KeyRing(tmp_path)
    _, key = ring.add("a", "admin")
    (tmp_path / KEYS).write_text(text)
    with pytest.raises(LibraryError, match="cannot be read"):
        ring.find(key)
    with pytest.raises(LibraryError):
        ring.add("b", "admin")


def test_the_secret_of_sessions_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    secret = KeyRing(tmp_path).session_secret()
    assert len(secret) == 32
    assert KeyRing(tmp_path).session_secret() == secret
    assert stat.S_IMODE((tmp_path / SESSIONS).stat().st_mode) == 0o600
    (tmp_path / SESSIONS).write_bytes(b"short")
    with pytest.raises(LibraryError, match="damaged"):
        KeyRing(tmp_path).session_secret()


def test_the_file_says_when(tmp_path: Path) -> None:
    KeyRing(tmp_path).add("a", "search")
    (key,) = json.loads((tmp_path / KEYS).read_text())["keys"]
    assert set(key) == {"id", "name", "role", "hash", "created_at", "revoked_at"}


def test_a_limit_fills_up_again() -> None:
    now = [0.0]
    limiter = Limiter(3, lambda: now[0])
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 20]
    assert limiter.take("b") == 0
    now[0] = 19.0
    assert limiter.take("a") == 1
    now[0] = 20.0
    assert [limiter.blocked("a"), limiter.take("a"), limiter.blocked("a")] == [0, 0, 20]
    now[0] = 1000.0
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 20]


def test_no_limit() -> None:
    limiter = Limiter(0)
    assert {limiter.take("a") for _ in range(1000)} == {0}
