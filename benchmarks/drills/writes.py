"""Kills the service at random moments while it is written to, and sees that nothing acknowledged is lost.

``python -m benchmarks.drills.writes``: clients add, annotate and delete bookmarks and search, until
every process of the service is killed with SIGKILL; then it is started again. After each kill, what was
acknowledged must be there, once, and the library must be sound.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.drills.processes import START_SECONDS, Service
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, LibraryError
from glane_indexer.index.build import build_generation
from glane_indexer.library.applying import apply_pending
from glane_indexer.library.checking import check
from glane_indexer.library.journal import Journal
from glane_indexer.models import Bookmark
from glane_indexer.settings import Settings
from glane_service.keys import KeyRing
from tests.support.embeddings import embedding_server

WRITERS = 3


@dataclass
class Told:
    """What the service has acknowledged: numbers, bookmarks, annotations by bookmark, deletions."""

    seqs: list[int] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    # Asked for and not acknowledged: either way is right.
    doubtful: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    searches: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def write(address: str, headers: dict[str, str], told: Told, seed: int, stop: threading.Event) -> None:
    """Add, annotate and delete until the service is gone."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
        number = 0
        own: list[str] = []
        while not stop.is_set():
            number += 1
            doing = chance.choice(("add", "add", "note", "delete")) if len(own) > 3 else "add"
            try:
                if doing == "add":
                    ids = [f"w{seed}-{number}-{place}" for place in range(chance.randint(1, 4))]
                    body = [{"id": id, "title": f"Page {id}", "language": "fr"} for id in ids]
                    _told(client.post("/api/bookmarks", json=body), told)
                    own += ids
                    with told.lock:
                        told.added += ids
                elif doing == "note":
                    id, text = chance.choice(own), f"Passage {seed} {number}"
                    _told(client.post(f"/api/bookmarks/{id}/annotations", json={"text": text}), told)
                    with told.lock:
                        told.notes.setdefault(id, []).append(text)
                else:
                    id = own.pop(chance.randrange(len(own)))
                    with told.lock:
                        told.doubtful.add(id)
                    _told(client.delete(f"/api/bookmarks/{id}"), told)
                    with told.lock:
                        told.doubtful.discard(id)
                        told.deleted.add(id)
            except _BusyError:
                time.sleep(0.02)
            except httpx.HTTPError:
                return


def search(address: str, told: Told, stop: threading.Event) -> None:
    """Ask, until the service is gone."""
    with httpx.Client(base_url=address, timeout=10) as client:
        while not stop.is_set():
            try:
                answer = client.get("/api/search", params={"q": "page passage"})
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                told.searches += 1
            elif answer.status_code != 503:
                told.refused.append(f"search: {answer.status_code} {answer.text[:200]}")


class _BusyError(Exception):
    """The service has more to do than it can, and has not taken this in."""


def _told(answer: httpx.Response, told: Told) -> None:
    if answer.status_code == 503:
        raise _BusyError
    if answer.status_code == 202:
        with told.lock:
            told.seqs.append(int(answer.json()["seq"]))
        return
    with told.lock:
        told.refused.append(f"write: {answer.status_code} {answer.text[:200]}")
    raise httpx.HTTPError("not acknowledged")


def verify(library: Path, told: Told) -> None:
    """What was acknowledged is in the library, once.

    Raises:
        LibraryError: it is not.
    """
    errors = [item.message for item in check(library) if item.level == "error"]
    if errors:
        raise LibraryError(errors[0], where="glane check")
    journal = Journal(library)
    apply_pending(library, journal)
    journal.close()
    if told.refused:
        raise LibraryError(told.refused[0], where="an answer")
    if len(set(told.seqs)) != len(told.seqs):
        raise LibraryError("a number was given twice")
    with Catalog.open(library, read_only=True) as catalog:
        found = {bookmark.id: bookmark for bookmark in catalog.bookmarks()}
        if catalog.seq() < max(told.seqs, default=0):
            raise LibraryError(f"the catalog knows change {catalog.seq()} of {max(told.seqs)}")
        for id in told.added:
            if id in told.deleted:
                if id in found:
                    raise LibraryError("a deleted bookmark is there", where=id)
                continue
            if id in told.doubtful and id not in found:
                continue
            if id not in found:
                raise LibraryError("an acknowledged bookmark is lost", where=id)
            texts = [item.text for item in found[id].annotations]
            if any(texts.count(text) != 1 for text in told.notes.get(id, ())):
                raise LibraryError("an acknowledged annotation is not there once", where=id)
            times = len(catalog.contributions(id))
            if id not in told.notes and id not in told.doubtful and times > 1 + len(texts):
                raise LibraryError(f"a bookmark was stored {times} times", where=id)


def drill(kills: int, seed: int, workers: int = 1, longest: float = 1.0) -> dict[str, Any]:
    """Kill the service ``kills`` times, each time after it has acknowledged writes.

    Words are hashed by a server of embeddings in this process, so that a round takes seconds.

    Raises:
        LibraryError: something acknowledged was lost, done twice or damaged.
    """
    chance = random.Random(seed)  # noqa: S311
    told, starts, each = Told(), [], []
    with tempfile.TemporaryDirectory() as folder, embedding_server() as server:
        library = Path(folder) / "library"
        variables = {"GLANE_MODEL": f"{server.url}/v1/embeddings#drill"}
        settings = replace(Settings.from_env(), library=library, model=variables["GLANE_MODEL"])
        _make(library, settings)
        _, key = KeyRing(library).add("drill", "write")
        headers = {"Authorization": f"Bearer {key}"}
        for number in range(1, kills + 1):
            service = Service(library, workers, variables=variables)
            starts.append(service.seconds)
            stop = threading.Event()
            threads = [
                threading.Thread(target=write, args=(service.address, headers, told, number * 10 + w, stop))
                for w in range(WRITERS)
            ]
            threads.append(threading.Thread(target=search, args=(service.address, told, stop)))
            for thread in threads:
                thread.start()
            # Of a service that writes: a kill before it has acknowledged anything proves nothing.
            before, until = len(told.seqs), time.monotonic() + START_SECONDS
            while len(told.seqs) == before and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, longest))
            service.kill()
            stop.set()
            for thread in threads:
                thread.join()
            each.append(len(told.seqs) - before)
            if not each[-1]:
                raise LibraryError("the service has acknowledged nothing", where=f"kill {number}")
            verify(library, told)
            print(f"kill {number}: {each[-1]} changes acknowledged, none lost", file=sys.stderr)
        return {
            "kills": kills,
            "workers": workers,
            "acknowledged": len(told.seqs),
            "acknowledged_before_each_kill": {"least": min(each), "median": sorted(each)[len(each) // 2]},
            "bookmarks": len(told.added),
            "searches": told.searches,
            "start_seconds": {
                "median": round(sorted(starts)[len(starts) // 2], 2),
                "most": round(max(starts), 2),
            },
        }


def _make(library: Path, settings: Settings) -> None:
    """A library with one bookmark, indexed with the encoder that the service has."""
    with Catalog.open(library, create=True) as catalog:
        catalog.upsert([Bookmark("Page première", "https://drill.example/")])
    build_generation(library, load_encoder(settings, quiet=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drill; print what was done as JSON."""
    parser = argparse.ArgumentParser(description="Kill the service while it is written to.")
    parser.add_argument("--kills", type=int, default=100, help="how often (100)")
    parser.add_argument("--workers", type=int, default=1, help="processes of the service (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(drill(max(1, options.kills), options.seed, options.workers), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
