"""What a person sees on a terminal: bars on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from glane_service.search.results import Hit, Results

WIDTH = 100


class Progress:
    """A bar for each stage of a long piece of work; silent where stderr is not a terminal.

    Call it with a stage's name, how many are done, and how many there are (0: not known).
    """

    def __init__(self, unit: str, *, quiet: bool = False) -> None:
        self._unit = unit
        self._quiet = quiet or not sys.stderr.isatty()
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if self._quiet:
            return
        if stage != self._stage:
            from tqdm import tqdm

            self._close()
            self._stage = stage
            # A bar appears only when there is something to wait for.
            self._bar = tqdm(total=total or None, desc=stage, unit=f" {self._unit}", delay=1.0, leave=False)
        self._bar.update(done - self._bar.n)

    def clear(self) -> None:
        """Take the bar away, so that what is printed stands on a line of its own."""
        self._close()
        self._stage = ""

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_results(results: Results, nearest: Results | None = None) -> None:
    """Results as text: title, who and where, the passage with its matched words in bold.

    ``nearest`` is shown apart where nothing found is likely to answer.
    """
    for notice in results.notices:
        print(f"({notice.message})", file=sys.stderr)
    for item in results.corrections:
        print(f"({item.typed!r} is taken for {item.taken!r}; --as-typed leaves it)", file=sys.stderr)
    if nearest is not None:
        print("There is no good answer in this library. What is nearest:\n")
        for hit in nearest.hits:
            _print_hit(hit, bold=_styled())
        return
    if not results.hits:
        print("Nothing was found.")
        return
    first = results.hits[0].rank
    print(f"{first} - {first + len(results.hits) - 1} of {results.total}\n")
    for hit in results.hits:
        _print_hit(hit, bold=_styled())
    if results.more:
        print(f"{counted(results.more, 'less certain result')}; --all lists them.")


def _styled() -> Callable[[str], str]:
    if not sys.stdout.isatty():
        return lambda text: text
    return lambda text: f"\x1b[1m{text}\x1b[0m"


def _print_hit(hit: Hit, bold: Callable[[str], str]) -> None:
    bookmark = hit.bookmark
    print(f"{hit.rank:3d}. {bold(printable(bookmark.title))}")
    when = bookmark.created_at.date().isoformat() if bookmark.created_at else ""
    facts = [bookmark.contributor, bookmark.site, when, counted(len(bookmark.annotations), "annotation")]
    print("     " + " · ".join(printable(fact) for fact in facts if fact))
    text, place = "", 0
    for start, end in hit.passage.highlights:
        text += hit.passage.text[place:start] + bold(hit.passage.text[start:end])
        place = end
    text += hit.passage.text[place:]
    quoted = textwrap.fill(printable(text, keep="\x1b" if "\x1b[1m" in text else ""), WIDTH)
    print(textwrap.indent(quoted, "     "))
    # What the view shows beside the passage: some, or all.
    for annotation in hit.annotations:
        said = annotation.text if annotation.text else f"({annotation.note})"
        if annotation.id != hit.passage.annotation_id:
            print(textwrap.indent(textwrap.fill(printable(said), WIDTH - 2, initial_indent="- "), "     "))
    if bookmark.url:
        print(f"     {printable(bookmark.url)}")
    print()


def counted(count: int, noun: str) -> str:
    """A number and what it counts, in English: ``1 bookmark``, ``2 bookmarks``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def printable(text: str, keep: str = "") -> str:
    """A text without the control characters that could drive a terminal."""
    return "".join(char if char.isprintable() or char in keep else " " for char in text)
