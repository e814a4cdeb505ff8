"""The plots of a report, as SVG that stands in the page: no script, no font, no network.

Colours come from the page's style (classes ``c0`` to ``c5``), so they follow its light and dark mode.
What tells series apart is never colour alone: shapes, dashes and labels do as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from glane_eval.comparison import Comparison
from glane_eval.reliability import Reliability
from glane_eval.report_data import Latency, ModeReport
from glane_eval.svg import (
    COLOURS,
    DASHES,
    INNER,
    LEFT,
    RIGHT,
    WIDTH,
    across,
    legend,
    line,
    rect,
    shape,
    short,
    svg,
    text,
    tick,
)

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_HEIGHT = 180
_BINS = 40
# The logarithmic scale begins at a microsecond: a time of 0 has no place on it.
_SHORTEST_MS = 0.001


def differences_plot(comparison: Comparison) -> Markup:
    """One bar a query, from the furthest rise to the furthest fall.

    Where there are more queries than units of width, a bar is the mean of neighbours.
    """
    values = sorted(comparison.differences.values(), reverse=True)
    heights = [float(part.mean()) for part in np.array_split(np.array(values), min(len(values), INNER))]
    limit = max(0.05, *(abs(height) for height in heights))
    step = INNER / len(heights)
    middle, half = 100, 85
    scale = [
        line(LEFT, y, WIDTH - RIGHT, y, "grid" if value else "axis")
        + text(LEFT - 6, y + 4, f"{value:+.2f}" if value else "0", anchor="end")
        for value, y in ((limit, middle - half), (0.0, middle), (-limit, middle + half))
    ]
    bars = [
        rect(
            LEFT + place * step,
            middle - max(height, 0.0) / limit * half,
            max(step * 0.9, 0.6),
            abs(height) / limit * half,
            "up" if height > 0 else "down",
        )
        for place, height in enumerate(heights)
        if height
    ]
    under = [
        text(LEFT, 204, f"{comparison.wins} better"),
        text(WIDTH - RIGHT, 204, f"{comparison.losses} worse", anchor="end"),
    ]
    return svg(
        212,
        f"{comparison.metric} by query: {comparison.after_name} against {comparison.before_name}",
        f"Sorted differences. {comparison.wins} queries are better, {comparison.ties} equal and "
        f"{comparison.losses} worse; the mean difference is {comparison.difference:+.3f}.",
        [*scale, *bars, *under],
    )


def metrics_plot(modes: Sequence[ModeReport], metrics: Sequence[str]) -> Markup:
    """A row a metric and mode: a shape at the mean, a line over its 95 % interval; from 0 to 1."""
    names, top = legend([mode.name for mode in modes], dashed=False)
    parts = [names]
    y = top
    for metric in metrics:
        parts.append(text(LEFT - 8, y + 7 * len(modes) + 5, metric, anchor="end"))
        for number, mode in enumerate(modes):
            y += 14
            estimate = mode.metrics[metric]
            spoken = (
                f"{mode.name}, {metric}: {estimate.mean:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
            )
            whisker = line(across(estimate.low), y, across(estimate.high), y, "whisker")
            parts.append(
                Markup('<g class="c{}"><title>{}</title>{}{}</g>').format(
                    number % COLOURS, spoken, whisker, shape(number, across(estimate.mean), y)
                )
            )
        y += 12
    ticks = [tick(across(share), top, y, f"{share:g}") for share in _SHARES]
    summary = "; ".join(
        f"{mode.name}: {', '.join(f'{metric} {mode.metrics[metric].mean:.3f}' for metric in metrics)}"
        for mode in modes
    )
    return svg(y + 22, "Metrics by mode, with 95 % intervals", f"{summary}.", [*ticks, *parts])


def recall_plot(modes: Sequence[ModeReport]) -> Markup:
    """Recall after 1 to 100 documents, a line a mode; the depth is on a logarithmic scale."""
    depth = max(2, *(len(mode.recall) for mode in modes))
    names, top = legend([mode.name for mode in modes], dashed=True)
    base = top + _HEIGHT
    steps = [rank for rank in (1, 2, 5, 10, 20, 50, 100) if rank <= depth]
    places = [across(math.log(rank) / math.log(depth)) for rank in range(1, depth + 1)]
    ticks = [tick(places[rank - 1], top, base, str(rank)) for rank in steps]
    shares = [
        line(LEFT, base - _HEIGHT * share, WIDTH - RIGHT, base - _HEIGHT * share, "grid")
        + text(LEFT - 8, base - _HEIGHT * share + 4, f"{share:g}", anchor="end")
        for share in _SHARES
    ]
    lines = [
        Markup('<polyline class="line c{}" stroke-dasharray="{}" points="{}"/>').format(
            number % COLOURS,
            DASHES[number % COLOURS],
            " ".join(
                f"{x:.1f},{base - _HEIGHT * value:.1f}"
                for x, value in zip(places, mode.recall, strict=False)
            ),
        )
        for number, mode in enumerate(modes)
    ]
    summary = "; ".join(
        f"{mode.name}: "
        + ", ".join(f"{mode.recall[rank - 1]:.3f} at {rank}" for rank in steps if rank <= len(mode.recall))
        for mode in modes
    )
    return svg(
        base + 22,
        "Recall by depth",
        f"Share of the relevant documents found. {summary}.",
        [*ticks, *shares, names, *lines],
    )


def latency_plot(modes: Sequence[ModeReport]) -> Markup:
    """How the times of each mode are spread, on a logarithmic scale, with the 50th and 99th percentile.

    At least one of the modes must have been timed.
    """
    measured = [
        (number, mode.name, mode.latency) for number, mode in enumerate(modes) if mode.latency is not None
    ]
    powers = [[_power(time) for time in latency.times_ms] for _, _, latency in measured]
    low = math.floor(min(map(min, powers)))
    high = max(math.ceil(max(map(max, powers))), low + 1)
    parts: list[Markup] = []
    base = 0.0
    for (number, name, latency), values in zip(measured, powers, strict=True):
        base += 76
        bars = _spread(values, low, high, base)
        parts += [
            text(LEFT, base - 56, f"{short(name)}: {_percentiles(latency)}"),
            Markup('<g class="c{} spread">{}</g>').format(number % COLOURS, bars),
            line(LEFT, base, WIDTH - RIGHT, base, "axis"),
        ]
        for time, kind in ((latency.p50, "p50"), (latency.p99, "p99")):
            x = across((_power(time) - low) / (high - low))
            parts.append(line(x, base - 50, x, base, kind))
    ticks = [
        tick(across((power - low) / (high - low)), 26, base, f"{10.0**power:g} ms")
        for power in range(low, high + 1)
    ]
    summary = "; ".join(f"{name}: {_percentiles(latency)}" for _, name, latency in measured)
    return svg(base + 22, "Latency by mode", f"{summary}.", [*ticks, *parts])


def reliability_plot(found: Reliability) -> Markup:
    """A bar a bin of confidence, as high as the share of its results that are relevant.

    Where confidence is calibrated the bars end on the diagonal; the more results a bin holds, the darker.
    """
    base = 12.0 + _HEIGHT
    shares = [
        line(LEFT, base - _HEIGHT * share, WIDTH - RIGHT, base - _HEIGHT * share, "grid")
        + text(LEFT - 8, base - _HEIGHT * share + 4, f"{share:g}", anchor="end")
        for share in _SHARES
    ]
    ticks = [tick(across(share), 12.0, base, f"{share:g}") for share in _SHARES]
    most = max(part.count for part in found.bins)
    bars = [
        Markup('<g class="c0" opacity="{:.2f}"><title>{}</title>{}</g>').format(
            0.3 + 0.7 * part.count / most,
            f"{part.low:.2f} to {part.high:.2f}: {part.count} results, {part.confidence:.3f} sure, "
            f"{part.relevant:.3f} relevant",
            rect(
                across(part.low),
                base - _HEIGHT * part.relevant,
                across(part.high) - across(part.low) - 1,
                max(_HEIGHT * part.relevant, 0.6),
                "share",
            ),
        )
        for part in found.bins
    ]
    diagonal = Markup('<g class="c1">{}</g>').format(
        line(across(0), base, across(1), base - _HEIGHT, "whisker")
    )
    summary = "; ".join(f"{part.confidence:.2f}: {part.relevant:.2f}" for part in found.bins)
    return svg(
        base + 22,
        "Reliability of the confidences",
        f"Share of relevant results by confidence. {summary}.",
        [*shares, *ticks, *bars, diagonal],
    )


def _spread(powers: Sequence[float], low: int, high: int, base: float) -> Markup:
    """The histogram of the powers of ten, standing on the base line."""
    counts, edges = np.histogram(powers, _BINS, (low, high))
    return Markup("").join(
        rect(
            across((start - low) / (high - low)),
            base - 46 * count / counts.max(),
            across((end - start) / (high - low)) - LEFT,
            46 * count / counts.max(),
            "bin",
        )
        for (start, end), count in zip(pairwise(edges), counts, strict=True)
        if count
    )


def _power(time_ms: float) -> float:
    return math.log10(max(time_ms, _SHORTEST_MS))


def _percentiles(latency: Latency) -> str:
    return f"p50 {latency.p50:.3g} ms, p99 {latency.p99:.3g} ms"
