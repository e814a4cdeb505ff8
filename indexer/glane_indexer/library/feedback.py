"""What readers say of results with a click, kept apart from judgments: a file of JSON lines.

Votes are many and careless, judgments few and careful. So votes have a file of their own, which any
number of service processes may add to, and become judgments only when somebody asks for it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from glane_indexer.catalog.judgments import question_id
from glane_indexer.errors import LibraryError

FEEDBACK = "feedback.jsonl"
# About a million votes; past it somebody plays.
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Vote:
    """One click under one result."""

    query: str
    bookmark: str
    helpful: bool
    at: str = ""


def add(library: Path, vote: Vote) -> None:
    """Keep a vote; when this returns it is on the disk.

    Raises:
        LibraryError: the file is full, or cannot be written.
    """
    path = library / FEEDBACK
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({**asdict(vote), "at": vote.at or now}, ensure_ascii=False) + "\n"
    try:
        with path.open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if stream.tell() > MAX_BYTES:
                raise LibraryError(
                    "there is no room for more feedback", where=str(path), hint="Move the file away"
                )
            stream.write(line.encode("utf-8", "replace"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise LibraryError(f"feedback cannot be kept: {error.strerror}", where=str(path)) from error


def votes(library: Path) -> list[Vote]:
    """All votes, the first one first; a line that was torn by a crash is left out."""
    try:
        lines = (library / FEEDBACK).read_text("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            record = json.loads(line)
            found.append(
                Vote(
                    str(record["query"]),
                    str(record["bookmark"]),
                    bool(record["helpful"]),
                    str(record["at"]),
                )
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def as_grades(all_votes: list[Vote]) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Votes as questions and grades: the balance of 2 or more is a 2, of 1 a 1, of 0 or less a 0.

    Nobody's thumb says 3: whether a bookmark is *the* answer takes a judge.
    """
    texts = {question_id(vote.query): vote.query for vote in reversed(all_votes)}
    balance: Counter[tuple[str, str]] = Counter()
    for vote in all_votes:
        balance[question_id(vote.query), vote.bookmark] += 1 if vote.helpful else -1
    grades: dict[str, dict[str, int]] = {}
    for (question, bookmark), value in balance.items():
        grades.setdefault(question, {})[bookmark] = max(0, min(2, value))
    return texts, grades
