"""Commands and services in processes of their own, which drills kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from glane_indexer.errors import LibraryError

START_SECONDS = 60.0


class Service:
    """``glane serve`` in processes of its own, which are killed together.

    Args:
        arguments: of the command, beside the usual ones.
        variables: of its environment, beside those that this process has.
    """

    def __init__(
        self,
        library: Path,
        workers: int = 1,
        *,
        arguments: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        started = time.monotonic()
        command = ["serve", "--library", str(library), "--port", "0", "--workers", str(workers)]
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "glane_service.cli", *command, *arguments],
            stderr=subprocess.PIPE,
            text=True,
            # Of its own, to be killed whole, in the session of whoever measures: the priority goes by that.
            process_group=0,
            env={**os.environ, **(variables or {})},
        )
        self.said: list[str] = []
        self.address = self._read_address()
        threading.Thread(target=self._drain, daemon=True).start()
        while time.monotonic() - started < START_SECONDS:
            try:
                if httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            time.sleep(0.02)
        else:
            self.kill()
            raise LibraryError("the service does not start", where=str(library))
        self.seconds = time.monotonic() - started

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit code once it has ended; None as long as it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL to every process of it, unless that was done."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _read_address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line)
            if found := re.search(r"answers on (http://\S+)", line):
                return found[1].rstrip("/")
        raise LibraryError(f"the service ended before it listened: {''.join(self.said)}")

    def _drain(self) -> None:
        assert self._process.stderr is not None
        self.said.extend(self._process.stderr)


def run(command: Sequence[str], kill_after: float | None = None) -> tuple[int, float]:
    """Run ``glane`` in a process of its own; its exit code, and the seconds it took.

    Args:
        kill_after: seconds until it is killed, where it takes longer.
    """
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "glane_service.cli", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode, time.monotonic() - started
