"""How many questions a second the service answers: ``python -m benchmarks.throughput``.

Eight and thirty-two clients that wait for their answers ask a service of one and of two workers, with
``--beside TREE`` another version in turn. Each answer is compared with the one that a client alone was
given: but for the time it took, it must be the same byte for byte.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

from benchmarks.drills.overload import at
from benchmarks.drills.running import Answer, Running, ask, get, service
from benchmarks.service import questions
from glane_indexer.errors import GlaneError

DIFFERENT = 200
_TOOK = re.compile(rb'"took_ms":[0-9.e-]+')


async def measure(running: Running, clients: int, seconds: float) -> tuple[list[Answer], int]:
    """The answers that so many clients get in this time, and how many are other than to one alone."""
    texts = questions(DIFFERENT)
    alone: dict[str, bytes] = {}
    for text in texts:
        alone[text] = _TOOK.sub(b"", (await ask(running, get(f"/api/search?q={quote(text)}"))).body)
    asked, found, other = itertools.cycle(texts), list[Answer](), 0
    end = time.monotonic() + seconds

    async def client() -> None:
        nonlocal other
        while time.monotonic() < end:
            text = next(asked)
            answer = await ask(running, get(f"/api/search?q={quote(text)}"))
            found.append(answer)
            other += answer.status == 200 and _TOOK.sub(b"", answer.body) != alone[text]

    await asyncio.gather(*(client() for _ in range(clients)))
    return found, other


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Measure throughput.")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (8)")
    parser.add_argument("--beside", type=Path, help="a checkout of another version, measured in turn")
    options = parser.parse_args()
    trees = (None, options.beside) if options.beside else (None,)
    print(
        f"{'version':<8} {'workers':>7} {'clients':>7} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} "
        f"{'refused':>8} {'broken':>7} {'other':>6} {'MB':>6}"
    )
    try:
        for workers, tree in itertools.product((1, 2), trees):
            with service(tree, workers=workers) as running:
                for clients in (8, 32):
                    found, other = asyncio.run(measure(running, clients, options.seconds))
                    done = [answer for answer in found if answer.status == 200]
                    refused = sum(answer.status == 503 for answer in found)
                    print(
                        f"{'here' if tree is None else 'beside':<8} {workers:7} {clients:7} "
                        f"{len(done) / options.seconds:9.1f} {at(0.5, done):8.1f} {at(0.99, done):8.1f} "
                        f"{refused:8} {len(found) - len(done) - refused:7} {other:6} "
                        f"{running.family_bytes() / 1e6:6.0f}",
                        flush=True,
                    )
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
