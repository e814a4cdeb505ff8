"""Files as they come when something went wrong: cut, flipped, repeated, in another encoding."""

from __future__ import annotations

import random


def mutated(content: bytes, seed: int) -> bytes:
    """A copy with one to four faults, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(_FAULTS)(content, chance)
    return content


def cut(content: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return content[: chance.randrange(len(content) + 1)]


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _drop(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randint(1, 200) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.randint(1, 300)]
    return content[:start] + piece * chance.randint(2, 30) + content[start:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    marks = (
        b'"',
        b"<",
        b">",
        b"{",
        b"[",
        b"]",
        b"}",
        b",",
        b"\x00",
        b"\xff\xfe",
        b"&",
        b"\\",
        b"\n",
        b"'",
        b"</dl>",
    )
    start = chance.randrange(len(content) + 1)
    return content[:start] + chance.choice(marks) * chance.randint(1, 50) + content[start:]


def _encode(content: bytes, chance: random.Random) -> bytes:
    """From some place on in another encoding."""
    start = chance.randrange(len(content) + 1)
    rest = content[start:].decode("utf-8", "replace")
    return content[:start] + rest.encode(
        chance.choice(("cp1252", "utf-16-le", "utf-16", "koi8_r")), "replace"
    )


_FAULTS = (cut, _flip, _drop, _repeat, _insert, _encode)
