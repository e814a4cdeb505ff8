"""``glane start``: what to do next, from an empty folder to a page that answers."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from pathlib import Path

from glane_indexer.settings import Settings
from glane_service.terminal import counted, print_json, printable

# Where each service or program hides its export, by what the names of its formats begin with.
WHERE: dict[str, tuple[str, str]] = {
    "diigo": ("Diigo", "Tools › Export › CSV, or a group page saved from the browser"),
    "netscape": ("A browser", "its bookmark manager › Export, which gives bookmarks.html"),
    "raindrop": ("Raindrop.io", "Settings › Backups › CSV"),
    "pinboard": ("Pinboard", "Settings › Backup › JSON"),
    "pocket": ("Pocket", "the file it sent when it closed: a zip with CSV files, or ril_export.html"),
    "instapaper": ("Instapaper", "Settings › Export › CSV"),
    "readwise": ("Readwise", "Export › CSV"),
    "hypothesis": ("Hypothes.is", "the sidebar › Share › Export › JSON"),
    "linkding": ("linkding", "Settings › General › Export"),
    "wallabag": ("wallabag", "a list of entries › Download › JSON"),
    "omnivore": ("Omnivore", "the zip of its export"),
    "zotero": ("Zotero", "File › Export Library › Zotero RDF or CSL JSON"),
    "kindle": ("Kindle", "My Clippings.txt on the device"),
    "jsonl": ("Another Glane", "glane export FILE"),
}
FOUND = 8
_NAMED = re.compile(
    r"bookmark|signet|favori|diigo|pocket|ril_export|raindrop|pinboard|instapaper|readwise|hypothes"
    r"|linkding|wallabag|omnivore|zotero|clippings|highlight|annotation|export",
    re.IGNORECASE,
)
_SUFFIXES = frozenset((".csv", ".html", ".htm", ".json", ".jsonl", ".txt", ".xml", ".opml", ".zip", ".rdf"))


def start_command(options: Namespace, settings: Settings) -> int:
    """``glane start``: says where the library stands, and which command comes next."""
    state, facts = _state(settings)
    files = exports_near(Path.cwd()) if state == "none" else []
    follows = _next(state, files, settings)
    if options.json:
        print_json({"library": str(settings.library), "state": state, "next": follows})
        return 0
    print(facts)
    if state == "none":
        _print_sources()
        if files:
            print("\nThese files look like exports:\n")
            for path in files:
                print(f"  {printable(str(path))}")
    print("\nNext:\n")
    for command, about in follows:
        print(f"  {command:<44} {about}")
    return 0


def exports_near(folder: Path) -> list[Path]:
    """The files in a folder, and in the reader's downloads, whose names are those of exports."""
    found = []
    for place in dict.fromkeys((folder, Path.home() / "Downloads", Path.home() / "Téléchargements")):
        try:
            names = sorted(place.iterdir())
        except OSError:
            continue
        found += [
            path.relative_to(folder) if path.is_relative_to(folder) else path
            for path in names
            if path.suffix.lower() in _SUFFIXES and _NAMED.search(path.name) and path.is_file()
        ]
    return found[:FOUND]


def _state(settings: Settings) -> tuple[str, str]:
    """How far the library is, ``none``, ``imported``, ``behind`` or ``ready``, and that in a sentence."""
    from glane_indexer.library.status import library_status
    from glane_indexer.replication.state import FOLLOWER

    library = settings.library
    if (library / FOLLOWER).exists():
        return "ready", f"The library in {library} is a copy that follows another; it is changed there."
    if not (library / "catalog.duckdb").exists():
        return "none", f"There is no library in {library} yet."
    status = library_status(settings)
    held = f"The library in {library} holds {counted(status['bookmarks'], 'bookmark')}"
    if status["generation"] is None:
        return "imported", f"{held} and has no index yet."
    if status["behind"]:
        return "behind", f"{held}; its index is older than they are."
    return "ready", f"{held}, and its index is up to date."


def _next(state: str, files: list[Path], settings: Settings) -> list[tuple[str, str]]:
    """The commands that come next, each with what it does."""
    named = (
        "" if settings.library == Path("library") else f" --library {shlex.quote(str(settings.library))}"
    )
    file = shlex.quote(str(files[0])) if files else "FILE"
    take = (f"glane import {file}{named}", "take up bookmarks; the format is told by the content")
    index = (f"glane index{named}", "build the index; the first time it prepares the encoder")
    serve = (f"glane serve{named}", "open the page on http://127.0.0.1:8000/")
    if state == "none":
        return [take, index, serve, ("glane demo", "or look around in a small sample first")]
    if state in ("imported", "behind"):
        return [index, serve]
    return [serve, (f"glane search{named} QUESTION", "or ask here")]


def _print_sources() -> None:
    from glane_indexer.importers.registry import FORMATS

    print("\nBookmarks and highlights are taken up from files. Where they are found:\n")
    for prefix, (name, place) in WHERE.items():
        if any(known.startswith(prefix) for known in FORMATS):
            print(f"  {name:<16} {place}")
