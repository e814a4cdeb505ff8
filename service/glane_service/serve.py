"""``glane serve``: the application on an address, in one process or several."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from glane_indexer.errors import ServiceError, UsageError
from glane_indexer.machine import share_of
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

BACKLOG = 1024
GRACE_SECONDS = 5
# Between requests a connection may be idle for so long.
IDLE_SECONDS = 5
MOST_FILES = 8192
SWITCH_SECONDS = 0.001
# A worker that does not say for so long that it lives is taken to hang; opening a library takes less.
HANGING_SECONDS = 30


def run(settings: Settings, *, quiet: bool = False) -> None:
    """Serve until interrupted.

    The library is opened first, so that one that cannot be opened ends the command; of several workers
    each opens it before it takes requests.

    Raises:
        ServiceError: the address cannot be listened on.
        UsageError: the settings do not go together.
        GenerationError: the library has no index that can be opened.
        RefusedError: the library that is to be followed will not be.
    """
    from glane_service import logs
    from glane_service.following import first_sync
    from glane_service.live import LiveEngine

    checked(settings)
    logs.configure(settings)
    _allow_many_files()
    # Searches hold Python's lock; the loop that takes and refuses requests must not wait long for it.
    sys.setswitchinterval(SWITCH_SECONDS)
    is_open = first_sync(settings) if settings.follow else True
    with _listening(settings) as listener, _shared_metrics(settings):
        shown = f"Glane answers on {address(settings, listener)} (Ctrl-C stops it)"
        if settings.workers > 1:
            from glane_service.workers import open_once, supervise

            settings = replace(settings, threads=share_of(settings.threads, settings.workers))
            if is_open:
                open_once(settings)
            _say(shown, quiet)
            supervise(server_config(settings), listener)
        else:
            from glane_service.app import create_app
            from glane_service.applier import begin_warming

            begin_warming(settings)
            live = LiveEngine(settings) if is_open else None
            _say(shown, quiet)
            config = server_config(settings, functools.partial(create_app, settings, live))
            _serve(config, listener)


def checked(settings: Settings) -> Settings:
    """The settings, where they go together.

    Raises:
        UsageError: they do not.
    """
    if settings.remote and settings.follow:
        raise UsageError(
            "a server answers from Qdrant or from a copy of a library, not from both",
            where="GLANE_ENGINE",
            hint="Unset it, or GLANE_FOLLOW",
        )
    if settings.remote:
        for name in ("judge", "feedback"):
            if getattr(settings, name):
                raise UsageError(
                    "a server that answers from Qdrant is not written to",
                    where=f"GLANE_{name.upper()}",
                    hint="Set it at the service of the library",
                )
    if settings.judge and not settings.admin_key:
        raise UsageError(
            "judges sign in with the key for administration, and none is set",
            where="GLANE_JUDGE",
            hint="Set GLANE_ADMIN_KEY as well",
        )
    return settings


def server_config(settings: Settings, application: Callable[[], FastAPI] | None = None) -> uvicorn.Config:
    """How uvicorn serves ``application``; without one, as a worker that opens the library itself."""
    import uvicorn

    from glane_service.http.connections import LimitedConnection
    from glane_service.workers import worker_application

    return uvicorn.Config(
        application or functools.partial(worker_application, settings, os.getpid()),
        factory=True,
        http=LimitedConnection,
        workers=settings.workers,
        # What is logged, and how, :mod:`glane_service.logs` has set.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=HANGING_SECONDS,
        lifespan="on",
    )


def _serve(config: uvicorn.Config, listener: socket.socket) -> None:
    import uvicorn

    uvicorn.Server(config).run(sockets=[listener])


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print(text, file=sys.stderr)


def _allow_many_files() -> None:
    """Let this process have as many connections as its user may: each is a file, and 1024 is soon gone."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def address(settings: Settings, listener: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - not bound here, but shown
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket that listens on the address of the settings, closed at the end."""
    where = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, place = found[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, OverflowError, UnicodeError) as error:
        raise ServiceError(
            f"cannot listen there: {error}", where=where, hint="Choose another GLANE_HOST or --host"
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
            listener.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            raise _refused(error, where) from None
        listener.set_inheritable(True)
        yield listener
    finally:
        listener.close()


def _refused(error: Exception, where: str) -> ServiceError:
    import errno

    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return ServiceError(
            "the port is in use",
            where=where,
            hint="Stop what listens there, or choose another with --port",
        )
    if code == errno.EACCES:
        return ServiceError(
            "this user may not listen on that port", where=where, hint="Choose one of 1024 or more"
        )
    return ServiceError(f"cannot listen there: {error}", where=where)


@contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    """A folder in which several workers add up their metrics; nothing for one worker."""
    from glane_service.http.metrics import MULTIPROCESS

    if settings.workers < 2 or MULTIPROCESS in os.environ:
        yield
        return
    folder = tempfile.mkdtemp(prefix="glane-metrics-")
    os.environ[MULTIPROCESS] = folder
    try:
        yield
    finally:
        del os.environ[MULTIPROCESS]
        shutil.rmtree(folder, ignore_errors=True)
