"""What the commands of ``glane`` do. Each takes its options and the settings, and gives an exit code."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glane_indexer.errors import GenerationError, QueryError, UsageError
from glane_indexer.settings import Settings
from glane_service.terminal import Progress, counted, print_json, print_results

# Results shown where nothing is likely to answer.
NEAREST = 3

if TYPE_CHECKING:
    from glane_indexer.bulk.taking import TakeReport
    from glane_indexer.encoder.base import Encoder
    from glane_indexer.index.build import IndexReport
    from glane_service.search.query import Query


def index_command(options: Namespace, settings: Settings) -> int:
    """``glane index``: a new generation, or the one before."""
    if options.rollback:
        from glane_indexer.index.generation import rollback

        name = rollback(settings.library)
        if options.json:
            print_json({"generation": name})
        else:
            print(f"The index is generation {name} again.")
        return 0
    if options.shard:
        return _embed_shard(options, settings)
    taken = _take(options, settings) if options.take else None
    report = build(settings, quiet=options.json, force=options.force)
    if options.json:
        print_json({**report.to_json(), **({"taken": taken.to_json()} if taken else {})})
    else:
        print_index(report)
    return 0


def _embed_shard(options: Namespace, settings: Settings) -> int:
    """``glane index --shard``: files of embeddings, and nothing in the library."""
    from glane_indexer.bulk.embedding import embed_shard
    from glane_indexer.bulk.shards import Shard
    from glane_indexer.encoder.load import load_encoder

    shard = Shard.parse(options.shard)
    _require_catalog(settings)
    encoder = load_encoder(settings, quiet=options.json, for_indexing=True)
    folder = options.to or settings.library / "embeddings"
    with Progress("texts", quiet=options.json) as progress:
        report = embed_shard(settings.library, encoder, shard, folder, progress=progress)
    if options.json:
        print_json(report.to_json())
    else:
        print(
            f"Shard {report.shard} has {counted(report.texts, 'text')}; {report.embedded} embedded now, in "
            f"{counted(report.files, 'file')} in {report.folder}, {report.seconds:.1f} s"
        )
    return 0


def _take(options: Namespace, settings: Settings) -> TakeReport:
    """``glane index --take``: what was embedded elsewhere, into the catalog."""
    from glane_indexer.bulk.taking import take
    from glane_indexer.encoder.load import load_encoder

    _require_catalog(settings)
    # On the CPU: the index is compared with the encoder that will answer questions.
    encoder = load_encoder(settings, quiet=options.json)
    report = take(settings.library, encoder, options.take)
    if not options.json:
        print(
            f"{counted(report.embeddings, 'embedding')} in {counted(report.files, 'file')}; "
            f"{report.new} were new."
        )
    return report


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


def passage_encoder(settings: Settings) -> Encoder:
    """The encoder of passages, for a few of them."""
    from glane_indexer.encoder.load import load_encoder

    return load_encoder(settings, quiet=True)


def build(settings: Settings, *, quiet: bool, force: bool = False) -> IndexReport:
    """Build the index, with a bar; raises as :func:`glane_indexer.index.build.build_generation` does."""
    from glane_indexer.encoder.load import load_encoder
    from glane_indexer.index.build import build_generation
    from glane_service.gate import gate_of

    _require_catalog(settings)
    encoder = load_encoder(settings, quiet=quiet, for_indexing=True)
    accept = None if force else gate_of(settings)
    with Progress("passages", quiet=quiet) as progress:
        return build_generation(settings.library, encoder, progress=progress, force=force, accept=accept)


def _require_catalog(settings: Settings) -> None:
    if not (settings.library / "catalog.duckdb").exists():
        raise GenerationError(
            "there is no library here to index",
            where=str(settings.library),
            hint="Run `glane import FILE` first, or name the folder with --library",
        )


def print_index(report: IndexReport) -> None:
    """What a build did, in one line."""
    speed = f" ({report.passages_per_second:.0f} a second)" if report.embedded else ""
    # Whole bookmarks are embedded beside their passages, so these can be more than those.
    print(
        f"Generation {report.generation}: {counted(report.passages, 'passage')}; "
        f"{counted(report.embedded, 'new text')} embedded{speed}, {report.seconds:.1f} s in all"
    )
