"""What the commands that change and keep a library understand.

What they do is in :mod:`.library_commands` and :mod:`.keeping_commands`.

Nothing heavy is imported here, so that ``glane --help`` answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from glane_service.access import ROLES

CHANGING, KEEPING = "library_commands", "keeping_commands"
_Command = Callable[[str, str], argparse.ArgumentParser]


def add_commands(command: _Command) -> None:
    """Add these commands to a parser, by ``command(name, help)``."""

    def made(name: str, help: str, module: str = CHANGING) -> argparse.ArgumentParser:
        parser = command(name, help)
        parser.set_defaults(module=module)
        return parser

    add = made("add", "add one bookmark")
    add.add_argument("url", metavar="URL")
    _fields(add)
    edit = made("edit", "change a bookmark; without options in $EDITOR")
    edit.add_argument("bookmark", metavar="BOOKMARK", help="its id or its url")
    edit.add_argument("--url", help="another address")
    _fields(edit)
    edit.add_argument("--public", action="store_true", help="everybody may see it")
    for name, help in (
        ("rm", "delete bookmarks"),
        ("purge", "delete bookmarks so that no file of the library has their text, and look that it is so"),
    ):
        parser = made(name, help)
        parser.add_argument("bookmarks", nargs="+", metavar="BOOKMARK", help="its id or its url")
    key = made("key", "add a key, list the keys, or revoke one")
    key.add_argument("action", choices=("add", "list", "revoke"))
    key.add_argument("name", nargs="?", default="", metavar="NAME", help="whose key it is")
    key.add_argument("--role", choices=ROLES, default="search", help="what it is for (search)")
    made("check", "see whether catalog, journal and index are whole and agree", KEEPING)
    made("repair", "put right what `glane check` finds, as far as it can be", KEEPING)
    made(
        "compact",
        "merge the index's segments and write the catalog anew, without what is superseded",
        KEEPING,
    )
    backup = made("backup", "copy the library into a new folder, while it is served", KEEPING)
    backup.add_argument("folder", type=Path, metavar="DEST")
    restore = made("restore", "put a backup in the place of the library", KEEPING)
    restore.add_argument("folder", type=Path, metavar="SOURCE")
    restore.add_argument(
        "--replace", action="store_true", help="where there is a library: put it aside, into itself"
    )


def _fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title")
    parser.add_argument("--description")
    parser.add_argument("--tag", action="append", help="may be repeated")
    parser.add_argument("--contributor", help="who adds it")
    parser.add_argument("--text", help="a passage of the page, as an annotation")
    parser.add_argument("--note", help="what you say of the passage, or of the page")
    parser.add_argument("--private", action="store_true", help="members alone may see it")
