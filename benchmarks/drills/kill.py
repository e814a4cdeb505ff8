"""Kills imports and index builds at random moments, and sees that nothing is lost.

``python -m benchmarks.drills.kill``: in each round a process is killed with SIGKILL somewhere in its work.
Afterwards the catalog must open with what it had or with everything of the file, the generation that
was current must still open and hold what it held, and a repeat must complete. A generation is opened
again and again all the while, as a running service would.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.drills.processes import run
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, LibraryError
from glane_indexer.index.generation import Generation, current_name
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.settings import Settings

BOOKMARKS = 400
ADDED = 40
# Rounds for each kill that is asked for, at most.
MOST_ROUNDS = 5


def bookmarks(start: int, count: int) -> list[Bookmark]:
    """Bookmarks that no other round has."""
    return [
        Bookmark(
            title=f"Exercice {number}",
            url=f"https://drill.example/{number}",
            contributor="drill",
            annotations=tuple(Annotation(f"Le passage {place} de la page {number}.") for place in range(3)),
        )
        for number in range(start, start + count)
    ]


def write(path: Path, made: Sequence[Bookmark]) -> None:
    """Write bookmarks as a file to import."""
    from glane_indexer.importers import jsonl

    path.write_text("".join(f"{jsonl.dump(bookmark)}\n" for bookmark in made), "utf-8")


class Watch:
    """Opens the current generation again and again, as services that follow the library do."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.looks = 0
        self.failures: list[str] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            try:
                generation = Generation.open(self._library)
                generation.view("public").bookmarks([0])
                self.looks += 1
            except GlaneError as error:
                self.failures.append(str(error))


def count(library: Path) -> int:
    """The bookmarks in the catalog, which must open."""
    with Catalog.open(library, read_only=True) as catalog:
        return catalog.counts()["bookmarks"]


def drill(kills: int, seed: int) -> dict[str, Any]:
    """Kill ``kills`` imports and as many index builds; those that end before their moment do not count.

    Raises:
        LibraryError: something was lost, half done, or could not be repeated.
    """
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    load_encoder(Settings.from_env())
    killed = {"import": 0, "index": 0}
    with tempfile.TemporaryDirectory() as folder:
        library, file = Path(folder) / "library", Path(folder) / "bookmarks.jsonl"
        importing = ["import", str(file), "--library", str(library)]
        indexing = ["index", "--library", str(library)]
        # The second time is that of a round: most passages are embedded already.
        for known, added in ((0, BOOKMARKS), (BOOKMARKS, ADDED)):
            write(file, bookmarks(known, added))
            times = {"import": run(importing)[1], "index": run(indexing)[1]}
        known = BOOKMARKS + ADDED
        with Watch(library) as watch:
            for number in range(1, kills * MOST_ROUNDS + 1):
                write(file, bookmarks(known, ADDED))
                if killed["import"] < kills:
                    code, _ = run(importing, chance.uniform(0, times["import"]))
                    killed["import"] += code == -signal.SIGKILL
                if count(library) not in (known, known + ADDED):
                    raise LibraryError(
                        f"{count(library)} bookmarks after a killed import", where=str(library)
                    )
                if run(importing)[0]:
                    raise LibraryError("an import could not be repeated", where=f"round {number}")
                known += ADDED
                before = current_name(library)
                code, _ = run(indexing, chance.uniform(0, times["index"]))
                killed["index"] += code == -signal.SIGKILL
                after = Generation.open(library)
                if code and after.name != before:
                    # Killed after the swap: then the new one must be whole.
                    _same(after, known)
                if run(indexing)[0]:
                    raise LibraryError("an index could not be repeated", where=f"round {number}")
                _same(Generation.open(library), known)
                print(
                    f"round {number}, {killed['import']} imports and {killed['index']} builds killed: "
                    "nothing lost",
                    file=sys.stderr,
                )
                if min(killed.values()) >= kills:
                    break
        if watch.failures:
            raise LibraryError(f"a service could not read: {watch.failures[0]}", where=str(library))
        return {"rounds": number, "killed": killed, "bookmarks": known, "looks": watch.looks}


def _same(generation: Generation, bookmarks: int) -> None:
    held = generation.view("public").count
    if held != bookmarks:
        raise LibraryError(
            f"the index holds {held} bookmarks of {bookmarks}",
            where=generation.name,
        )


def main() -> int:
    """Run the drill; print what was done as JSON."""
    parser = argparse.ArgumentParser(description="Kill imports and index builds at random moments.")
    parser.add_argument("--kills", type=int, default=20, help="of each (20)")
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
