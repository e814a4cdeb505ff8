"""The command ``glane``: what it understands. The work is in :mod:`.commands` and :mod:`.intake`.

Nothing heavy is imported here, so that ``glane --help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from glane_indexer.settings import Settings
from glane_service.guard import guarded
from glane_service.library_cli import add_commands
from glane_service.version import glane_version

FORMATS = ("auto", "diigo-text", "diigo-html", "diigo-csv", "jsonl", "beir")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 the work failed, 2 wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = build_parser().parse_args(given or ["start"])

    def work() -> int:
        settings = Settings.from_env()
        if options.library is not None:
            settings = replace(settings, library=options.library)
        module = import_module(f"glane_service.{options.module}")
        code: int = getattr(module, options.function)(options, settings)
        return code

    return guarded("glane", work)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; also what the documentation is checked against."""
    parser = argparse.ArgumentParser(
        prog="glane",
        description="Ask a library of annotated bookmarks a question; get the passages that answer it.",
        epilog="Settings are GLANE_… variables in the environment; docs/settings.md lists them.",
    )
    parser.add_argument("--version", action="version", version=f"glane {glane_version()}")
    shared = argparse.ArgumentParser(add_help=False)
    # Before the command and after it: the one after it, which has no default, wins where both are given.
    given: list[tuple[argparse.ArgumentParser, dict[str, Any]]] = [
        (parser, {}),
        (shared, {"default": argparse.SUPPRESS}),
    ]
    for place, missing in given:
        place.add_argument(
            "--library",
            type=Path,
            metavar="DIR",
            help="the library (GLANE_LIBRARY, else ./library)",
            **missing,
        )
        place.add_argument(
            "--json", action="store_true", help="print one JSON document and nothing else", **missing
        )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, help: str, module: str = "commands") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=f"{help}.", parents=[shared])
        made.set_defaults(module=module, function=f"{name}_command")
        return made

    command("start", "say what to do next; so does `glane` alone", "start")
    _import(command("import", "read bookmarks from files into the library", "intake"))
    command("imports", "list what was imported, and when", "intake")
    undo = command("undo", "take an import back, as if it had not been", "intake")
    undo.add_argument("import_id", metavar="IMPORT", help="its number, as `glane imports` shows it")
    _index(command("index", "build the index that searches are answered from", "indexing"))
    _search(command("search", "ask the library a question"))
    ask = command("ask", "quote the passages that answer, or compose an answer", "answers.command")
    ask.add_argument("question")
    ask.add_argument("--answer", action="store_true", help="compose an answer (GLANE_CHAT_URL)")
    _serve(command("serve", "answer questions over HTTP, with a search page"))
    demo = command("demo", "make a library from the sample that comes with Glane, and serve it")
    demo.add_argument("--no-serve", action="store_true", help="only make it")
    _address(demo)
    demo.add_argument("--workers", type=int, help="processes (GLANE_WORKERS)")
    publish = command(
        "publish", "fill a Qdrant server with the library's index (GLANE_ENGINE)", "publishing"
    )
    publish.add_argument("--rebuild", action="store_true", help="write everything anew")
    publish.add_argument("--shards", type=int, help="of new collections, and")
    publish.add_argument("--replicas", type=int, help="copies of each; as the server sets them")
    command(
        "mcp", "answer an assistant over the Model Context Protocol, on stdin and stdout", "mcp.command"
    )
    command("status", "show what the library and its index hold")
    watch = command("watch", "import what appears in a folder, and keep the index up with it", "intake")
    watch.add_argument("folder", type=Path, metavar="FOLDER")
    watch.add_argument("--once", action="store_true", help="take what is there now, and stop")
    _sync(command("sync", "bring the library up to what a live source has", "intake"))
    _export(command("export", "write the bookmarks to a file that `glane import` reads", "intake"))
    model = command("model", "prepare the encoder, show which one is set, or take it to another machine")
    model.add_argument("action", choices=("prepare", "show", "pack", "unpack"), nargs="?", default="show")
    model.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="what pack writes and unpack reads"
    )
    model.add_argument("--force", action="store_true", help="make it anew even if it is ready")
    box = command("box", "print the lines that put the search box on a site")
    box.add_argument("endpoint", nargs="?", metavar="URL", help="the service (GLANE_PUBLIC_URL)")
    add_commands(command)
    return parser


