"""Prepares a model in a process of its own, so that this one stays free of torch and of its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings


def run_apart(module: str, settings: Settings, model: str, *, quiet: bool) -> None:
    """Run a module that prepares a model and says on stdout, as JSON, what went wrong.

    Args:
        module: its name.
        settings: of which it is told what a model depends on.
        model: as the settings name it, for messages.

    Raises:
        EncoderError: it failed.
    """
    # Of the settings, only those that matter here: the caller may have changed others since.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GLANE_")}
    environment.update(
        GLANE_MODEL=settings.model,
        GLANE_RERANKER=settings.reranker,
        GLANE_PRECISION=settings.precision,
        GLANE_CACHE=str(settings.cache),
        GLANE_THREADS=str(settings.threads),
        PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
    )
    command = [sys.executable, "-m", module, *(["--quiet"] if quiet else [])]
    done = subprocess.run(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 0:
        return
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = {
            "message": f"preparing the model ended early, with exit code {done.returncode}",
            "where": model,
            "hint": "It needs 3 GB of memory and 2 GB of disk; then try again",
        }
    raise EncoderError(said["message"], where=said["where"], hint=said["hint"])
