"""How a follower stands to what it follows, kept in a file: for all processes that serve it, and people."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glane_indexer.errors import LibraryError

FOLLOWER = "follower.json"


@dataclass(frozen=True, slots=True)
class State:
    """How far a follower is.

    Args:
        source: what is followed, without any secret.
        generation: the source's name of the generation that is here, "" where none is yet.
        seq: the last change in it.
        same_at: when it was last known to be what the source has, in seconds since 1970; 0: never.
        error: why the source cannot be followed at the moment, without where; "" when all is well.
        moved: bytes that came from the source since this server first followed it.
        has_keys: whether the keys are the source's.
    """

    source: str
    generation: str = ""
    seq: int = 0
    same_at: float = 0.0
    error: str = ""
    moved: int = 0
    has_keys: bool = False

    def lag(self, now: float | None = None) -> float | None:
        """For how many seconds it has not been known to be what the source has; None: it never was."""
        if not self.same_at:
            return None
        return max(0.0, (time.time() if now is None else now) - self.same_at)

    def to_json(self) -> dict[str, Any]:
        """As `/readyz`, `/api/status` and ``glane status`` show it to everybody."""
        lag = self.lag()
        return {
            "seq": self.seq,
            "lag_seconds": None if lag is None else round(lag, 2),
            "error": self.error,
        }


def read_state(library: Path) -> State | None:
    """The state of a follower; None of a library that follows no other.

    Raises:
        LibraryError: it cannot be read.
    """
    path = library / FOLLOWER
    try:
        return State(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LibraryError(
            f"what this server follows cannot be read: {error}",
            where=str(path),
            hint="Delete the file, and start the server with --follow again",
        ) from error


def write_state(library: Path, state: State) -> None:
    """Keep the state, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = library / FOLLOWER
    draft = path.with_name(f".{FOLLOWER}-{os.getpid()}")
    draft.write_text(json.dumps(asdict(state), indent=1) + "\n", "utf-8")
    draft.replace(path)


def refuse_follower(library: Path) -> None:
    """Let nobody change a library that is a copy of another.

    Raises:
        LibraryError: it is one; it says of which.
    """
    state = read_state(library)
    if state is not None:
        raise LibraryError(
            "this library follows another and is not changed itself",
            where=str(library),
            hint=f"Make the change at {state.source}",
        )
