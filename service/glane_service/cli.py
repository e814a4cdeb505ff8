"""The command ``glane``: what it understands. What the commands do is in :mod:`.commands`.

Nothing heavy is imported here, so that ``glane --help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from glane_indexer.settings import Settings
from glane_service.guard import guarded

FORMATS = ("auto", "diigo-text", "diigo-html", "diigo-csv", "jsonl", "beir")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 the work failed, 2 wrong usage."""
    options = build_parser().parse_args(arguments)

    def work() -> int:
        settings = Settings.from_env()
        if options.library is not None:
            settings = replace(settings, library=options.library)
        from glane_service import commands

        code: int = getattr(commands, options.function)(options, settings)
        return code

    return guarded("glane", work)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; also what the documentation is checked against."""
    parser = argparse.ArgumentParser(
        prog="glane",
        description="Ask a library of annotated bookmarks a question; get the passages that answer it.",
        epilog="Settings are GLANE_… variables in the environment; the README lists them.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--library", type=Path, metavar="DIR", help="the library (GLANE_LIBRARY, else ./library)"
    )
    shared.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, help: str, function: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=f"{help}.", parents=[shared])
        made.set_defaults(function=function or f"{name}_command")
        return made

    _import(command("import", "read bookmarks from files into the library"))
    _index(command("index", "build the index that searches are answered from"))
    _search(command("search", "ask the library a question"))
    ask = command("ask", "quote the passages that answer a question, or compose an answer from them")
    ask.add_argument("question")
    ask.add_argument("--answer", action="store_true", help="compose an answer (GLANE_CHAT_URL)")
    _serve(command("serve", "answer questions over HTTP, with a search page"))
    demo = command("demo", "make a library from the sample that comes with Glane, and serve it")
    demo.add_argument("--no-serve", action="store_true", help="only make it")
    _address(demo)
    command("mcp", "answer an assistant over the Model Context Protocol, on stdin and stdout")
    command("status", "show what the library and its index hold")
    export = command("export", "write all bookmarks as JSON lines, which `glane import` reads")
    export.add_argument("file", nargs="?", metavar="FILE", help="where to; standard output if left out")
    model = command("model", "prepare the encoder, or show which one is set")
    model.add_argument("action", choices=("prepare", "show"), nargs="?", default="show")
    model.add_argument("--force", action="store_true", help="make it anew even if it is ready")
    box = command("box", "print the lines that put the search box on a site")
    box.add_argument("endpoint", nargs="?", metavar="URL", help="the service (GLANE_PUBLIC_URL)")
    return parser


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=FORMATS, default="auto", help="default: by content")
    parser.add_argument("--strict", action="store_true", help="exit 1 if there was any problem")


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rollback", action="store_true", help="go back to the index before this one")
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


def _serve(parser: argparse.ArgumentParser) -> None:
    _address(parser)
    parser.add_argument("--workers", type=int, help="processes (GLANE_WORKERS)")


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (GLANE_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (GLANE_PORT)")


if __name__ == "__main__":
    sys.exit(main())
