"""A service in a process of its own for the drills, and a client that asks it without waiting its turn."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from glane_indexer.errors import ServiceError
from glane_indexer.sample.load import library_bytes

GLANE = (sys.executable, "-m", "glane_service.cli")


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers: where, as which process, and on which library."""

    host: str
    port: int
    process: subprocess.Popen[str]
    library: Path

    def resident_bytes(self) -> int:
        """The memory that the process holds (Linux)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def family_bytes(self) -> int:
        """The memory of the process and of its children, what they share counted once (Linux)."""
        found = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                parent = next(line for line in status.read_text().splitlines() if line.startswith("PPid"))
                if str(self.process.pid) in (parent.split()[1], status.parent.name):
                    rollup = (status.parent / "smaps_rollup").read_text().splitlines()
                    pss = next(line for line in rollup if line.startswith("Pss:"))
                    found += int(pss.split()[1]) * 1024
            except (OSError, StopIteration):
                continue
        return found


@contextmanager
def service(
    tree: Path | None = None, *, workers: int = 1, variables: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A service on the sample library, with these settings, killed at the end.

    Args:
        tree: a checkout of another version to serve; None: this one.
        workers: its processes.
        variables: of its environment.

    Raises:
        ServiceError: it does not start.
    """
    environment = {**os.environ, **(variables or {})}
    if tree is not None:
        parts = (tree / part for part in ("indexer", "service", "eval"))
        environment["PYTHONPATH"] = os.pathsep.join(map(str, parts))
    with tempfile.TemporaryDirectory() as folder:
        library = ["--library", str(Path(folder) / "library")]
        file = Path(folder) / "sample.jsonl"
        file.write_bytes(library_bytes())
        for command in (["import", str(file)], ["index"]):
            made = subprocess.run(  # noqa: S603
                [*GLANE, *command, *library], env=environment, capture_output=True, text=True, check=False
            )
            if made.returncode:
                raise ServiceError(f"the library cannot be made: {made.stderr.strip()}")
        process = subprocess.Popen(  # noqa: S603
            [*GLANE, "serve", "--port", "0", "--workers", str(workers), *library],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            if "http://" not in line:
                raise ServiceError(f"the service does not start: {line.strip()}")
            host, port = line.split("http://")[1].split("/")[0].rsplit(":", 1)
            yield Running(host, int(port), process, Path(folder) / "library")
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


@dataclass(slots=True)
class Answer:
    """One answer: its status (0 where the connection broke), the seconds it took, and its head and body."""

    status: int
    seconds: float
    head: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


async def ask(running: Running, request: bytes) -> Answer:
    """Send one request on a connection of its own, and read the answer."""
    started = time.monotonic()
    writer = None
    try:
        reader, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(request)
        received = await reader.read(-1)
    except OSError:
        return Answer(0, time.monotonic() - started)
    finally:
        if writer is not None:
            writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split()
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Answer(status, time.monotonic() - started, headers, body)


def get(path: str) -> bytes:
    """A GET request that closes its connection."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST request that closes its connection; ``_`` in a header's name stands for ``-``."""
    given = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    start = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{given}"
    return f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body
