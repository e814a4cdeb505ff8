"""How fast large exports are imported, and in how much memory: ``python -m benchmarks.importing``.

Each file is imported by a process of its own, whose highest memory is told. ``--mutations 2000`` reads that
many damaged copies of each fixture of the tests instead, and tells what crashed or took too long.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from glane_indexer.errors import GlaneError
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source

WORDS = (
    "haie",
    "mur",
    "pierre",
    "merle",
    "grive",
    "baie",
    "commune",
    "métier",
    "données",
    "plan",
    "été",
    "gel",
)
LIMIT_SECONDS, LIMIT_MB = 60, 500
# A damaged file must not hang longer.
HANG_SECONDS = 5


def sentence(chance: random.Random, words: int) -> str:
    """Words in a row, with an accent now and then."""
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


def address(number: int) -> str:
    """The address of a page of one of a thousand sites."""
    return f"https://site{number % 997}.example/page/{number}"


def netscape(file: IO[str], count: int, chance: random.Random) -> None:
    """Bookmarks in folders, a third of them with a note."""
    file.write(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n"
    )
    for number in range(count):
        if number % 100 == 0:
            file.write(f"{'</DL><p>' if number else ''}\n<DT><H3>Folder {number // 100}</H3>\n<DL><p>\n")
        file.write(
            f'<DT><A HREF="{address(number)}?a=1&b=2" ADD_DATE="{1_300_000_000 + number}"'
            f' TAGS="{chance.choice(WORDS)},{chance.choice(WORDS)}">{sentence(chance, 7)}</A>\n'
        )
        if number % 3 == 0:
            file.write(f"<DD>{sentence(chance, 20)}\n")
    file.write("</DL><p>\n</DL><p>\n")


def diigo_csv(file: IO[str], count: int, chance: random.Random) -> None:
    """Bookmarks with two highlights each."""
    file.write("title,url,tags,description,comments,annotations,created_at\n")
    for number in range(count):
        cell = f"Highlight:{sentence(chance, 25)}\nHighlight:<b>{sentence(chance, 15)}</b>\n"
        file.write(
            f'"{sentence(chance, 7)}","{address(number)}","{chance.choice(WORDS)}",'
            f'"{sentence(chance, 10)}","","{cell}","2017-03-01 08:30:23"\n'
        )


def readwise_csv(file: IO[str], count: int, chance: random.Random) -> None:
    """Highlights of a tenth as many works."""
    file.write("Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,")
    file.write("Highlighted at,Document tags\n")
    for number in range(count):
        work = chance.randrange(count // 10 + 1)
        file.write(f'"{sentence(chance, 25)}",Work {work},Author {work % 500},,,,,offset,{number},')
        file.write("2026-06-22 10:34:42.964038+00:00,\n")


KINDS: dict[str, Callable[[IO[str], int, random.Random], None]] = {
    "netscape": netscape,
    "diigo-csv": diigo_csv,
    "readwise-csv": readwise_csv,
}


def measured(kind: str, count: int) -> dict[str, object]:
    """One import in a process of its own: seconds, megabytes, bookmarks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, kind)
        with path.open("w", encoding="utf-8") as file:
            KINDS[kind](file, count, random.Random(1))  # noqa: S311
        size = path.stat().st_size
        command = [
            sys.executable,
            "-m",
            "benchmarks.importing",
            "--file",
            str(path),
            "--library",
            f"{folder}/library",
        ]
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        seconds = time.monotonic() - started
    found = json.loads(done.stdout)
    within = seconds < LIMIT_SECONDS and found["megabytes"] < LIMIT_MB
    return {
        "kind": kind,
        "records": count,
        "file_mb": round(size / 1e6, 1),
        "seconds": round(seconds, 1),
        **found,
        "within": within,
    }


def imported(path: Path, library: Path) -> dict[str, object]:
    """Import a file here; the highest memory of this process."""
    from glane_indexer.library.importing import import_path

    report = import_path(path, library)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"megabytes": round(peak / 1024), "added": report.bookmarks.added}


def damaged(mutations: int, fixtures: Sequence[str] = ()) -> Iterator[dict[str, object]]:
    """For each fixture, the damaged copies that crashed a reader or took it too long."""
    from tests.indexer.importers.test_formats import FORMAT_OF, source
    from tests.support.mutations import mutated

    for name, format in FORMAT_OF.items():
        if fixtures and name not in fixtures:
            continue
        content = bytes(source(name).content)
        crashed: list[str] = []
        slowest = 0.0
        for seed in range(mutations):
            copy = mutated(content, seed)
            # Time at work: another process on the machine is no hang.
            started = time.process_time()
            for chosen in (format, "auto"):
                try:
                    for _ in read(Source(copy, name), chosen)[1]:
                        pass
                except GlaneError:
                    pass
                except Exception as error:
                    crashed.append(f"{seed} {chosen}: {type(error).__name__}: {error}"[:200])
            slowest = max(slowest, time.process_time() - started)
        within = not crashed and slowest < HANG_SECONDS
        yield {
            "fixture": name,
            "mutations": mutations,
            "slowest": round(slowest, 2),
            "crashed": crashed[:5],
            "within": within,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON object a line; 1 if anything is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="bookmarks or highlights in a file")
    parser.add_argument("--kind", choices=tuple(KINDS), action="append", help="default: all")
    parser.add_argument(
        "--mutations", type=int, default=0, help="damaged copies of each fixture to read instead"
    )
    parser.add_argument(
        "--fixture", action="append", default=[], help="only this one's copies; may be repeated"
    )
    parser.add_argument("--file", type=Path, help="import this file, and tell the memory")
    parser.add_argument("--library", type=Path)
    options = parser.parse_args(arguments)
    if options.file:
        print(json.dumps(imported(options.file, options.library)))
        return 0
    results = (
        damaged(options.mutations, options.fixture)
        if options.mutations
        else (measured(kind, options.count) for kind in options.kind or KINDS)
    )
    code = 0
    for result in results:
        print(json.dumps(result, ensure_ascii=False), flush=True)
        code = code if result["within"] else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
