"""The one exception tree: every error that Glane raises on purpose is a :class:`GlaneError`.

Each says what happened, where, and what to do about it. The command line prints ``str(error)`` and
exits with ``error.exit_code``; the HTTP service turns ``error.slug`` into a problem type.
"""

from __future__ import annotations


class GlaneError(Exception):
    """Base of all of Glane's errors.

    Args:
        message: what happened, without a final full stop.
        where: the file and line, field, url or command it happened at, or "".
        hint: what the reader can do about it, or "".
    """

    slug = "error"
    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.hint}" if self.hint else text


class UsageError(GlaneError):
    """A command or a setting was used wrongly."""

    slug = "usage"
    exit_code = 2


class InputError(GlaneError):
    """A file or a record given by the user cannot be read as what it should be."""

    slug = "input"


class SourceError(GlaneError):
    """A live source refuses, cannot be reached, or answers what it should not."""

    slug = "source"


class LibraryError(GlaneError):
    """The library folder, or something in it, is missing or damaged."""

    slug = "library"


class CatalogError(LibraryError):
    """The catalog cannot be opened, read or written."""

    slug = "catalog"


class LockedError(LibraryError):
    """Another process is writing to the library."""

    slug = "locked"


class GenerationError(LibraryError):
    """An index generation is missing, damaged, or does not match what it is used with."""

    slug = "generation"


class EncoderMismatchError(GenerationError):
    """The index was built with another encoder than the one that is set."""

    slug = "encoder-mismatch"


class EncoderError(GlaneError):
    """The encoder cannot be prepared, loaded or run."""

    slug = "encoder"


class QueryError(GlaneError):
    """A question or one of its parameters is not acceptable."""

    slug = "bad-request"


class NotFoundError(GlaneError):
    """What was asked for by its id is not in the library."""

    slug = "not-found"


class ServiceError(GlaneError):
    """The HTTP service cannot start or cannot answer."""

    slug = "service"


class DatasetError(GlaneError):
    """An evaluation data set, run or qrels file is missing something or is inconsistent."""

    slug = "dataset"
