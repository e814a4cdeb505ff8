"""The log: one line an event, for people or for programs, with the request it belongs to."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from glane_indexer.settings import Settings
from glane_service import logs
from glane_service.app import create_app
from glane_service.live import LiveEngine


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The loggers as pytest has them."""
    loggers = [logging.getLogger(name) for name in ("glane", "uvicorn")]
    before = [(item, item.handlers, item.level, item.propagate) for item in loggers]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def configured(**changes: str) -> logging.Logger:
    logs.configure(replace(Settings.from_env({}), **changes))  # type: ignore[arg-type]
    return logging.getLogger("glane")


def test_the_level_of_the_settings_is_that_of_glane(capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_level="warning").info("quiet")
    configured(log_level="debug").debug("loud")
    written = capsys.readouterr().err
    assert "quiet" not in written
    assert written.endswith("debug glane: loud\n")
    assert logging.getLogger("uvicorn").level == logging.DEBUG
    configured(log_level="info")
    assert logging.getLogger("uvicorn").level == logging.WARNING


def test_a_line_for_people_cannot_be_forged(capsys: pytest.CaptureFixture[str]) -> None:
    configured().error("one\n2026-01-01 error glane: two\x1b[31m")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_line_for_programs_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    logger = configured(log_format="json")
    token = logs.request_id.set("abc")
    try:
        1 // 0  # noqa: B018
    except ZeroDivisionError:
        logger.exception("été\n%s", "x", extra={"seconds": 0.5})
    finally:
        logs.request_id.reset(token)
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", record.pop("time"))
    assert record.pop("exception").endswith("ZeroDivisionError: integer division or modulo by zero")
    assert record == {
        "level": "error",
        "logger": "glane",
        "message": "été\nx",
        "request_id": "abc",
        "seconds": 0.5,
    }


def test_a_request_is_named_in_the_log_and_its_question_is_not(
    little_settings: Settings, little_live: LiveEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    client = TestClient(create_app(little_settings, little_live))
    configured(log_level="debug", log_format="json")
    response = client.get("/api/search?q=un+secret")
    client.get("/tags/autre-secret")
    written = capsys.readouterr().err
    assert "secret" not in written
    records = [json.loads(line) for line in written.splitlines()]
    (asked,) = (item for item in records if "/api/search" in item["message"])
    assert asked["request_id"] == response.headers["x-request-id"]
    assert asked["message"].startswith("GET /api/search: 200 in ")
