"""``glane mcp``: the library for one assistant, which starts this command and speaks to it on stdio."""

from __future__ import annotations

import importlib.util
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from glane_service.mcp.tools import Tools


def mcp_command(options: Namespace, settings: Settings) -> int:
    """``glane mcp``: until the assistant closes standard input.

    Raises:
        UsageError: the SDK is not installed.
        GenerationError: the library has no index that can be opened.
    """
    from glane_service.mcp.endpoint import INSTALL, MISSING

    if importlib.util.find_spec("mcp") is None:
        raise UsageError(MISSING, where="glane mcp", hint=INSTALL)
    from glane_service.live import LiveEngine
    from glane_service.mcp.server import build_server
    from glane_service.mcp.tools import Tools

    live = LiveEngine(settings)

    def tools_of(context: Context[Any, Any]) -> Tools:
        # Whoever starts this command can read the library's files.
        return Tools(live.engine, settings.public_url)

    try:
        build_server(settings.site_name, tools_of).run("stdio")
    finally:
        live.close()
    return 0
