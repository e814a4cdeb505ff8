"""``glane serve``: the application on an address, in one process or several."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from glane_indexer.errors import ServiceError
from glane_indexer.settings import Settings

BACKLOG = 1024
GRACE_SECONDS = 5


def run(settings: Settings, *, quiet: bool = False) -> None:
    """Serve until interrupted.

    With one worker the library is opened first, so that one that cannot be opened ends the command;
    several workers open it each by itself.

    Raises:
        ServiceError: the address cannot be listened on.
        GenerationError: the library has no index that can be opened.
    """
    import uvicorn
    from uvicorn.supervisors.multiprocess import Multiprocess

    with _listening(settings) as listener, _shared_metrics(settings):
        from glane_service.app import create_app
        from glane_service.live import LiveEngine

        live = LiveEngine(settings)
        several = settings.workers > 1
        if several:
            # Each worker opens its own: this one was to find out that it can be.
            live.close()
        config = uvicorn.Config(
            functools.partial(create_app, settings, None if several else live),
            factory=True,
            workers=settings.workers,
            log_level=settings.log_level if settings.log_level != "info" else "warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            lifespan="on",
        )
        if not quiet:
            print(f"Glane answers on {address(settings, listener)} (Ctrl-C stops it)", file=sys.stderr)
        if several:
            Multiprocess(config, sockets=[listener]).run()
        else:
            uvicorn.Server(config).run(sockets=[listener])


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
