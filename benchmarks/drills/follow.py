"""Follows a library that changes: two read-only servers, one of which is killed and started again.

``python -m benchmarks.drills.follow``: a minute of changes, one a second, each of three bookmarks and a
new one. Every answer of a follower must be of one state: all three as one change has left them, and that
change the one that its ``seq`` names. Printed are how far the followers were behind, and the bytes that
went through a proxy before them beside the bytes of the segments that the changes have made, before merges.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.drills.processes import Service
from benchmarks.drills.proxy import Proxy
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError, LibraryError
from glane_indexer.importers import jsonl
from glane_indexer.index import generation
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import library_bytes
from glane_indexer.settings import Settings
from glane_service.keys import KeyRing

RINGS = ("ring-a", "ring-b", "ring-c")
QUESTION = {"q": "ronde", "mode": "keyword", "contributor": "drill", "all": "true"}
LOOK_SECONDS = 0.1
CAUGHT_UP_SECONDS = 90.0
# The bars: seconds behind the writer's own answers, and bytes moved for each byte changed.
MOST_BEHIND, MOST_MOVED = 2.0, 3.0


@dataclass
class Seen:
    """What one server has answered: when it first knew each change, and how many answers were whole."""

    first: dict[int, float] = field(default_factory=dict)
    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    last: int = 0


@dataclass
class Changes:
    """What has been acknowledged: of each number when, and which turn of the ring it was."""

    at: dict[int, float] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)


def look(address: str, seen: Seen, changes: Changes, stop: threading.Event) -> None:
    """Ask until the end, or until the server is gone, and see that each answer is of one state."""
    seen.last = 0
    with httpx.Client(base_url=address, timeout=10) as client:
        while not stop.is_set():
            try:
                answer = client.get("/api/search", params=QUESTION)
            except httpx.TimeoutException:
                continue
            except httpx.HTTPError:
                return
            now = time.monotonic()
            if answer.status_code != 200:
                continue
            document = answer.json()
            seq = int(document["seq"])
            titles = [item["bookmark"]["title"] for item in document["results"]]
            turns = {int(title.rsplit(" ", 1)[1]) for title in titles}
            seen.answers += 1
            for known in range(seen.last + 1, seq + 1):
                seen.first.setdefault(known, now)
            if len(titles) != len(RINGS) or len(turns) != 1:
                seen.wrong.append(f"change {seq}: {titles}")
            # One that is not acknowledged yet may be known already.
            elif seq in changes.turns and turns != {changes.turns[seq]}:
                seen.wrong.append(f"change {seq} is turn {changes.turns[seq]}, and {titles} were answered")
            elif seq < seen.last:
                seen.wrong.append(f"change {seq} was answered after change {seen.last}")
            seen.last = max(seen.last, seq)
            stop.wait(LOOK_SECONDS)


@dataclass
class Sizes:
    """Bytes of the segments that changes have made, and of those that merges have."""

    changed: int = 0
    merged: int = 0


def measure(library: Path, sizes: Sizes, stop: threading.Event) -> None:
    """Watch the writer's generations as they come."""
    name = generation.current_name(library)
    assert name is not None
    known = generation.read_manifest(library, name)
    while not stop.wait(0.004):
        with suppress(GlaneError):
            newest = generation.names(library)[-1]
            if newest == name:
                continue
            manifest = generation.read_manifest(library, newest)
            before = {member.file for member in known.members}
            new = sum(member.file.size for member in manifest.members if member.file not in before)
            if manifest.seq > known.seq:
                sizes.changed += new
            else:
                sizes.merged += new
            name, known = newest, manifest


