"""What an assistant gets, and how fast: ``python -m benchmarks.mcp``.

The SDK's own client asks ``glane mcp`` on its standard input and ``/mcp`` of a service over HTTP, in the
newest revision of the protocol and in the one before it. Every question is asked of the engine in this
process too, by turns, so that the difference is what the protocol costs; questions are all different. Each
quotation is looked up in the library at its offsets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from benchmarks.drills.processes import Service
from benchmarks.service import questions
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Bookmark
from glane_indexer.sample.load import library_bytes
from glane_indexer.settings import Settings
from glane_service.live import LiveEngine
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.quoting import estimated_tokens

RESULTS = 10
WARM_UP = 20
# Questions that the engine, then the client, asks at a stretch: what one still computes disturbs the other.
TURN = 20
BAR_MS = 5.0
PROTOCOLS = ("auto", "legacy")


@contextmanager
def over_stdio(library: Path) -> Iterator[Any]:
    """``glane mcp``, as an assistant starts it."""
    yield StdioServerParameters(
        command=sys.executable,
        args=["-m", "glane_service.cli", "mcp", "--library", str(library)],
        env=dict(os.environ),
    )


@contextmanager
def over_http(library: Path) -> Iterator[Any]:
    """A service's ``/mcp``."""
    service = Service(library)
    try:
        yield f"{service.address}/mcp"
    finally:
        service.kill()


async def measure(server: Any, protocol: str, engine: SearchEngine, asked: list[str]) -> dict[str, Any]:
    """The times of one client beside the engine's, and what its quotations are worth."""
    alone, over = list[float](), list[float]()
    quotes = wrong = unanswered = 0
    async with Client(server, mode=protocol) as client:
        _as_urgent()
        tools = (await client.list_tools()).tools
        described = "".join(tool.model_dump_json(by_alias=True, exclude_none=True) for tool in tools)
        for start in range(0, len(asked), TURN):
            turn = asked[start : start + TURN]
            for text in turn:
                alone.append(time.perf_counter())
                engine.search(Query(text, per_page=RESULTS).validated())
                alone[-1] = time.perf_counter() - alone[-1]
            for text in turn:
                over.append(time.perf_counter())
                result = await client.call_tool("search", {"query": text})
                over[-1] = time.perf_counter() - over[-1]
                document = result.structured_content or {}
                said = [item.text for item in result.content if isinstance(item, TextContent)]
                if result.is_error or [json.loads(text) for text in said] != [document]:
                    raise GlaneError(f"the tool answers otherwise: {result.content}", where=text)
                unanswered += not document["answered"]
                quotes += len(document["results"])
                wrong += sum(
                    not verbatim(engine.bookmark(item["id"]), item) for item in document["results"]
                )
        revision = client.protocol_version
    return {
        "protocol": revision,
        "tools": len(tools),
        "description_tokens": estimated_tokens(described),
        "questions": len(asked),
        "unanswered": unanswered,
        "quotes": quotes,
        "not_verbatim": wrong,
        "engine_p50_ms": round(_median_ms(alone), 2),
        "mcp_p50_ms": round(_median_ms(over), 2),
        "more_p50_ms": round(_median_ms(over) - _median_ms(alone), 2),
    }


def _median_ms(seconds: list[float]) -> float:
    """The median without the first ones, while all is new."""
    return statistics.median(seconds[WARM_UP:]) * 1000


def _as_urgent() -> None:
    """Give what this process has started its own share of the processors.

    Both transports start sessions of their own, and Linux weighs sessions against one another
    (``/proc/PID/autogroup``): a measurement that was made urgent would wait for servers that are not.
    """
    own = Path("/proc/self/autogroup")
    if not own.exists():
        return
    urgency = own.read_text().split()[-1]
    for children in Path("/proc/self/task").glob("*/children"):
        for child in children.read_text().split():
            with suppress(OSError):
                Path(f"/proc/{child}/autogroup").write_text(urgency)


def verbatim(bookmark: Bookmark, item: dict[str, Any]) -> bool:
    """Whether a quotation stands in its bookmark where it says."""
    texts = {"title": bookmark.title, "description": bookmark.description}
    for annotation in bookmark.annotations:
        if annotation.id == item["annotation_id"]:
            texts |= {"text": annotation.text, "note": annotation.note}
    return bool(item["quote"]) and texts[item["field"]][item["start"] : item["end"]] == item["quote"]


def main() -> int:
    """Print one line of JSON for each transport and protocol; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the library over MCP beside its engine.")
    parser.add_argument("--library", type=Path, help="one with an index (the sample, made for this)")
    parser.add_argument("--questions", type=int, default=200 + WARM_UP, help="how many (220)")
    options = parser.parse_args()
    missed = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            library = options.library or Path(folder) / "library"
            if options.library is None:
                import_bytes(library_bytes(), library, name="sample")
                build_generation(library, load_encoder(Settings.from_env(), quiet=True))
            live = LiveEngine(replace(Settings.from_env(), library=library), follow=False)
            asked = questions(options.questions)
            for transport in (over_stdio, over_http):
                for protocol in PROTOCOLS:
                    with transport(library) as server:
                        found = asyncio.run(measure(server, protocol, live.engine, asked))
                    print(json.dumps({"transport": transport.__name__, **found}), flush=True)
                    missed += found["not_verbatim"] > 0 or found["more_p50_ms"] > BAR_MS
            live.close()
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
