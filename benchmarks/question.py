"""Where the time of a question goes, stage by stage: ``python -m benchmarks.question``.

A service on the sample library is asked over HTTP by one client, each question once, so that no cache of
questions could help; with ``--beside TREE`` (a checkout of another version) each is asked of that one
as well, in the same moment, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from benchmarks.drills.running import Running, service
from benchmarks.service import questions
from glane_indexer.errors import GlaneError

WARM_UP = 30
_STAGE = re.compile(r"([a-z]+);dur=([0-9.]+)")


@dataclass(slots=True)
class Asked:
    """One service, and the milliseconds of each question: by stage, in all, and of its page."""

    running: Running
    client: http.client.HTTPConnection = field(init=False)
    times: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = http.client.HTTPConnection(self.running.host, self.running.port, timeout=60)

    def ask(self, text: str, *, counts: bool) -> None:
        """Ask one question of the API, and the same of the page."""
        taken, head, body = self._get(f"/api/search?q={quote(text)}", "application/json")
        page, _, _ = self._get(f"/?q={quote(text)}", "text/html")
        if not counts:
            return
        stages = {name: float(value) for name, value in _STAGE.findall(head)}
        inside = float(json.loads(body)["took_ms"])
        found = {**stages, "engine": inside, "http": taken - inside, "all": taken, "page": page}
        if "encoder" in stages:
            found["all but the encoder"] = taken - stages["encoder"]
        for name, value in found.items():
            self.times.setdefault(name, []).append(value)

    def _get(self, path: str, accept: str) -> tuple[float, str, bytes]:
        begun = time.perf_counter()
        self.client.request("GET", path, headers={"Accept": accept})
        response = self.client.getresponse()
        body = response.read()
        return (time.perf_counter() - begun) * 1000, response.headers.get("Server-Timing", ""), body


def at(times: Sequence[float], share: float) -> float:
    """The time within which this share of them lies."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def table(here: Asked, beside: Asked | None) -> str:
    """The milliseconds of each stage: p50, p99, and p50 of the other version with the ratio."""
    lines = [f"{'ms':<20} {'p50':>8} {'p99':>8}" + (f" {'beside':>8} {'ratio':>6}" if beside else "")]
    for name, times in here.times.items():
        line = f"{name:<20} {at(times, 0.5):8.2f} {at(times, 0.99):8.2f}"
        other = beside.times.get(name) if beside else None
        if other:
            line += f" {at(other, 0.5):8.2f} {at(times, 0.5) / at(other, 0.5):6.2f}"
        lines.append(line)
    return "\n".join(lines)


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Measure a question stage by stage.")
    parser.add_argument("--questions", type=int, default=500, help="how many (500)")
    parser.add_argument("--beside", type=Path, help="a checkout of another version, asked in turn")
    options = parser.parse_args()
    try:
        with ExitStack() as stack:
            here = Asked(stack.enter_context(service()))
            beside = Asked(stack.enter_context(service(tree=options.beside))) if options.beside else None
            for number, text in enumerate(questions(options.questions + WARM_UP)):
                for asked in (here, beside) if number % 2 else (beside, here):
                    if asked is not None:
                        asked.ask(text, counts=number >= WARM_UP)
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(table(here, beside))
    return 0


if __name__ == "__main__":
    sys.exit(main())
