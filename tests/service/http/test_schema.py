"""The API keeps to its own description, whatever is asked: schemathesis makes the requests.

Fifty an operation and kind; `pytest --hypothesis-profile explore` takes a thousand new ones.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from glane_indexer.settings import Settings
from glane_service.app import create_app
from glane_service.live import LiveEngine

CHOSEN = replace(Settings.from_env({}), feedback=True)
OPERATIONS = [
    (method.upper(), path)
    for path, item in create_app(CHOSEN).openapi()["paths"].items()
    for method in item
]
ROOT = Path(__file__).parents[3]
MODES = schemathesis.GenerationMode


@pytest.fixture(scope="module")
def schema(little_settings: Settings, little_live: LiveEngine) -> schemathesis.BaseSchema:
    app = create_app(replace(little_settings, feedback=True), little_live)
    config = schemathesis.Config.from_path(ROOT / "schemathesis.toml")
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


@pytest.mark.parametrize("mode", [MODES.POSITIVE, MODES.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_it_is_described(
    schema: schemathesis.BaseSchema, method: str, path: str, mode: schemathesis.GenerationMode
) -> None:
    operation = schema[path][method]
    if mode is MODES.NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
        # What takes nothing can be given nothing wrong.
        return

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=max(50, settings.default.max_examples // 2),
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate()

    check()
