"""What docs/operate.md tells people to install and run exists, by name, flag and number."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.cli import build_parser
from glane_service.http import admission, algolia, connections, instantsearch, receiving
from glane_service.serve import IDLE_SECONDS, MOST_FILES

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "operate.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def parsed(command: list[str]) -> None:
    """Fails where ``glane`` does not know the command or one of its flags."""
    assert Path(command[0]).name == "glane"
    build_parser().parse_args(command[1:])


def test_the_unit_starts_a_command_that_exists() -> None:
    # Two settings may have one name there, which this parser calls a duplicate.
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(BLOCKS["ini"])
    service = unit["Service"]
    parsed(shlex.split(service["ExecStart"]))
    assert int(service["LimitNOFILE"]) == MOST_FILES
    given = dict(re.findall(r"^Environment=(\w+)=(.+)$", BLOCKS["ini"], re.MULTILINE))
    assert Settings.from_env(given).log_format == "json"
    assert set(unit.sections()) == {"Unit", "Service", "Install"}


def test_the_image_is_made_of_files_that_exist() -> None:
    text = re.sub(r"\\\n", " ", BLOCKS["Dockerfile"])
    for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
    slim = tomllib.loads((ROOT / "slim" / "pyproject.toml").read_text("utf-8"))["project"]
    assert re.search(r"\./slim\[(\w+)\]", text)[1] in slim["optional-dependencies"]  # type: ignore[index]
    given = dict(item.split("=", 1) for item in re.search(r"^ENV (.+)$", text, re.MULTILINE)[1].split())  # type: ignore[index]
    assert Settings.from_env(given).host == "0.0.0.0"
    parsed(json.loads(re.search(r"^CMD (.+)$", text, re.MULTILINE)[1]))  # type: ignore[index]
    parsed(shlex.split(re.search(r"^RUN (glane .+)$", text, re.MULTILINE)[1]))  # type: ignore[index]
    assert re.search(r"^EXPOSE (\d+)$", text, re.MULTILINE)[1] == str(Settings().port)  # type: ignore[index]


def test_commands_in_a_container_exist() -> None:
    for command in re.findall(r"\bglane (glane [^#\n]+)", BLOCKS["sh"]):
        parsed(shlex.split(command))


def test_commands_of_the_slim_install_exist() -> None:
    section = TEXT.partition("## The slim install")[2].partition("\n## ")[0]
    for command in re.findall(r"\bglane model[^#\n&]+", section):
        parsed(shlex.split(command))


def test_settings_and_paths_exist() -> None:
    injected = {"GLANE_SERVICE_HOST", "GLANE_PORT"}
    for name in set(re.findall(r"GLANE_[A-Z_]+", TEXT)) - injected:
        assert name.removeprefix("GLANE_").lower() in Settings.__dataclass_fields__, name
    served = create_app(Settings()).openapi()["paths"]
    for path in re.findall(r"`(?:GET )?(/[a-z]+)`", TEXT):
        assert path in served, path


def test_every_metric_is_told_of() -> None:
    app = create_app(Settings())
    counted = app.state.metrics.render(app.state.backend).decode()
    made = {name.removesuffix("_created") for name in re.findall(r"^# HELP (\w+)", counted, re.MULTILINE)}
    assert made == set(re.findall(r"^\| `(glane_\w+)` \|", TEXT, re.MULTILINE))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("64 KB, within 10 s", (connections.HEAD_BYTES >> 10, connections.HEAD_SECONDS)),
        ("4 MB; a batch", (receiving.LARGEST >> 20,)),
        ("InstantSearch 256 KB", (receiving.LARGEST_AT["/api/instantsearch"] >> 10,)),
        ("a vote 16 KB", (receiving.LARGEST_AT["/api/feedback"] >> 10,)),
        ("bookmarks 32 MB; within 20 s", (receiving.LARGEST_AT["/api/bookmarks"] >> 20, receiving.SECONDS)),
        ("| 128 MB |", (receiving.LARGEST_TOGETHER >> 20,)),
        ("4,000; idle ones are closed after 5 s", (connections.MOST_CONNECTIONS, IDLE_SECONDS)),
        ("not read | 30 s", (connections.READ_SECONDS,)),
        (
            "20 requests, 1,000 hits, 100 values to filter by in each, 8 MB of",
            (algolia.MAX_REQUESTS, algolia.MAX_HITS, algolia.MAX_VALUES, instantsearch.MAX_ANSWER >> 20),
        ),
        ("worked on within 0.2 s", (admission.LONGEST_WAIT,)),
    ],
)
def test_limits_are_those_in_force(said: str, value: tuple[float, ...]) -> None:
    assert said in TEXT
    assert tuple(float(number.replace(",", "")) for number in re.findall(r"\d[\d.,]*\b", said)) == value
