"""The service's log: a line an event on stderr, as text or as JSON, with the request it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from glane_indexer.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is worked on, in every thread that works on it."""

# What a record has of its own; whatever else it has was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line: time, level, logger, message, and what it was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record, without its end."""
        document: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            document["request_id"] = request_id.get()
        document |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """A record as a line for people: its control characters can neither break it nor drive a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record; a traceback follows on lines of its own."""
        moment = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        said = "".join(char if char.isprintable() else " " for char in record.getMessage())
        of = f" [{request_id.get()}]" if request_id.get() else ""
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{moment} {record.levelname.lower()} {record.name}{of}: {said}{trace}"


def configure(settings: Settings) -> None:
    """Send the logs of Glane and of its server to stderr, at the level and in the form of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    level = settings.log_level.upper()
    # uvicorn tells at `info` of every start and stop, which the command has said already.
    for name, least in (("glane", level), ("uvicorn", "WARNING" if level == "INFO" else level)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(least)
        logger.propagate = False
