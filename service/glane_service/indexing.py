"""``glane index`` in all its forms, and the build that other commands end with."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from glane_indexer.errors import GenerationError
from glane_indexer.settings import Settings
from glane_service.terminal import Progress, counted, print_json

if TYPE_CHECKING:
    from glane_indexer.bulk.taking import TakeReport
    from glane_indexer.encoder.base import Encoder
    from glane_indexer.index.build import IndexReport


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
