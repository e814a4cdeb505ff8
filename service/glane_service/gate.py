"""A library's own gate: a new generation answers only if the saved questions still find their answers.

The gate is named in the library's ``settings.json``::

    {"gate": {"dataset": "judgments", "baseline": "baseline.json", "max_drop": 0.01}}

Paths are relative to the library; a ``dataset`` of "" is the library's own judgments. The measuring is
``glane-eval gate``, run as a program of its own: the service does not depend on the evaluation.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glane_indexer.errors import GenerationError, LibraryError
from glane_indexer.settings import Settings
from glane_service.search.ranking.parameters import SETTINGS_FILE, read_settings


@dataclass(frozen=True, slots=True)
class Gate:
    """Which questions are asked, and how far their mean may drop."""

    dataset: Path
    baseline: Path
    max_drop: float


def gate_of(settings: Settings) -> Callable[[str], None] | None:
    """What a new generation of this library has to pass; None where its settings name no gate.

    The function raises :class:`GenerationError` where a generation does not pass.

    Raises:
        LibraryError: the settings name a gate that is not one.
    """
    gate = read_gate(settings.library)
    if gate is None:
        return None

    def accept(name: str) -> None:
        command = [sys.executable, "-m", "glane_eval.cli", "gate", str(gate.dataset)]
        command += ["--baseline", str(gate.baseline), "--max-drop", str(gate.max_drop)]
        command += ["--library", str(settings.library), "--generation", name]
        # What it measures goes to the terminal; stdout belongs to the report of the index.
        done = subprocess.run(command, stdout=sys.stderr.fileno(), check=False)  # noqa: S603
        if done.returncode:
            raise GenerationError(
                f"generation {name} did not pass the library's gate, and stays beside the one in use",
                where=str(settings.library),
                hint="The lines above say which questions fell; `glane index --force` takes it anyway",
            )

    return accept


def read_gate(library: Path) -> Gate | None:
    """The gate that a library's settings name.

    Raises:
        LibraryError: it is not complete, or not of the right types.
    """
    value = read_settings(library).get("gate")
    if value is None:
        return None
    where = f"{library / SETTINGS_FILE}: gate"
    if not isinstance(value, dict):
        raise LibraryError("this is not a JSON object", where=where)
    unknown = set(value) - {"dataset", "baseline", "max_drop"}
    dataset, baseline, drop = value.get("dataset", ""), value.get("baseline"), value.get("max_drop", 0.01)
    if unknown or not isinstance(dataset, str) or not isinstance(baseline, str) or not baseline:
        raise LibraryError(
            "a gate has a `baseline` file, and may have a `dataset` folder and a `max_drop`", where=where
        )
    if isinstance(drop, bool) or not isinstance(drop, (int, float)) or drop < 0:
        raise LibraryError(f"max_drop is {drop!r}, not a number of 0 or more", where=where)
    return Gate(library / dataset, library / baseline, float(drop))
