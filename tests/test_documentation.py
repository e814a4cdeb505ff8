"""README and docs name every command, option, setting and endpoint, and nothing that does not exist."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from glane_client import GlaneClient
from glane_eval.cli import build_parser as eval_parser
from glane_indexer.exporters.registry import EXPORTS
from glane_indexer.importers.registry import FORMATS
from glane_indexer.library.sources.registry import SOURCES
from glane_indexer.settings import Settings, describe
from glane_service.app import create_app
from glane_service.cli import build_parser
from glane_service.mcp.server import build_server
from tests.service.pages.test_page_controls import DIIGO_CONTROLS
from tests.support.apart import run_apart

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EVAL_README = (ROOT / "eval" / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
GROUP_PAGE = (ROOT / "docs" / "page.md").read_text("utf-8")
ASSISTANTS = (ROOT / "docs" / "assistants.md").read_text("utf-8")


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = (item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", commands(build_parser()))
def test_commands_and_their_options(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `glane {name}")), "")
    assert row, name
    for action in commands(build_parser())[name]._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in ("--help", "--library", "--json"):
                assert f"`{option}`" in row, option


@pytest.mark.parametrize("name", commands(eval_parser()))
def test_evaluation_commands_and_their_options(name: str) -> None:
    assert f"glane-eval {name}" in README
    assert f"`glane-eval {name}" in EVAL_README
    for action in commands(eval_parser())[name]._actions:
        for option in action.option_strings:
            if option.startswith("--") and option not in ("--help", "--json"):
                assert f"`{option}" in EVAL_README, option


def test_settings() -> None:
    documented = dict(re.findall(r"^\| `(GLANE_\w+)` \| .*? \| (.*) \|$", SETTINGS, re.MULTILINE))
    assert documented == {item.variable: item.help for item in describe()}


def test_endpoints() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    for path in paths:
        shown = path.replace("{bookmark_id}", "{id}")
        assert shown in README, path
    for page in ("/fr", "/en", "/bookmarks/{id}", "/search.atom", "/opensearch.xml", "/docs"):
        assert f"`{page}" in README, page


def test_formats_that_are_written() -> None:
    table = (ROOT / "docs" / "export.md").read_text("utf-8")
    for item in EXPORTS.values():
        assert f"| `{item.name}` | {item.about} | {item.loses or 'nothing'} |" in table


def test_live_sources() -> None:
    table = (ROOT / "docs" / "sync.md").read_text("utf-8")
    for source in SOURCES.values():
        assert f"| `{source.name}` | " + (f"`{source.variable}`" if source.variable else "none") in table


def test_formats() -> None:
    table = (ROOT / "docs" / "import.md").read_text("utf-8")
    for item in FORMATS.values():
        assert f"| `{item.name}` | {item.about} | {item.carries} |" in table
    named = re.findall(r"^\| `(\w[\w-]*)` \|", table, re.MULTILINE)
    assert named == list(FORMATS)
    assert len(FORMATS) == 51
    assert "Fifty-one formats are read" in README


def test_the_group_page_and_ours() -> None:
    for theirs, ours in DIIGO_CONTROLS.items():
        assert f"| {theirs} | {ours} |" in GROUP_PAGE


def test_it_is_short_enough_to_be_read_at_once() -> None:
    assert len(README.splitlines()) <= 250


def test_make_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for target in targets - {"install", "serve", "format"}:
        assert f"make {target}" in " ".join(README.split()), target


def test_the_tools_of_assistants() -> None:
    server = build_server("Glane", lambda context: pytest.fail("no tool is called"))
    names = [tool.name for tool in run_apart(server.list_tools())]
    assert re.findall(r"^\| `(\w+)` \| ", ASSISTANTS.split("A result of")[0], re.MULTILINE) == names
    (resource,) = run_apart(server.list_resource_templates())
    (prompt,) = run_apart(server.list_prompts())
    assert f"`{resource.uri_template}`" in ASSISTANTS and f"`{prompt.name}`" in ASSISTANTS


def test_the_client() -> None:
    methods = [name for name in vars(GlaneClient) if not name.startswith("_") and name != "close"]
    assert re.findall(r"`(\w+)`", ASSISTANTS.split("has the same methods: ")[1].split(".")[0]) == methods
    for module in ("langchain", "llama_index", "haystack"):
        assert f"`glane_client.{module}.GlaneRetriever(" in ASSISTANTS
