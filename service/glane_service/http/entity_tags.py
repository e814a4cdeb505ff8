"""What an answer is of: a tag that is the same as long as the answer is, whichever worker gives it.

An engine never changes, so the generation, the ranking and the query say what is answered. The tag is weak
(RFC 9110, 8.8.1): answers that are the same for their readers differ in the time they took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

from glane_service.search.query import Query
from glane_service.version import glane_version

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine


def tag_of(engine: SearchEngine, query: Query) -> str:
    """The tag of an engine's answer; "" where it may be another one the next time.

    A reranker orders what it can within its time, and what answers from elsewhere may change by itself.
    """
    if not engine.identity or engine.reranking is not None:
        return ""
    facts = (glane_version(), engine.identity, engine.encoder.info.fingerprint, engine.parameters, query)
    return f'W/"{xxhash.xxh3_128_hexdigest(repr(facts).encode("utf-8", "replace"))}"'


def is_known(tag: str, header: str) -> bool:
    """Whether ``If-None-Match`` names this tag, compared weakly."""
    if not tag or not header:
        return False
    opaque = tag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") in (opaque, "*") for part in header.split(","))
