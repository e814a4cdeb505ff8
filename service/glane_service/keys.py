"""The keys of a library: kept as hashes, shown once, compared in constant time.

A key is ``glane_ID_SECRET`` with 256 random bits, which a fast hash keeps safely: there is nothing to
guess. The file is read again whenever it changes, so a key that is revoked is out at the next request.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glane_indexer.errors import LibraryError, UsageError
from glane_service.access import ROLES, Role, Viewer

KEYS = "keys.json"
SESSIONS = "sessions.secret"
MAX_NAME = 80
# The id that `GLANE_ADMIN_KEY` has where keys have ids.
SETTING = "setting"
_FORM = re.compile(r"glane_([0-9a-f]{8})_[A-Za-z0-9_-]{20,100}")
_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Key:
    """One key, without its secret; ``revoked_at`` is "" while it is valid."""

    id: str
    name: str
    role: Role
    hash: str
    created_at: str
    revoked_at: str = ""

    def to_json(self) -> dict[str, str]:
        """What ``glane key list --json`` shows: everything but the hash."""
        return {name: value for name, value in asdict(self).items() if name != "hash"}

    @property
    def viewer(self) -> Viewer:
        """Who has this key."""
        return Viewer(self.role, self.id, self.name)


class KeyRing:
    """The keys of one library, and the one of the setting, if there is one."""

    def __init__(self, library: Path, admin_key: str = "") -> None:
        self._library = library
        self._path = library / KEYS
        self._setting = Key(SETTING, "admin", "admin", _hash(admin_key), "") if admin_key else None
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """Every key there ever was, the first one first.

        Raises:
            LibraryError: the file cannot be read.
        """
        return list(self._current().values())

    def has_admin(self) -> bool:
        """Whether anybody can sign in as an administrator at all."""
        held = any(key.role == "admin" and not key.revoked_at for key in self.all())
        return held or self._setting is not None

    def add(self, name: str, role: Role) -> tuple[Key, str]:
        """A new key, and its text, which is nowhere afterwards.

        Raises:
            UsageError: the name is empty, too long or taken, or there is no such role.
            LibraryError: the file cannot be written.
        """
        name = " ".join(name.split())
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise UsageError(f"a key has a name of 1 to {MAX_NAME} characters", where="name")
        if role not in ROLES:
            raise UsageError(f"there is no role {role!r}", where="--role", hint=f"It is one of {_ROLES}")
        id = secrets.token_hex(4)
        text = f"glane_{id}_{secrets.token_urlsafe(32)}"
        key = Key(id, name, role, _hash(text), datetime.now(UTC).isoformat(timespec="seconds"))
        with self._writing() as keys:
            if any(other.name == name and not other.revoked_at for other in keys.values()):
                raise UsageError(
                    f"there is a key named {name!r} already",
                    where="name",
                    hint="Choose another name, or revoke that one first",
                )
            keys[id] = key
        return key, text

    def revoke(self, name: str) -> Key:
        """End the validity of the key with this name or id.

        Raises:
            UsageError: no valid key has it.
            LibraryError: the file cannot be written.
        """
        with self._writing() as keys:
            for key in keys.values():
                if name in (key.name, key.id) and not key.revoked_at:
                    now = datetime.now(UTC).isoformat(timespec="seconds")
                    revoked = keys[key.id] = replace(key, revoked_at=now)
                    return revoked
        raise UsageError(
            f"there is no valid key {name!r}", where="name", hint="`glane key list` shows them"
        )

    def find(self, text: str) -> Key | None:
        """The valid key with this text; None where there is none."""
        found, digest, matched = _FORM.fullmatch(text), _hash(text), None
        # As much is compared for a wrong id as for a wrong secret.
        for key in (self.valid(found[1]) if found else None, self._setting):
            if hmac.compare_digest(digest, key.hash if key else _NO_HASH):
                matched = matched or key
        return matched

    def valid(self, id: str) -> Key | None:
        """The key with this id, if it is valid still."""
        if id == SETTING:
            return self._setting
        key = self._current().get(id)
        return key if key and not key.revoked_at else None

    def session_secret(self) -> bytes:
        """What sessions of this library are signed with; made the first time.

        Raises:
            LibraryError: it cannot be read or made.
        """
        path = self._library / SESSIONS
        try:
            with suppress(FileExistsError):
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(secrets.token_bytes(32))
                    stream.flush()
                    os.fsync(stream.fileno())
            secret = path.read_bytes()
        except OSError as error:
            raise LibraryError(
                f"nobody can sign in: the secret cannot be kept ({error.strerror})", where=str(path)
            ) from error
        if len(secret) < 32:
            raise LibraryError("the secret is damaged", where=str(path), hint="Delete the file")
        return secret

    def _current(self) -> dict[str, Key]:
        with self._lock:
            try:
                found = self._path.stat()
            except OSError:
                # A missing file holds no key; one that cannot be looked at lets nobody in either.
                self._seen, self._keys = None, {}
                return self._keys
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._keys = _read(self._path)
                self._seen = seen
            return self._keys

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Key]]:
        """The keys, to be changed and written as a whole when the block ends well."""
        if not self._library.is_dir():
            raise LibraryError("there is no library here", where=str(self._library))
        draft = self._path.with_name(f".{KEYS}-{os.getpid()}")
        try:
            with (self._library / f".{KEYS}.lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                keys = _read(self._path) if self._path.exists() else {}
                yield keys
                document = {"keys": [asdict(key) for key in keys.values()]}
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
                    json.dump(document, stream, indent=2, ensure_ascii=False)
                    stream.flush()
                    os.fsync(stream.fileno())
                draft.replace(self._path)
        except OSError as error:
            raise LibraryError(
                f"the keys cannot be written: {error.strerror}", where=str(self._path)
            ) from error
        finally:
            draft.unlink(missing_ok=True)


_ROLES = ", ".join(ROLES)


def is_made(text: str) -> bool:
    """Whether a text has the form of the keys that are made here."""
    return _FORM.fullmatch(text) is not None


def _read(path: Path) -> dict[str, Key]:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        keys = [Key(**item) for item in document["keys"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LibraryError(
            f"the keys cannot be read: {error}",
            where=str(path),
            hint="Put back a copy of the file, or delete it and add the keys anew",
        ) from error
    return {key.id: key for key in keys}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
