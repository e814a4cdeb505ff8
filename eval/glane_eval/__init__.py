"""Relevance evaluation of Glane; :mod:`glane_eval.api` documents these functions."""

from glane_eval.api import calibrate, compare, gate, make_set, report, run, tune

__all__ = ["calibrate", "compare", "gate", "make_set", "report", "run", "tune"]
