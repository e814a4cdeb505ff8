"""Processes, as Linux tells of them."""

from __future__ import annotations

from pathlib import Path


def children(parent: int) -> list[int]:
    """The living processes that ``parent`` started to serve, the oldest first."""
    folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return sorted(int(item.name) for item in folders if _parent(item) == parent and _is_worker(item))


def is_alive(pid: int) -> bool:
    """Whether a process runs still; one that waits to be collected does not."""
    return _parent(Path(f"/proc/{pid}")) is not None


def _parent(folder: Path) -> int | None:
    try:
        state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(parent)


def _is_worker(folder: Path) -> bool:
    try:
        # Beside the workers there is multiprocessing's own tracker of resources.
        return b"spawn_main" in (folder / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