def drill(seconds: int) -> dict[str, Any]:
    """Change a library for so many seconds while two servers follow it.

    Raises:
        LibraryError: an answer was mixed, or a follower did not catch up.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        library = _make(root / "library")
        write = {"Authorization": f"Bearer {KeyRing(library).add('drill', 'write')[1]}"}
        key = KeyRing(library).add("followers", "follow")[1]
        writer = Service(library, 1)
        started, stop = [writer], threading.Event()
        try:
            proxies = [Proxy(writer.address) for _ in range(2)]
            copies = [root / "copy-a", root / "copy-b"]

            def start(number: int) -> Service:
                made = Service(
                    copies[number],
                    arguments=("--follow", proxies[number].address),
                    variables={"GLANE_FOLLOW_KEY": key},
                )
                started.append(made)
                return made

            followers = [start(0), start(1)]
            first = [proxy.moved for proxy in proxies]
            changes, sizes = Changes(), Sizes()
            seen = [Seen(), Seen(), Seen(), Seen()]
            addresses = (writer.address, followers[0].address, followers[1].address)
            threads = [
                threading.Thread(target=look, args=(address, own, changes, stop))
                for address, own in zip(addresses, seen, strict=False)
            ]
            threads.append(threading.Thread(target=measure, args=(library, sizes, stop)))
            for thread in threads:
                thread.start()
            begun = time.monotonic()
            restarted_at = 0.0
            with httpx.Client(base_url=writer.address, headers=write, timeout=30) as client:
                for turn in range(1, seconds + 1):
                    _change(client, turn, changes)
                    if turn == seconds // 3:
                        followers[1].kill()
                    if turn == seconds // 3 + 5:
                        # In a thread of its own, so that changes go on.
                        restarted_at = time.monotonic()
                        thread = threading.Thread(
                            target=lambda: look(start(1).address, seen[3], changes, stop)
                        )
                        thread.start()
                        threads.append(thread)
                    time.sleep(max(0.0, begun + turn - time.monotonic()))
            last = max(changes.at)
            until = time.monotonic() + CAUGHT_UP_SECONDS
            while min(seen[0].last, seen[1].last, seen[3].last) < last and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(0.5)
            stop.set()
            for thread in threads:
                thread.join()
        finally:
            stop.set()
            for service in started:
                service.kill()
        wrong = [item for own in seen for item in own.wrong]
        if wrong:
            raise LibraryError(f"{len(wrong)} answers were mixed: {wrong[0]}")
        if min(seen[1].last, seen[3].last) < last:
            known = ", ".join(str(own.last) for own in seen)
            raise LibraryError(f"the writer and the followers know changes {known} of {last}")
        moved = [proxy.moved - before for proxy, before in zip(proxies, first, strict=True)]
        ratios = [round(bytes / sizes.changed, 2) for bytes in moved]
        back = min(moment for moment in seen[3].first.values())
        caught = [seq for seq in seen[3].first if changes.at.get(seq, 0) > back]
        behind = [
            _behind(seen[1], seen[0], changes.at),
            _behind(seen[2], seen[0], [seq for seq in seen[2].first if seq in changes.at]),
            _behind(seen[3], seen[0], caught),
        ]
        return {
            "changes": len(changes.at),
            "answers": {"writer": seen[0].answers, "followers": sum(own.answers for own in seen[1:])},
            "mixed": 0,
            "seconds_behind_the_writer": dict(zip(("a", "b", "b again"), behind, strict=True)),
            "seconds_from_restart_to_answer": round(back - restarted_at, 2),
            "seconds_from_acknowledged_to_answered": {
                "writer": _summary([seen[0].first[seq] - at for seq, at in changes.at.items()]),
                "a": _summary([seen[1].first[seq] - at for seq, at in changes.at.items()]),
            },
            "bytes": {"changed": sizes.changed, "merged": sizes.merged, "moved": moved},
            "moved_for_each_changed": ratios,
            "holds": {
                "at most 2 s behind": all(item["most"] <= MOST_BEHIND for item in behind),
                "at most 3 bytes moved for each changed": max(ratios) <= MOST_MOVED,
            },
        }


def _behind(own: Seen, writer: Seen, seqs: Any) -> dict[str, float]:
    return _summary([max(0.0, own.first[seq] - writer.first[seq]) for seq in seqs])


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    return {
        "changes": len(values),
        "median": round(ordered[len(ordered) // 2], 2),
        "most": round(ordered[-1], 2),
    }


def _change(client: httpx.Client, turn: int, changes: Changes) -> None:
    answer = client.post("/api/bookmarks", json=_records(turn))
    if answer.status_code != 202:
        raise LibraryError(f"a change was not taken: {answer.status_code} {answer.text[:200]}")
    seq = int(answer.json()["seq"])
    changes.turns[seq], changes.at[seq] = turn, time.monotonic()


def _records(turn: int) -> list[dict[str, Any]]:
    """One change: the ring a turn on, and a bookmark that is new and stays."""
    ring = [{"id": id, "title": _title(id, turn), "contributor": "drill", "language": "fr"} for id in RINGS]
    text = f"Au tour {turn}, la main passe au suivant, qui dit ce qu’il a vu, et non ce qu’il en pense."
    new = {"id": f"new-{turn}", "title": f"Carnet, page {turn}", "annotations": [{"text": text}]}
    return [*ring, {**new, "contributor": "scribe", "language": "fr"}]


def _title(id: str, turn: int) -> str:
    return f"La ronde {id[-1]}, tour {turn}"


def _make(library: Path) -> Path:
    ring = [jsonl.dump(Bookmark(_title(id, 0), id=id, contributor="drill")) for id in RINGS]
    import_bytes("\n".join(ring).encode(), library, format="jsonl", name="drill")
    few = b"\n".join(re.split(rb"\n", library_bytes())[:40])
    import_bytes(few, library, format="jsonl", name="sample")
    build_generation(library, load_encoder(Settings.from_env(), quiet=True))
    return library


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drill; print what was measured as JSON. 1 where a bar does not hold."""
    parser = argparse.ArgumentParser(description="Follow a library that changes.")
    parser.add_argument("--seconds", type=int, default=60, help="of changes, one a second (60)")
    options = parser.parse_args(arguments)
    try:
        found = drill(max(12, options.seconds))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(found, indent=2))
    return 0 if all(found["holds"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
