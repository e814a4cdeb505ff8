"""What the commands of ``glane`` do. Each takes its options and the settings, and gives an exit code."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glane_indexer.errors import QueryError, UsageError
from glane_indexer.settings import Settings
from glane_service.indexing import build, print_index
from glane_service.terminal import counted, print_json, print_results

# Results shown where nothing is likely to answer.
NEAREST = 3

if TYPE_CHECKING:
    from glane_service.search.query import Query


def search_command(options: Namespace, settings: Settings) -> int:
    """``glane search``: one question, answered as over HTTP."""
    from glane_service.live import LiveEngine
    from glane_service.search.results import NoSuchPageError, to_json

    try:
        query = _query(options)
    except QueryError as error:
        # Over HTTP the same is a 400: nothing was searched.
        raise UsageError(error.message, where=_typed(error.where), hint=error.hint) from None
    if not query.text.strip() and not query.filters.to_json() and query.sort != "date":
        raise UsageError(
            "the question is empty",
            hint="Ask something, or list bookmarks with a filter such as --tag or with --sort date",
        )
    live = LiveEngine(settings, follow=False)
    try:
        results = live.engine.search(query)
        nearest = None
        if not results.answered and results.more and not options.json:
            nearest = live.engine.search(replace(query, everything=True, page=1, per_page=NEAREST))
    except NoSuchPageError as error:
        raise QueryError(error.message, where=_typed(error.where), hint=error.hint) from None
    finally:
        live.close()
    if options.json:
        print_json(to_json(results))
    else:
        print_results(results, nearest)
    return 0


def serve_command(options: Namespace, settings: Settings) -> int:
    """``glane serve``: until it is stopped."""
    from glane_service.serve import run

    run(_addressed(options, settings), quiet=options.json)
    return 0


def demo_command(options: Namespace, settings: Settings) -> int:
    """``glane demo``: the sample library, made and served."""
    from glane_indexer.library.importing import import_bytes
    from glane_indexer.sample.judged import add_judgments
    from glane_indexer.sample.load import library_bytes

    imported = import_bytes(library_bytes(), settings.library, format="jsonl", name="sample")
    add_judgments(settings.library)
    indexed = build(settings, quiet=options.json)
    if options.json:
        print_json({"import": imported.to_json(), "index": indexed.to_json()})
    else:
        counts = imported.bookmarks
        print(f"The sample library in {settings.library} has {counted(counts.total, 'bookmark')}.")
        print_index(indexed)
    if options.no_serve:
        return 0
    return serve_command(options, settings)


def status_command(options: Namespace, settings: Settings) -> int:
    """``glane status``: counts of the catalog, and the generation in use."""
    from glane_indexer.library.status import library_status
    from glane_indexer.replication.status import follower_status

    status = follower_status(settings.library) or library_status(settings)
    if options.json:
        print_json(status)
        return 0
    encoder = status["encoder"]
    rows = [
        ("Library", str(settings.library)),
        ("Bookmarks", f"{status['bookmarks']} by {counted(status['contributors'], 'contributor')}"),
        ("Annotations", f"{status['annotations']}, and {counted(status['descriptions'], 'description')}"),
        *([("Follows", _followed(status["follow"]))] if "follow" in status else []),
        ("Generation", status["generation"] or "none: run `glane index`"),
        *([("Damage", status["damage"])] if status["damage"] else []),
        ("Passages", str(status["passages"])),
        (
            "Segments",
            f"{status['segments']}, with {counted(status['superseded'], 'superseded bookmark')}; "
            f"merged {counted(status['merges'], 'time')}",
        ),
        ("Encoder", f"{encoder['name']} ({encoder['fingerprint']})" if encoder else "none yet"),
        ("Size", f"{status['bytes'] / 1e6:.1f} MB"),
    ]
    for name, value in rows:
        print(f"{name:12} {value}")
    return 0


def _followed(follow: dict[str, Any]) -> str:
    """What a library follows, and how it stands to it, in one line."""
    lag = follow["lag_seconds"]
    since = "never yet like it" if lag is None else f"known to be like it {lag:.0f} s ago"
    said = f"; {follow['error']}" if follow["error"] else ""
    return f"{follow['source']}, up to change {follow['seq']}, {since}{said}"


def model_command(options: Namespace, settings: Settings) -> int:
    """``glane model``: prepare the encoder, show it, or take it to another machine."""
    from glane_indexer.encoder import packing, store
    from glane_indexer.encoder.load import load_encoder
    from glane_indexer.encoder.prepare import prepare
    from glane_indexer.encoder.url_encoder import is_url

    started = time.monotonic()
    if (options.action in ("pack", "unpack")) != (options.file is not None):
        raise UsageError("pack and unpack need a FILE, and nothing else does", where="glane model")
    if is_url(settings.model):
        if options.file is not None:
            raise UsageError("an encoder on a server is not taken anywhere", where=settings.model)
        shown: dict[str, object] = {**load_encoder(settings).info.to_json()}
    else:
        if options.action == "prepare":
            prepare(settings, force=options.force, quiet=options.json)
        elif options.action == "pack":
            packing.pack(settings, options.file)
        elif options.action == "unpack":
            packing.unpack(settings, options.file)
        prepared = store.read(store.folder_of(settings))
        if prepared is None:
            hint = "Run `glane model prepare`"
            raise UsageError("the encoder is not prepared yet", where=settings.model, hint=hint)
        shown = {
            **prepared.info.to_json(),
            "precision": prepared.precision,
            "runtime": prepared.runtime,
            "folder": str(store.folder_of(settings)),
            "seconds": round(time.monotonic() - started, 1),
        }
    if options.json:
        print_json(shown)
    else:
        for name, value in shown.items():
            print(f"{name:12} {value}")
    return 0


def box_command(options: Namespace, settings: Settings) -> int:
    """``glane box``: the lines to paste into a page."""
    from glane_service.box.snippet import snippet

    endpoint = (options.endpoint or settings.public_url).rstrip("/")
    if not endpoint:
        raise UsageError("the service's address is not known", hint="Name it, or set GLANE_PUBLIC_URL")
    text = snippet(endpoint)
    if options.json:
        print_json({"endpoint": endpoint, "snippet": text})
    else:
        print(text)
    return 0


def _query(options: Namespace) -> Query:
    """The search that the options of ``glane search`` name.

    Raises:
        QueryError: one of them is not acceptable.
    """
    from glane_service.search.query import FIELDS, Filters, Query, parse_day

    return Query(
        text=options.question,
        mode=options.mode,
        sort=options.sort,
        filters=Filters(
            kind=None if options.kind == "all" else options.kind,
            tags=tuple(options.tag),
            contributor=options.contributor,
            site=options.site,
            language=options.language,
            after=parse_day(options.after, "after") if options.after else None,
            before=parse_day(options.before, "before") if options.before else None,
        ),
        fields=tuple(filter(None, options.fields.split(","))) or FIELDS,
        page=options.page,
        per_page=options.per_page,
        view=options.view,
        everything=options.all,
        as_typed=options.as_typed,
    ).validated()


def _typed(parameter: str) -> str:
    """A parameter of a search as it is typed on the command line."""
    return "QUESTION" if parameter == "q" else f"--{parameter.replace('_', '-')}" if parameter else ""


def _addressed(options: Namespace, settings: Settings) -> Settings:
    """The settings with the address that the command line names."""
    for name in ("host", "port", "workers"):
        value = getattr(options, name, None)
        if value is None:
            continue
        if name != "host" and not 0 <= value < 65536:
            raise UsageError(f"{value} is not from 0 to 65535", where=f"--{name}")
        settings = replace(settings, **{name: value})
    if getattr(options, "follow", None):
        settings = replace(settings, follow=options.follow)
    return settings
