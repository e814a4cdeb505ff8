"""What a library holds, and what its index was built from."""

from __future__ import annotations

from typing import Any

from glane_indexer.errors import CatalogError, GenerationError
from glane_indexer.settings import Settings


def library_status(settings: Settings) -> dict[str, Any]:
    """Counts of the catalog and facts of the current generation, as ``glane status --json`` shows them.

    ``generation`` and ``encoder`` are None, and what counts is 0, where there is no index yet; ``behind``
    says whether the catalog has changed since, ``damage`` what is wrong with its files, or "".
    ``superseded`` bookmarks lie in its ``segments`` until these are merged, as was done ``merges`` times.
    ``bytes`` are those of the whole folder.

    Raises:
        CatalogError: there is no library, or its catalog cannot be read.
    """
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.index.generation import Generation, current_name, read_manifest

    library = settings.library
    if not (library / "catalog.duckdb").exists():
        raise CatalogError(
            "there is no library here",
            where=str(library),
            hint="Run `glane import FILE`, or `glane demo`, or name the folder with --library",
        )
    with Catalog.open(library, read_only=True) as catalog:
        counts = catalog.counts()
        version = catalog.content_version()
    name = manifest = None
    damage = ""
    try:
        name = current_name(library)
        if name:
            manifest = read_manifest(library, name)
            Generation.open(library, name)
    except GenerationError as error:
        damage = str(error)
    return {
        **counts,
        "passages": manifest.passages if manifest else 0,
        "segments": len(manifest.members) if manifest else 0,
        "superseded": manifest.superseded if manifest else 0,
        "merges": manifest.merges if manifest else 0,
        "generation": name,
        "encoder": manifest.encoder.to_json() if manifest else None,
        "damage": damage,
        "behind": manifest is None or manifest.catalog_version != version,
        "bytes": sum(path.stat().st_size for path in library.rglob("*") if path.is_file()),
    }
