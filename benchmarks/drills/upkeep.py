"""Kills `glane index`, `compact`, `backup` and `restore` at random moments, and sees that nothing is lost.

``python -m benchmarks.drills.upkeep``: each command is killed with SIGKILL somewhere in its work, thirty
times. Afterwards the library must be sound, with what it had or with what the command makes of it; a backup
must be there whole or not at all; and the command, run again, must do its work and leave nothing behind of
what was killed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.drills.kill import bookmarks
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import GlaneError, LibraryError
from glane_indexer.index.generation import Generation
from glane_indexer.library.backup import MANIFEST, restore
from glane_indexer.library.checking import check
from glane_service.cli import main as glane
from tests.support.embeddings import embedding_server

BOOKMARKS, ADDED = 200, 10
# Rounds for each kill that is asked for, at most: some commands end before their moment.
MOST_ROUNDS = 4
SIGKILLED = -9
PRELOADED = (
    *("duckdb", "faiss", "numpy", "glane_service.commands", "glane_service.keeping_commands"),
    *("glane_indexer.index.build", "glane_indexer.library.backup", "glane_indexer.library.compacting"),
    *("glane_indexer.encoder.load", "glane_indexer.encoder.url_encoder", "glane_service.gate"),
)


def run(command: Sequence[str], kill_after: float | None = None) -> tuple[int, float]:
    """Run ``glane`` in a process of its own, which begins with everything loaded; exit code and seconds."""
    process = _CONTEXT.Process(target=_glane, args=(list(command),))
    process.start()
    started = time.monotonic()
    process.join(kill_after)
    if process.exitcode is None:
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode, time.monotonic() - started


_CONTEXT = multiprocessing.get_context("forkserver")


def _glane(command: list[str]) -> None:
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        code = glane(command)
    os._exit(code)


class Upkeep:
    """A library that commands are killed on."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.folder = folder
        self.library = folder / "library"
        self.copy = folder / "copy"
        self.count = 0
        self.add(BOOKMARKS)
        self.done(self.indexing)

    @property
    def indexing(self) -> list[str]:
        """The command that brings the index up to date."""
        return ["index", "--library", str(self.library)]

    def add(self, count: int) -> None:
        """Bookmarks that the index has not yet."""
        with Catalog.open(self.library, create=True) as catalog:
            catalog.upsert(bookmarks(self.count, count))
        self.count += count

    def done(self, command: Sequence[str]) -> float:
        """Run a command to its end; the seconds that it took.

        Raises:
            LibraryError: it fails.
        """
        code, seconds = run(command)
        if code:
            raise LibraryError("it could not be done after a kill", where=" ".join(command))
        return seconds

    def sound(self, *counts: int) -> None:
        """See that the library is whole, and has one of these numbers of bookmarks.

        Raises:
            LibraryError: it is not.
        """
        errors = [item.message for item in check(self.library) if item.level == "error"]
        if errors:
            raise LibraryError(errors[0], where="glane check")
        with Catalog.open(self.library, read_only=True) as catalog:
            held = catalog.counts()["bookmarks"]
        if held not in counts:
            raise LibraryError(f"{held} bookmarks, and not {counts}", where=str(self.library))

    def index(self) -> None:
        """Before each round of ``glane index``: something to index."""
        self.add(ADDED)

    def compact(self) -> None:
        """Before each round of ``glane compact``: two segments at least."""
        self.add(1)
        self.done(self.indexing)

    def backup(self) -> None:
        """Before each round of ``glane backup``: the place is free, or has a whole backup."""
        if self.copy.exists():
            restore(self.copy, self.folder / "tried")
            shutil.rmtree(self.folder / "tried")
            shutil.rmtree(self.copy)

    def restore(self) -> None:
        """Before each round of ``glane restore``: the library has more than its backup."""
        if not self.copy.exists():
            self.done(["backup", str(self.copy), "--library", str(self.library)])
        for aside in self.library.glob("before-restore-*"):
            shutil.rmtree(aside)
        with Catalog.open(self.library) as catalog:
            catalog.upsert(bookmarks(self.count, ADDED))


def drill(kills: int, seed: int) -> dict[str, Any]:
    """Kill each of the commands ``kills`` times.

    Raises:
        LibraryError: something was lost, half done, or could not be repeated.
    """
    _CONTEXT.set_forkserver_preload(list(PRELOADED))
    with tempfile.TemporaryDirectory() as folder, embedding_server() as server:
        os.environ["GLANE_MODEL"] = f"{server.url}/v1/embeddings#drill"
        upkeep = Upkeep(Path(folder), seed)
        library = ["--library", str(upkeep.library)]
        commands: dict[str, tuple[list[str], Callable[[], None]]] = {
            "index": (upkeep.indexing, upkeep.index),
            "compact": (["compact", *library], upkeep.compact),
            "backup": (["backup", str(upkeep.copy), *library], upkeep.backup),
            "restore": (["restore", str(upkeep.copy), "--replace", *library], upkeep.restore),
        }
        report = {name: _killed(upkeep, name, *commands[name], kills) for name in commands}
        left = [str(path) for path in Path(folder).rglob(".*") if not path.name.startswith(".CURRENT")]
        if left:
            raise LibraryError("something is left behind", where=left[0])
        return report


def _killed(
    upkeep: Upkeep, name: str, command: Sequence[str], prepare: Callable[[], None], kills: int
) -> dict[str, Any]:
    prepare()
    seconds = upkeep.done(command)
    killed = rounds = 0
    while killed < kills and rounds < kills * MOST_ROUNDS:
        rounds += 1
        prepare()
        code, _ = run(command, upkeep.chance.uniform(0, seconds))
        killed += code == SIGKILLED
        known = (upkeep.count, upkeep.count + ADDED) if name == "restore" else (upkeep.count,)
        upkeep.sound(*known)
        if name == "backup" and upkeep.copy.exists() and not (upkeep.copy / MANIFEST).exists():
            raise LibraryError("half a backup is there", where=str(upkeep.copy))
    prepare()
    upkeep.done(command)
    upkeep.sound(upkeep.count)
    if (
        name in ("index", "restore")
        and Generation.open(upkeep.library).view("public").count != upkeep.count
    ):
        raise LibraryError("the index has not all bookmarks", where=name)
    print(f"{name}: killed {killed} times in {rounds} rounds, nothing lost", file=sys.stderr)
    return {"killed": killed, "rounds": rounds, "seconds": round(seconds, 2)}


def main() -> int:
    """Run the drill; print what was done as JSON."""
    parser = argparse.ArgumentParser(description="Kill commands that keep a library at random moments.")
    parser.add_argument("--kills", type=int, default=30, help="of each (30)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    options = parser.parse_args()
    try:
        print(json.dumps(drill(max(1, options.kills), options.seed), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
