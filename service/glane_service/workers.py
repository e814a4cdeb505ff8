"""Several processes on one address: ready when they start, replaced when they die, gone with the parent."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from uvicorn.supervisors.multiprocess import Multiprocess, Process

from glane_indexer.errors import GlaneError
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

logger = logging.getLogger("glane")
# How soon a dead worker, or a dead parent, is seen.
LOOK_SECONDS = 0.2
# How often a living one is asked whether it hangs.
ASK_SECONDS = 10.0
# A worker whose parent has died finishes what it works on for so long.
ORPHAN_SECONDS = 3.0


def open_once(settings: Settings) -> None:
    """Open the library in a process of its own, to find out that it can be; that process ends at once.

    In this process it would leave the encoder and the vectors behind, for as long as workers run.

    Raises:
        GlaneError: the library cannot be opened.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pool.submit(_open, settings).result()


def _open(settings: Settings) -> None:
    from glane_service.live import LiveEngine

    LiveEngine(settings, follow=False).close()


def supervise(config: uvicorn.Config, listener: socket.socket) -> None:
    """Run as many workers as ``config`` says until this process is told to stop."""
    _Supervisor(config, [listener]).run()


def worker_application(settings: Settings, parent: int) -> FastAPI:
    """The application of one worker of the process ``parent``; called in its own, before it takes requests.

    The library is opened here: a worker that takes the place of another one answers its first request.
    """
    from glane_service import logs
    from glane_service.app import create_app
    from glane_service.applier import begin_warming
    from glane_service.live import LiveEngine
    from glane_service.serve import SWITCH_SECONDS

    logs.configure(settings)
    end_with_parent(parent)
    sys.setswitchinterval(SWITCH_SECONDS)
    begin_warming(settings)
    try:
        live = LiveEngine(settings)
    except GlaneError as error:
        # It could be opened when the service started: keep trying, and say meanwhile what is wrong.
        logger.error("the library cannot be opened: %s", error)
        return create_app(settings)
    return create_app(settings, live)


def end_with_parent(parent: int) -> None:
    """End this process when its parent, of that process id, has died: it would hold the port for ever.

    The id comes from the parent itself: it may have died before this process could ask.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        logger.warning("the process that started this worker is gone: it stops")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="glane-parent", daemon=True).start()


class _Supervisor(Multiprocess):
    """uvicorn's supervisor, which sees a dead worker sooner, and one that hangs as well."""

    def run(self) -> None:
        self.init_processes()
        asked = time.monotonic()
        while not self.should_exit.wait(LOOK_SECONDS):
            self.handle_signals()
            self._replace_the_dead()
            if time.monotonic() - asked > ASK_SECONDS:
                self.keep_subprocess_alive()
                asked = time.monotonic()
        self.terminate_all()
        self.join_all()

    def _replace_the_dead(self) -> None:
        for place, process in enumerate(self.processes):
            if process.process.is_alive() or self.should_exit.is_set():
                continue
            process.join()
            logger.error("worker %s ended with %s; another takes its place", process.pid, process.exitcode)
            successor = Process(self.config, self.sockets)
            successor.start()
            self.processes[place] = successor
