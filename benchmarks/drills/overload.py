"""Asks five times what the service can answer, and sees who is answered, how soon, and what comes after.

``python -m benchmarks.drills.overload``: first eight clients that wait for their answers say what the
service can do; then requests arrive at five times that rate, whether it answers or not. Those that it
accepts must be answered soon, the others be told at once to come back, and two seconds after the last one
it must be as it was.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from benchmarks.drills.running import Answer, Running, ask, get, service
from benchmarks.service import questions
from glane_indexer.errors import GlaneError, ServiceError

CLIENTS = 8
# The bars: seconds at the 99th percentile, and until all is as before.
ACCEPTED_P99 = 0.5
REFUSED_P99 = 0.25
CALM_AFTER = 2.0
# Connections that may be open at once: past it the drill itself would be what is slow.
MOST_OPEN = 900


def requests() -> Iterator[bytes]:
    """Searches that are all different, again and again."""
    asked = questions(2000)
    return (get(f"/api/search?q={quote(text)}") for text in itertools.cycle(asked))


def at(share: float, answers: Sequence[Answer]) -> float:
    """The seconds within which this share of answers came, in milliseconds; 0 of none."""
    ordered = sorted(answer.seconds for answer in answers)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0


async def capacity(running: Running, seconds: float) -> tuple[float, list[Answer]]:
    """How many searches a second are answered to clients that wait, and those answers."""
    asked, answers = requests(), list[Answer]()
    end = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < end:
            answers.append(await ask(running, next(asked)))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    done = [answer for answer in answers if answer.status == 200]
    return len(done) / seconds, done


async def flood(running: Running, rate: float, seconds: float) -> tuple[list[Answer], int]:
    """The answers to requests that arrive at ``rate`` a second; and how many could not be sent."""
    asked, tasks, unsent = requests(), set[asyncio.Task[Answer]](), 0
    answers: list[Answer] = []

    def keep(task: asyncio.Task[Answer]) -> None:
        tasks.discard(task)
        answers.append(task.result())

    started = time.monotonic()
    for number in range(int(rate * seconds)):
        wait = started + number / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        if len(tasks) >= MOST_OPEN:
            unsent += 1
            # Even so the service's answers must be read.
            await asyncio.sleep(0)
            continue
        task = asyncio.create_task(ask(running, next(asked)))
        tasks.add(task)
        task.add_done_callback(keep)
    while tasks:
        await asyncio.wait(tasks)
        await asyncio.sleep(0)
    return answers, unsent


async def drill(running: Running, seconds: float, times: float) -> dict[str, Any]:
    """Everything measured; times are in milliseconds."""
    await capacity(running, 1)
    able, calm = await capacity(running, 5)
    before = running.resident_bytes()
    answers, unsent = await flood(running, times * able, seconds)
    await asyncio.sleep(CALM_AFTER)
    _, after = await capacity(running, 2)
    accepted = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status == 503]
    return {
        "capacity_per_second": round(able, 1),
        "asked_per_second": round(times * able, 1),
        "accepted": len(accepted),
        "accepted_per_second": round(len(accepted) / seconds, 1),
        "accepted_p50_ms": at(0.5, accepted),
        "accepted_p99_ms": at(0.99, accepted),
        "refused": len(refused),
        "refused_p50_ms": at(0.5, refused),
        "refused_p99_ms": at(0.99, refused),
        "refused_with_retry_after": sum("retry-after" in answer.head for answer in refused),
        "broken": len(answers) - len(accepted) - len(refused),
        "unsent": unsent,
        "calm_p50_ms": at(0.5, calm),
        "after_p50_ms": at(0.5, after),
        "grown_mb": round((running.resident_bytes() - before) / 1e6, 1),
    }


def broken_bars(found: dict[str, Any]) -> list[str]:
    """What of the bars was not held."""
    wrong = []
    if found["accepted_p99_ms"] > 1000 * ACCEPTED_P99:
        wrong.append(f"accepted requests took {found['accepted_p99_ms']} ms at the 99th percentile")
    if found["refused_p99_ms"] > 1000 * REFUSED_P99:
        wrong.append(f"refusals took {found['refused_p99_ms']} ms at the 99th percentile")
    if found["refused_with_retry_after"] < found["refused"] or not found["refused"]:
        wrong.append("a refusal did not say when to come back, or nothing was refused")
    if found["broken"]:
        wrong.append(f"{found['broken']} requests were neither answered nor refused")
    if found["after_p50_ms"] > 2 * found["calm_p50_ms"]:
        wrong.append(f"two seconds later searches took {found['after_p50_ms']} ms")
    return wrong


def main() -> int:
    """Run the drill; print what was measured as JSON."""
    parser = argparse.ArgumentParser(description="Ask for more than the service can answer.")
    parser.add_argument("--seconds", type=float, default=30, help="of the flood (30)")
    parser.add_argument("--times", type=float, default=5, help="what it can answer (5)")
    options = parser.parse_args()
    try:
        with service() as running:
            found = asyncio.run(drill(running, options.seconds, options.times))
        print(json.dumps(found, indent=2))
        wrong = broken_bars(found)
        if wrong:
            raise ServiceError("; ".join(wrong))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
