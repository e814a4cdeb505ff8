"""Changes a library while it is asked: ``python -m benchmarks.drills.changes``.

Eight clients ask the same few questions of a service, first for a while in which nothing changes, then
while a bookmark is added and taken away again every two seconds. No request may fail, all answers of one
generation to one question must be the same, and the slowest must stay near what they were.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from benchmarks.drills.overload import CLIENTS, at
from benchmarks.drills.running import Answer, Running, ask, get, post, service
from benchmarks.service import questions
from glane_indexer.errors import GlaneError, ServiceError

EVERY = 2.0
# How much slower than without changes the slowest may be.
SLOWER = 3.0
KEY = "drill-of-changes"
ADDED = {"title": "Le pangolin", "url": "https://drill.example.org/pangolin", "tags": ["pangolin"]}
# What differs between two answers of one generation.
OWN = ("took_ms", "seq")


async def under_way(running: Running, seconds: float, texts: list[str]) -> list[tuple[str, Answer]]:
    """What each question was answered, by clients that ask one after another."""
    asked, found = itertools.cycle(texts), list[tuple[str, Answer]]()
    end = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < end:
            text = next(asked)
            found.append((text, await ask(running, get(f"/api/search?q={quote(text)}"))))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return found


async def change(running: Running, until: float) -> list[int]:
    """Add a bookmark and take it away again, by turns; the statuses of these writes."""
    headers = {"Authorization": f"Bearer {KEY}", "Content_Type": "application/json"}
    statuses, id = [], ""
    while time.monotonic() < until:
        begun = time.monotonic()
        if id:
            request = post(f"/api/bookmarks/{id}", b"", **headers).replace(b"POST", b"DELETE", 1)
            answer, id = await ask(running, request), ""
        else:
            answer = await ask(running, post("/api/bookmarks", json.dumps(ADDED).encode(), **headers))
            id = json.loads(answer.body)["ids"][0] if answer.status == 202 else ""
        statuses.append(answer.status)
        await asyncio.sleep(max(0, begun + EVERY - time.monotonic()))
    return statuses


def mixed(found: list[tuple[str, Answer]]) -> int:
    """Answers that are not the one of their question and generation."""
    by_generation: dict[tuple[str, str], dict[str, Any]] = {}
    wrong = 0
    for text, answer in found:
        if answer.status != 200:
            continue
        document = {name: value for name, value in json.loads(answer.body).items() if name not in OWN}
        wrong += document != by_generation.setdefault((text, document["generation"]), document)
    return wrong


async def drill(running: Running, seconds: float) -> dict[str, Any]:
    """Everything measured; times are in milliseconds."""
    texts = [*questions(15), "pangolin"]
    await under_way(running, 2, texts)
    calm = await under_way(running, seconds / 3, texts)
    writes, busy = await asyncio.gather(
        change(running, time.monotonic() + seconds), under_way(running, seconds, texts)
    )
    generations = {json.loads(answer.body)["generation"] for _, answer in busy if answer.status == 200}
    return {
        "asked": len(busy),
        "failed": sum(answer.status != 200 for _, answer in busy),
        "mixed": mixed([*calm, *busy]),
        "changes": len(writes),
        "changes_failed": sum(status != 202 for status in writes),
        "generations": len(generations),
        "calm_p50_ms": at(0.5, [answer for _, answer in calm]),
        "calm_p99_ms": at(0.99, [answer for _, answer in calm]),
        "changing_p50_ms": at(0.5, [answer for _, answer in busy]),
        "changing_p99_ms": at(0.99, [answer for _, answer in busy]),
    }


def broken_bars(found: Mapping[str, Any]) -> list[str]:
    """What of the bars was not held."""
    wrong = [f"{found[name]} {name}" for name in ("failed", "mixed", "changes_failed") if found[name]]
    if found["changing_p99_ms"] > SLOWER * found["calm_p99_ms"]:
        wrong.append(f"answers took {found['changing_p99_ms']} ms at the 99th percentile")
    if found["generations"] < found["changes"] / 2:
        wrong.append(f"{found['changes']} changes made {found['generations']} generations")
    return wrong


def main() -> int:
    """Run the drill with one and two workers; print what was measured as JSON."""
    parser = argparse.ArgumentParser(description="Change a library while it is asked.")
    parser.add_argument("--seconds", type=float, default=60, help="of changes (60)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="processes (1 2)")
    options = parser.parse_args()
    wrong = []
    try:
        for workers in options.workers:
            with service(workers=workers, variables={"GLANE_ADMIN_KEY": KEY}) as running:
                found = asyncio.run(drill(running, options.seconds))
            print(json.dumps({"workers": workers, **found}, indent=2))
            wrong += [f"{workers} workers: {what}" for what in broken_bars(found)]
        if wrong:
            raise ServiceError("; ".join(wrong))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
