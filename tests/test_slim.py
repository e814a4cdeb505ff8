"""The slim install: what it leaves out, and that everything works without it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from glane_indexer.settings import Settings
from tests.support import little

ROOT = Path(__file__).parent.parent
ORDINARY, SLIM = (
    tomllib.loads((ROOT / path / "pyproject.toml").read_text("utf-8"))["project"] for path in (".", "slim")
)
RUN = """
import sys
from tests.support.slim import without_torch
without_torch(prepares=False)
from glane_service.cli import main
for command in " ".join(sys.argv[1:]).split(" then "):
    code = main(command.split())
    if code:
        sys.exit(code)
"""


def test_it_is_the_ordinary_install_without_torch(prepares=False) -> None:
    left_out = set(ORDINARY["dependencies"]) - set(SLIM["dependencies"])
    optional = SLIM["optional-dependencies"]
    assert {
        re.split("[=<>]", item)[0].replace("-", "_") for item in left_out - set(optional["encoder"])
    } == {
        "torch",
        "sentence_transformers",
    }
    assert set(optional["encoder"]) <= left_out
    assert optional["mcp"] == ORDINARY["optional-dependencies"]["mcp"]
    assert [item for item in ORDINARY["dependencies"] if item in SLIM["dependencies"]] == SLIM[
        "dependencies"
    ]
    assert (SLIM["version"], SLIM["requires-python"]) == (ORDINARY["version"], ORDINARY["requires-python"])
    assert SLIM["scripts"].items() <= ORDINARY["scripts"].items()


@pytest.mark.usefixtures("encoder")
def test_a_library_is_indexed_asked_and_served_without_torch(tmp_path: Path) -> None:
    environment = {
        "PYTHONPATH": ":".join(path for path in sys.path if path),
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "GLANE_CACHE": str(Settings.from_env().cache),
        "GLANE_LIBRARY": str(tmp_path / "library"),
    }

    def command(arguments: str) -> list[str]:
        return [sys.executable, "-c", RUN, *arguments.split()]

    (tmp_path / "bookmarks.jsonl").write_bytes(little.LINES)
    made = subprocess.run(
        command("import bookmarks.jsonl then index then search données --json"),
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    asked = json.loads(made.stdout[made.stdout.index("{") :])
    served = subprocess.Popen(command("serve --port 0"), env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert served.stderr is not None
        for line in served.stderr:
            if found := re.search(r"http://[\d.]+:\d+", line):
                break
        answer = httpx.get(f"{found[0]}/api/search", params={"q": "données"}, timeout=60).json()  # type: ignore[index]
    finally:
        served.terminate()
        served.wait(10)
    assert (
        [item["bookmark"]["id"] for item in answer["results"]]
        == [item["bookmark"]["id"] for item in asked["results"]]
        != []
    )


def test_another_model_says_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "model", "prepare"],
        env={
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "HOME": str(tmp_path),
            "GLANE_MODEL": "some/model",
            "GLANE_CACHE": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install sentence-transformers" in done.stderr
    assert "Traceback" not in done.stderr
