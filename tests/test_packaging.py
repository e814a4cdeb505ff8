"""Whatever the packages import is declared, and what is missing is said in words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from glane_service.version import glane_version

ROOT = Path(__file__).parent.parent
FILE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = FILE["project"]
OWN = {"glane_indexer", "glane_service", "glane_eval", "glane_client", "tests"}

PACKAGES = FILE["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


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
    [
        ("indexer", ("qdrant",)),
        ("service", ("mcp",)),
        ("eval", ("eval",)),
        ("client", ("client", "langchain", "llama-index", "haystack")),
        ("benchmarks", ("dev", "mcp")),
    ],
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


@pytest.mark.parametrize("project", [".", "slim"])
def test_the_wheel_holds_every_file_of_the_packages(
    project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hatchling.build import build_wheel

    monkeypatch.chdir(ROOT / project)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (points,) = (
            wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt")
        )
    kept = {
        f"{package.name}/{path.relative_to(package)}"
        for package in (ROOT / name for name in PACKAGES if project == "." or "eval" not in name)
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".so")
    }
    assert packed == kept
    assert "glane_service.cli:main" in points


@pytest.mark.parametrize("command", ["glane_service.cli", "glane_eval.cli"])
def test_a_command_says_its_version(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", command, "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [
        command.partition(".")[0].replace("glane_service", "glane").replace("_", "-"),
        glane_version(),
    ]
