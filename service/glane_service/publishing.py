"""``glane publish``: the library's current index, to the Qdrant server that the settings name."""

from __future__ import annotations

from argparse import Namespace

from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings
from glane_service.terminal import Progress, counted, print_json


def publish_command(options: Namespace, settings: Settings) -> int:
    """``glane publish``: what is new in the index, and then the switch to it."""
    from glane_indexer.index.qdrant.opening import connect
    from glane_indexer.index.qdrant.publishing import publish
    from glane_service.search.ranking.parameters import Parameters, library_parameters

    for name in ("shards", "replicas"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise UsageError(f"{value} is not 1 or more", where=f"--{name}")
    # What the library's settings leave to Glane is left to the Glane that serves it.
    defaults = Parameters().to_json()
    ranking = library_parameters(settings.library).to_json()
    store, names = connect(settings, shards=options.shards, replicas=options.replicas)
    try:
        with Progress("bookmarks", quiet=options.json) as progress:
            report = publish(
                settings.library,
                store,
                names.library,
                ranking={name: value for name, value in ranking.items() if value != defaults[name]},
                rebuild=options.rebuild,
                progress=progress,
            )
    finally:
        store.close()
    if options.json:
        print_json(report.to_json())
    elif report.unchanged:
        print(f"Generation {report.generation} is published already.")
    else:
        print(
            f"Generation {report.generation} is published: {counted(report.bookmarks, 'bookmark')}, "
            f"{report.written} written and {report.deleted} deleted, in {report.seconds:.1f} s"
        )
    return 0
