"""Whatever the packages import is declared, and what is missing is said in words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OWN = {"glane_indexer", "glane_service", "glane_eval", "glane_client", "tests"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    named = [*PROJECT["dependencies"]]
    for extra in extras:
        named += PROJECT["optional-dependencies"][extra]
    return {normal(re.split(r"[^A-Za-z0-9._-]", item)[0]) for item in named}


def imported(root: str) -> dict[str, str]:
    """Every package that the files below ``root`` import, and one of the files."""
    found: dict[str, str] = {}
    for path in (ROOT / root).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [item.name for item in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                found.setdefault(name.partition(".")[0], str(path))
    return {name: path for name, path in found.items() if name not in OWN | sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("root", "extras"),
    [("indexer", ()), ("service", ("mcp",)), ("eval", ("eval",)), ("benchmarks", ("dev",))],
)
def test_what_is_imported_is_declared(root: str, extras: tuple[str, ...]) -> None:
    distributions = packages_distributions()
    known = declared(*extras)
    missing = {
        name: path
        for name, path in imported(root).items()
        if name != "benchmarks" and not known & {normal(item) for item in distributions.get(name, [name])}
    }
    assert missing == {}


def test_measuring_without_its_packages_says_what_to_install() -> None:
    # As after `pip install .`: the packages of the extra are not there.
    script = (
        "import sys; sys.modules.update(ir_measures=None, scipy=None);"
        "from glane_eval.cli import main; sys.exit(main(['run', 'sample']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "pip install 'glane[eval]'" in done.stderr
    assert "Traceback" not in done.stderr
