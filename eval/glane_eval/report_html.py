"""The report: one HTML page that holds everything it shows, and asks the network for nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from glane_eval.files import write_lines
from glane_eval.plots import (
    differences_plot,
    latency_plot,
    metrics_plot,
    recall_plot,
    reliability_plot,
)
from glane_eval.report_data import ReportData

TEMPLATE = "report_page.html"


def render_report(data: ReportData) -> str:
    """The page as HTML; every text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    calibration = data.further.calibration
    environment.filters["p"] = _p_value
    page = environment.get_template(TEMPLATE).render(
        data=data,
        numbers={query.id: number for number, query in enumerate(data.queries, start=1)},
        texts={query.id: query.text for query in data.queries},
        metrics_plot=metrics_plot(data.modes, data.metrics) if data.modes else "",
        recall_plot=recall_plot(data.modes) if data.modes else "",
        latency_plot=latency_plot(data.modes) if any(mode.latency for mode in data.modes) else "",
        reliability_plot=reliability_plot(calibration) if calibration else "",
        differences_plots=[differences_plot(comparison) for comparison in data.comparisons],
    )
    # Half a surrogate pair, as a title may hold, cannot be written in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def write_report(path: Path, data: ReportData) -> None:
    """Write the page, all or nothing."""
    write_lines(path, [render_report(data)])


def _p_value(value: float) -> str:
    """A p value as papers print it."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