def _import(parser: argparse.ArgumentParser) -> None:
    from glane_indexer.importers.registry import AUTO, FORMATS

    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files, folders, archives; - is standard input"
    )
    parser.add_argument(
        "--format",
        choices=(AUTO, *FORMATS),
        default=AUTO,
        metavar="FORMAT",
        help=f"default: by content. One of {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--map",
        default="",
        metavar="NAME=COLUMN,…",
        help="which column of a table is the title, the url, …",
    )
    parser.add_argument(
        "--visibility",
        choices=("public", "private"),
        help="who may see the bookmarks; default: as each file says, public where it does not",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--strict", action="store_true", help="exit 1 if there was any problem")


def _sync(parser: argparse.ArgumentParser) -> None:
    from glane_indexer.library.sources.registry import SOURCES

    parser.add_argument(
        "source", metavar="NAME", choices=tuple(SOURCES), help=f"one of {', '.join(SOURCES)}"
    )
    parser.add_argument("--url", default="", help="of a feed, or of an instance of your own")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="has the token (else NAME_TOKEN in the environment)"
    )


def _export(parser: argparse.ArgumentParser) -> None:
    from glane_indexer.exporters.registry import EXPORTS

    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="where to; standard output if it is - or left out"
    )
    parser.add_argument("--format", choices=tuple(EXPORTS), default="jsonl", help="default: jsonl")
    parser.add_argument("--tag", action="append", default=[], help="may be repeated: all must be there")
    parser.add_argument("--by", default="", metavar="NAME", help="only this contributor's")
    parser.add_argument("--after", default="", metavar="DATE", help="2016, 2016-05 or 2016-05-03")


def _index(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--rollback", action="store_true", help="go back to the index before this one")
    instead.add_argument(
        "--shard", default="", metavar="I/N", help="only embed the I-th of N parts of the texts, into files"
    )
    instead.add_argument(
        "--take",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="take in what --shard wrote elsewhere",
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="where --shard writes (default: embeddings, in the library)"
    )
    parser.add_argument(
        "--force", action="store_true", help="build even if nothing changed, and pass the gate"
    )


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", help='in plain words; "…" a phrase, -word excludes, tag: by: site:')
    parser.add_argument("--mode", default="hybrid", choices=("hybrid", "keyword", "vector"))
    parser.add_argument("--sort", default="relevance", choices=("relevance", "date"))
    parser.add_argument("--kind", default="all", choices=("all", "bookmark", "topic"))
    parser.add_argument("--tag", action="append", default=[], help="may be repeated: all must be there")
    parser.add_argument("--contributor", default="")
    parser.add_argument("--site", default="")
    parser.add_argument("--language", default="", metavar="CODE")
    parser.add_argument("--after", default="", metavar="DATE", help="2016, 2016-05 or 2016-05-03")
    parser.add_argument("--before", default="", metavar="DATE")
    parser.add_argument(
        "--fields", default="", metavar="LIST", help="of title,tags,annotations,description,url"
    )
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--per-page", type=int, default=20)
    parser.add_argument("--view", default="simple", choices=("simple", "middle", "full"))
    parser.add_argument("--all", action="store_true", help="also what is unlikely to answer")
    parser.add_argument("--as-typed", action="store_true", help="take no word for another")


def _serve(parser: argparse.ArgumentParser) -> None:
    _address(parser)
    parser.add_argument("--workers", type=int, help="processes (GLANE_WORKERS)")
    parser.add_argument(
        "--follow", metavar="DIR|URL", help="copy another library and keep up with it (GLANE_FOLLOW)"
    )


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (GLANE_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (GLANE_PORT)")


if __name__ == "__main__":
    sys.exit(main())
