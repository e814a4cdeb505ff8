"""The report: one page, whole, well formed, and safe to open whatever the texts say."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from glane_eval.plots import differences_plot, latency_plot, reliability_plot
from glane_eval.reliability import measure
from glane_eval.report_data import Listed, Relevant, build_report, summarise
from glane_eval.report_html import render_report, write_report
from glane_eval.runs import from_rankings

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;"
VOID = {"meta", "link", "br", "input", "img"}


class Page(HTMLParser):
    """Collects the elements of a page, and fails on one that is closed out of turn."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


def data(text="question", title="Titre", name="keyword", **options):
    queries = {f"q{n}": f"{text} {n}" for n in range(12)}
    qrels = {query: {"d": 2, "e": 0} for query in queries} | {"none": {"d": 0}}
    runs = [
        from_rankings("hybrid", {query: ["d", "e", "f"] for query in queries}),
        from_rankings(name, {query: ["e", "d"] if n % 3 else ["f"] for n, query in enumerate(queries)}),
    ]
    options = {
        "latencies_ms": {"hybrid": [2.0, 5.0, 40.0], name: [0.0, 1.0]},
        "titles": {"d": title},
    } | options
    return build_report(text, "2025-01-01", queries, qrels, runs, **options)


def test_the_data():
    report = data(shown=5)
    assert (report.query_count, len(report.queries), report.unanswerable) == (13, 5, ("none",))
    assert report.modes[0].metrics["nDCG@10"].mean == pytest.approx(12 / 13)
    assert report.modes[1].recall[:2] == [0.0, pytest.approx(8 / 12)]
    assert [item.after_name for item in report.comparisons] == ["keyword"]
    # The worst answered first: the one that cannot be answered, then those of which one mode found nothing.
    assert [query.id for query in report.queries] == ["none", "q0", "q3", "q6", "q9"]
    assert report.queries[1].relevant == (Relevant("d", "Titre", 2, {"hybrid": 1, "keyword": None}),)
    assert report.queries[1].lists["hybrid"] == (
        Listed("d", "Titre", 2), Listed("e", "", 0), Listed("f", "", None),
    )  # fmt: skip


def test_percentiles():
    latency = summarise([float(number) for number in range(101)])
    assert (latency.p50, latency.p90, latency.p99) == (50.0, 90.0, 99.0)


def test_the_page_holds_tables_plots_and_every_query():
    page = Page(render_report(data(origin="held-out passages", notes={"encoder": "e5"})))
    text = "".join(page.text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("figure")) == len(page.all("svg")) == 4
    assert len([item for item in page.all("details") if item.get("class") == "query"]) == 13
    for words in (
        "held-out passages",
        "encoder: e5",
        "no relevant document: 1",
        "question 11",
        "✓ 2",
    ):
        assert words in text


def test_plots_have_titles_and_ids_stand_once():
    page = Page(render_report(data()))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for plot in page.all("svg"):
        assert plot["role"] == "img"
        assert set(plot["aria-labelledby"].split()) <= set(ids)
    for link in page.all("a"):
        assert link["href"].removeprefix("#") in ids


def test_nothing_is_fetched():
    page = Page(render_report(data()))
    assert [item.get("src") for item in page.all("script", "img", "iframe")] == [None]
    assert page.all("link") == [{"rel": "icon", "href": "data:,"}]
    assert not re.search(r"https?://|@import|url\(", render_report(data()))
    assert "default-src 'none'" in page.all("meta")[3]["content"]


def test_hostile_texts_stay_texts():
    calm = Page(render_report(data()))
    page = Page(render_report(data(HOSTILE, HOSTILE, HOSTILE, origin=HOSTILE, notes={HOSTILE: HOSTILE})))
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not page.all("img")
    assert page.all("details") == calm.all("details")
    assert "".join(page.text).count(HOSTILE) > 12 * 3


def test_one_mode_alone_and_no_times():
    report = build_report("set", "", {"q": "?"}, {"q": {"d": 1}}, [from_rankings("only", {"q": ["d"]})])
    page = Page(render_report(report))
    assert len(page.all("figure")) == 2
    assert "Comparisons" not in "".join(page.text)


def test_as_many_bars_as_queries_until_they_are_too_many():
    def bars(count):
        queries = [f"q{n}" for n in range(count)]
        runs = [
            from_rankings("a", {query: ["d"] for query in queries}),
            from_rankings("b", {query: ["x", "d"] for query in queries}),
        ]
        report = build_report(
            "set", "", {}, {query: {"d": 1} for query in queries}, runs, metrics=["MRR@10"]
        )
        return differences_plot(report.comparisons[0]).count("<rect")

    assert bars(1) == 1
    assert bars(30) == 30
    assert 300 < bars(1000) < 400


def test_the_file_is_the_page(tmp_path):
    report = data(title="half \ud800 a pair")
    write_report(tmp_path / "out" / "report.html", report)
    assert (tmp_path / "out" / "report.html").read_text("utf-8").rstrip("\n") == render_report(
        report
    ).rstrip("\n")


def test_the_last_label_of_a_scale_is_not_cut():
    plot = str(latency_plot(data(latencies_ms={"hybrid": [2.0, 900.0]}).modes))
    found = re.search(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle">1000 ms</text>', plot)
    # Seven letters of some seven units each, half of them after the middle of a drawing 440 wide.
    assert found is not None and float(found[1]) + 7 * 7.2 / 2 <= 440


def test_bars_of_reliability_are_as_high_as_the_share_that_is_right():
    found = measure([[(0.9, True), (0.9, True), (0.9, False), (0.9, True), (0.1, False)]])
    plot = str(reliability_plot(found))
    heights = [float(height) for height in re.findall(r'class="share"[^>]*height="([\d.]+)"', plot)]
    # Three of four are right, of 180 units; none is a line that can still be seen.
    assert heights == [0.6, 135.0]
    assert "4 results, 0.900 sure, 0.750 relevant" in plot
