"""The page's accent colour: an operator's own, made legible on light and on dark paper (pure)."""

from __future__ import annotations

import re

from glane_indexer.errors import UsageError

Rgb = tuple[float, float, float]
# The two papers of ``static/glane.css``, and the contrast that WCAG 2.2 AA asks of text.
LIGHT_PAPER = "#faf8f3"
DARK_PAPER = "#191816"
CONTRAST = 4.6
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def accent_css(color: str) -> str:
    """Rules that make ``color`` the accent, darkened on light paper and lightened on dark.

    Raises:
        UsageError: it is not written as ``#rrggbb``.
    """
    if not _HEX.fullmatch(color):
        raise UsageError(f"{color!r} is not a colour", where="GLANE_SITE_COLOR", hint="Write it as #1f6f54")
    light, dark = legible(color, LIGHT_PAPER), legible(color, DARK_PAPER)
    # The button's letters are paper on the accent, so one contrast serves both.
    return f":root{{--accent:{light}}}@media (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"


def legible(color: str, paper: str) -> str:
    """The colour nearest to ``color`` on its way to black or white that is legible on ``paper``."""
    rgb, ground = _parse(color), _parse(paper)
    target: Rgb = (0.0, 0.0, 0.0) if luminance(ground) > 0.18 else (1.0, 1.0, 1.0)
    for step in range(101):
        share = step / 100
        mixed = (
            rgb[0] + (target[0] - rgb[0]) * share,
            rgb[1] + (target[1] - rgb[1]) * share,
            rgb[2] + (target[2] - rgb[2]) * share,
        )
        if contrast(mixed, ground) >= CONTRAST:
            return _hex(mixed)
    return _hex(target)


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of WCAG, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(rgb: Rgb) -> float:
    """The relative luminance of WCAG, from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parse(color: str) -> Rgb:
    digits = color[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    # Rounded away from the paper would need its direction; CONTRAST leaves room for the rounding.
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
