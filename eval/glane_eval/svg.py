"""The parts that plots are drawn of, as SVG; every text is escaped."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from markupsafe import Markup

WIDTH = 440
# Narrow enough that the letters stay legible on a telephone, where a plot is about 360 pixels wide.
LEFT, RIGHT = 84, 24
INNER = WIDTH - LEFT - RIGHT
COLOURS = 6
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "1 4")
_SHAPES = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M-4-4h8v8h-8z",
    "M0-5l5 9h-10z",
    "M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z",
    "M-5-4h10l-5 9z",
    "M-5-2h3v-3h4v3h3v4h-3v3h-4v-3h-3z",
)
_ROW = 18
_NAME_LETTERS = 30
# The width of a letter at the size of plots, at most on average.
_LETTER = 7.6


def svg(height: float, title: str, description: str, content: Iterable[Markup]) -> Markup:
    """A drawing :data:`WIDTH` units wide, with the title and description that a screen reader says."""
    # Titles tell the plots of a page apart, and equal reports come out equal.
    name = f"plot-{zlib.crc32(title.encode('utf-8', 'replace')):08x}"
    return Markup(
        '<svg viewBox="0 0 {} {:.0f}" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>'
    ).format(WIDTH, height, name, name, name, title, name, description, Markup("").join(content))


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line of a kind that the page's style knows (``axis``, ``grid``, ``whisker``, …)."""
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def text(x: float, y: float, content: str, anchor: str = "start") -> Markup:
    """A line of text from, around (``middle``) or up to (``end``) a point on its base line."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, content)


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A filled rectangle."""
    return Markup('<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>').format(
        kind, x, y, width, height
    )


def shape(number: int, x: float, y: float) -> Markup:
    """The mark of a series: circle, square, triangle, diamond, triangle down, cross."""
    return Markup('<path transform="translate({:.1f} {:.1f})" d="{}"/>').format(
        x, y, _SHAPES[number % len(_SHAPES)]
    )


def across(share: float) -> float:
    """The x of a share (0 to 1) of the inner width."""
    return LEFT + INNER * share


def tick(x: float, top: float, base: float, label: str) -> Markup:
    """A line of the grid from top to base, and its label below, which ends within the drawing."""
    middle = min(x, WIDTH - len(label) * _LETTER / 2)
    return line(x, top, x, base, "grid") + text(middle, base + 16, label, anchor="middle")


def short(name: str) -> str:
    """A name that fits into a plot."""
    return name if len(name) <= _NAME_LETTERS else name[: _NAME_LETTERS - 1] + "…"


def legend(names: Sequence[str], *, dashed: bool) -> tuple[Markup, float]:
    """The names with the shape, or the dash, of their series; and how high that is."""
    rows = []
    for number, name in enumerate(names):
        y = 6 + number * _ROW
        dash = Markup('<line class="line" stroke-dasharray="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            DASHES[number % COLOURS], LEFT, y + 4, LEFT + 30, y + 4
        )
        mark = dash if dashed else shape(number, LEFT + 15, y + 4)
        rows.append(
            Markup('<g class="c{}">{}</g>').format(number % COLOURS, mark)
            + text(LEFT + 38, y + 9, short(name))
        )
    return Markup("").join(rows), 12.0 + _ROW * len(names)
