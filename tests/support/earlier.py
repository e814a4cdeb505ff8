"""Libraries that earlier versions of Glane have written, as they were."""

from __future__ import annotations

import tarfile
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"


def version_01(folder: Path) -> Path:
    """A library of version 0.1 (schema 1): thirteen bookmarks of two imports, a judgment, and an index.

    It was made by commit 93ca751 with the encoder of :mod:`tests.support.hashed`; its
    ``export.jsonl`` is what that version's ``glane export`` wrote.
    """
    with tarfile.open(FIXTURES / "library-0.1.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "library"
