"""What a command does when its work fails: one line on stderr, and the exit code; never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from glane_indexer.errors import GlaneError


def guarded(name: str, work: Callable[[], int]) -> int:
    """Do the work of the command ``name``; its exit code, also where it fails on purpose.

    A fault of the program itself, which is no error of the tree, is not hidden.
    """
    try:
        return work()
    except GlaneError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe went away; what it did not read is lost on purpose.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{name}: {where}{error.strerror or error}", file=sys.stderr)
        return 1
