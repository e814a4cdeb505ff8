"""Attacks a running service in the ways that are known, and sees that it answers everybody else meanwhile.

``python -m benchmarks.drills.attack``: each attack is a request, or many, that must get no answer it should
not get; after each the service must be alive and answer a search, within a second.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.drills.running import Running, ask, get, post, service
from glane_indexer.errors import GlaneError, ServiceError

KEY = "drill key"
SOON = 1.0
Attack = Callable[[Running], Awaitable[dict[str, Any]]]


async def abandoned_batches(running: Running) -> dict[str, Any]:
    """Forty-five InstantSearch batches of 60 KB, sent and closed at once."""
    values = [f"tags:etiquette-{number}" for number in range(3000)]
    body = json.dumps({"requests": [{"params": {"query": "travail", "facetFilters": [values]}}]}).encode()

    async def send() -> None:
        _, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(post("/api/instantsearch", body))
        await writer.drain()
        writer.close()

    await asyncio.gather(*(send() for _ in range(45)))
    return {"bytes_each": len(body)}


async def abandoned_searches(running: Running) -> dict[str, Any]:
    """Three hundred searches, sent and closed at once."""

    async def send(number: int) -> None:
        _, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(get(f"/api/search?q=travail+{number}"))
        await writer.drain()
        writer.close()

    await asyncio.gather(*(send(number) for number in range(300)))
    return {}


async def amplification(running: Running) -> dict[str, Any]:
    """A small request that asks for a large answer: long marks, many hits, often."""
    params = {"query": "le la les de", "hitsPerPage": 100, "highlightPreTag": "<" + "a" * 20_000}
    long = await ask(running, post("/api/instantsearch", _batch(params)))
    del params["highlightPreTag"]
    many = await ask(running, post("/api/instantsearch", _batch(*[params] * 20)))
    # The most that is answered: ten times a hundred hits.
    most = await ask(running, post("/api/instantsearch", _batch(*[params] * 10)))
    _expect("long marks", long.status, 400)
    _expect("twenty pages of a hundred hits", many.status, 400)
    _expect("ten pages of a hundred hits", most.status, 200, 400)
    if len(most.body) > 9_000_000:
        raise ServiceError(f"one request is answered with {len(most.body)} bytes")
    return {"largest_answer_bytes": len(most.body)}


async def other_sites(running: Running) -> dict[str, Any]:
    """A form on another site, sent with the credentials that the judge's browser keeps."""
    basic = "Basic " + base64.b64encode(f"Ana:{KEY}".encode()).decode()
    form = {"Content_Type": "application/x-www-form-urlencoded", "Authorization": basic}
    statuses = []
    for headers in (
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        for path in ("/judge/questions", "/judge", "/judge/undo", "/feedback"):
            answer = await ask(running, post(path, b"questions=planted", **form, **headers))
            statuses.append(answer.status)
    _expect("forms of other sites", *sorted(set(statuses)), 403)
    for key in ("", "wrong", KEY + "x", KEY[:-1]):
        tried = "Basic " + base64.b64encode(f"Ana:{key}".encode()).decode()
        answer = await ask(running, post("/judge/undo", b"", Authorization=tried))
        _expect("a wrong key", answer.status, 401)
    return {"refused": len(statuses)}


async def odd_requests(running: Running) -> dict[str, Any]:
    """Paths, methods, heads and encodings that no browser sends."""
    odd = {
        "a way up": get("/static/..%2f..%2f..%2fetc%2fpasswd"),
        "a plain way up": get("/static/../../../../etc/passwd"),
        "a null byte": get("/bookmarks/%00"),
        "broken UTF-8": get("/api/search?q=%ff%fe"),
        "an unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "a method that traces": b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "no HTTP": b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n",
        "a long address": get("/" + "a" * 200_000),
        "a long header": b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        "two lengths": b"POST /api/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        b"Content-Length: 5\r\nConnection: close\r\n\r\nabcde",
        "a length and chunks": b"POST /api/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "a body too large": post("/api/instantsearch", b" " * 300_000),
        "a body announced too large": b"POST /api/instantsearch HTTP/1.1\r\nHost: a\r\n"
        b"Content-Length: 99999999999\r\n\r\n",
        "JSON without a bottom": post("/api/instantsearch", b"[" * 200_000),
        "a year that is none": post("/api/instantsearch", _batch({"facetFilters": ["year:²"]})),
    }
    statuses = {}
    for name, request in odd.items():
        answer = await ask(running, request)
        statuses[name] = answer.status
        if answer.status >= 500 or b"root:" in answer.body or b"Traceback" in answer.body:
            raise ServiceError(f"{name} is answered with {answer.status}: {answer.body[:200]!r}")
    return statuses


async def held_connections(running: Running) -> dict[str, Any]:
    """A thousand connections that say nothing, a hundred slow heads, a hundred bodies that do not come."""
    slow = b"GET / HTTP/1.1\r\nX-Slow: "
    waiting = b"POST /api/instantsearch HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"
    writers = []
    for head in [b""] * 1000 + [slow] * 100 + [waiting] * 100:
        _, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(head)
        writers.append(writer)
    worst = 0.0
    for number in range(20):
        answer = await ask(running, get(f"/api/search?q=un+autre+travail+{number}"))
        _expect("a search beside 1,200 connections", answer.status, 200)
        worst = max(worst, answer.seconds)
    for writer in writers:
        writer.close()
    return {"connections": len(writers), "worst_search_ms": round(worst * 1000, 1)}


ATTACKS: dict[str, Attack] = {
    "abandoned_batches": abandoned_batches,
    "abandoned_searches": abandoned_searches,
    "amplification": amplification,
    "other_sites": other_sites,
    "odd_requests": odd_requests,
    "held_connections": held_connections,
}


async def drill(running: Running) -> dict[str, Any]:
    """Every attack, and how soon the service answered others after it (milliseconds).

    Raises:
        ServiceError: something got through, or the service did not answer in time.
    """
    found: dict[str, Any] = {}
    for name, attack in ATTACKS.items():
        result = await attack(running)
        started = time.monotonic()
        alive = await ask(running, get("/healthz"))
        search = await ask(running, get("/api/search?q=travail"))
        while search.status == 503 and time.monotonic() - started < SOON:
            await asyncio.sleep(0.05)
            search = await ask(running, get("/api/search?q=travail"))
        seconds = time.monotonic() - started
        found[name] = {
            **result,
            "alive_ms": round(alive.seconds * 1000, 1),
            "search_ms": round(seconds * 1000, 1),
        }
        _expect(f"/healthz after {name}", alive.status, 200)
        _expect(f"a search after {name}", search.status, 200)
        if seconds > SOON:
            raise ServiceError(f"after {name} a search took {seconds:.1f} s")
    return found


def _batch(*params: dict[str, Any]) -> bytes:
    return json.dumps({"requests": [{"indexName": "glane", "params": one} for one in params]}).encode()


def _expect(what: str, status: int, *allowed: int) -> None:
    if status not in allowed:
        raise ServiceError(f"{what} is answered with {status}, not {' or '.join(map(str, allowed))}")


def main() -> int:
    """Run the drill; print what was measured as JSON."""
    parser = argparse.ArgumentParser(description="Attack a service in the ways that are known.")
    parser.parse_args()
    settings = {
        "GLANE_JUDGE": "1",
        "GLANE_ADMIN_KEY": KEY,
        "GLANE_FEEDBACK": "1",
        "GLANE_CORS_ORIGINS": "*",
    }
    try:
        with service(variables=settings) as running:
            print(json.dumps(asyncio.run(drill(running)), indent=2))
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
