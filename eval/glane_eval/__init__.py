"""Relevance evaluation of Glane; :mod:`glane_eval.api` documents these functions."""

from glane_eval.api import compare, gate, make_set, report, run, tune

__all__ = ["compare", "gate", "make_set", "report", "run", "tune"]
