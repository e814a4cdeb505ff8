"""The plots of ``docs/scale.md`` and ``docs/peers.md``: ``python -m benchmarks.plots``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
# Text stays text, and equal figures make equal files.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "glane", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402 - after the choice of what draws

# One colour a line, told apart in grey and by who does not see red from green.
COLOURS = ("#1b4f72", "#c0561a", "#4d7d3a", "#7a4a8c")


def draw_scale(lines: Path, out: Path) -> None:
    """Draw latency, building and memory over the number of passages, of the last line of each size.

    Args:
        lines: the JSON lines of :mod:`benchmarks.scale`.
        out: an SVG file.
    """
    found: dict[int, dict[str, Any]] = {}
    for line in lines.read_text("utf-8").splitlines():
        report = json.loads(line)
        found[report["passages"]] = report
    sizes = sorted(found)
    panels = (
        (
            "milliseconds of a processor, median",
            {
                "hybrid": [found[size]["hybrid_ms"]["cpu_p50"] for size in sizes],
                "words": [found[size]["keyword_ms"]["cpu_p50"] for size in sizes],
                "meaning": [found[size]["vector_ms"]["cpu_p50"] for size in sizes],
                "filtered to 1 %": [found[size]["filter_1_percent_ms"]["cpu_p50"] for size in sizes],
            },
        ),
        (
            "seconds of processors",
            {
                "building": [found[size]["build_cpu_s"] for size in sizes],
                "opening": [found[size]["open_cpu_s"] for size in sizes],
            },
        ),
        (
            "megabytes",
            {
                "building": [found[size]["build_rss_mb"] for size in sizes],
                "serving": [found[size]["serving_rss_mb"] for size in sizes],
                "index on disk": [found[size]["index_mb"] for size in sizes],
            },
        ),
    )
    figure, axes = plt.subplots(1, len(panels), figsize=(11, 3.4), layout="constrained")
    for axis, (title, curves) in zip(axes, panels, strict=True):
        for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
            axis.plot(sizes, values, marker="o", color=colour, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log" if "seconds" in title and "milli" not in title else "linear")
        axis.set_xlabel("passages")
        axis.set_title(title)
        axis.grid(visible=True, color="#dddddd")
        axis.legend(frameon=False)
    _save(figure, out)


def draw_peers(report: Path, out: Path) -> None:
    """Draw how long each engine takes beside how well it ranks.

    Args:
        report: the JSON document of :mod:`benchmarks.peers`.
        out: an SVG file.
    """
    engines = json.loads(report.read_text("utf-8"))["engines"]
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for place, (name, row) in enumerate(engines.items()):
        if "hybrid_p50_ms" not in row or "ndcg_at_10" not in row:
            continue
        axis.plot(row["hybrid_p50_ms"], row["ndcg_at_10"], "o", color=COLOURS[0 if not place else 1])
        axis.annotate(
            name, (row["hybrid_p50_ms"], row["ndcg_at_10"]), xytext=(6, 3), textcoords="offset points"
        )
    axis.set_xscale("log")
    axis.set_xlabel("both legs and their fusion, median milliseconds")
    axis.set_ylabel("nDCG@10")
    axis.grid(visible=True, color="#dddddd")
    _save(figure, out)


def _save(figure: Any, out: Path) -> None:
    figure.savefig(out, metadata={"Date": None})
    plt.close(figure)


def main() -> int:
    """Draw both plots from their figures."""
    parser = argparse.ArgumentParser(description="Draw the plots of the documentation.")
    parser.add_argument(
        "--scale", type=Path, default=Path("docs/scale.jsonl"), help="lines of benchmarks.scale"
    )
    parser.add_argument(
        "--peers", type=Path, default=Path("docs/peers.json"), help="document of benchmarks.peers"
    )
    options = parser.parse_args()
    for given, draw in ((options.scale, draw_scale), (options.peers, draw_peers)):
        if given.exists():
            draw(given, given.with_suffix(".svg"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
