"""Settings from the environment: every kind of value, and every way to get one wrong."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings, describe


def test_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings.library == Path("library")
    assert settings.cache == Path.home() / ".cache/glane"
    assert (settings.model, settings.precision, settings.threads) == ("default", "int8", 0)
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert (settings.cors_origins, settings.admin_key, settings.judge) == ((), "", False)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("library", "/srv/glane", Path("/srv/glane")),
        ("library", "~/glane", Path.home() / "glane"),
        ("library", "", Path("library")),
        ("port", " 8080 ", 8080),
        ("threads", "0", 0),
        ("precision", "fp32", "fp32"),
        ("judge", "1", True),
        ("judge", "TRUE", True),
        ("judge", "yes", True),
        ("judge", "on", True),
        ("judge", "0", False),
        ("judge", "No", False),
        ("judge", "", False),
        ("cors_origins", "*", ("*",)),
        (
            "cors_origins",
            "https://a.example/ , https://b.example,",
            ("https://a.example", "https://b.example"),
        ),
        ("cors_origins", "", ()),
        ("site_name", "  Les haies ", "Les haies"),
        ("admin_key", "a=b c", "a=b c"),
    ],
)
def test_a_value_is_read_in_its_type(name: str, text: str, value: Any) -> None:
    assert getattr(Settings.from_env({f"GLANE_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("GLANE_PORT", "http", "GLANE_PORT: 'http' is not a whole number of 0 or more"),
        ("GLANE_PORT", "-1", "GLANE_PORT: '-1' is not a whole number of 0 or more"),
        ("GLANE_PORT", "", "GLANE_PORT: '' is not a whole number of 0 or more"),
        ("GLANE_PORT", "８０", "GLANE_PORT: '８０' is not a whole number of 0 or more"),
        ("GLANE_THREADS", "1" * 5000, "is not a whole number of 0 or more"),
        ("GLANE_JUDGE", "perhaps", "GLANE_JUDGE: 'perhaps' is neither true nor false"),
        ("GLANE_PRECISION", "fp16", "GLANE_PRECISION: 'fp16' is not one of int8, fp32"),
        ("GLANE_LANGUAGE", "de", "GLANE_LANGUAGE: 'de' is not one of fr, en"),
        (
            "GLANE_LIBRAY",
            "x",
            "GLANE_LIBRAY: there is no such setting. docs/settings.md lists every setting",
        ),
        ("GLANE_", "x", "GLANE_: there is no such setting"),
        ("GLANE_port", "80", "GLANE_port: there is no such setting"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable(variable: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.from_env({variable: text})
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_other_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_env(
        {"PATH": "/bin", "glane_port": "x", "MY_GLANE_PORT": "y"}
    ) == Settings.from_env({})
    monkeypatch.setenv("GLANE_PORT", "8123")
    assert Settings.from_env().port == 8123


@pytest.mark.parametrize("service", ["GLANE", "GLANE_SEARCH"])
def test_what_kubernetes_injects_for_a_service_of_that_name_is_no_setting(service: str) -> None:
    injected = {
        f"{service}_SERVICE_HOST": "10.0.0.1",
        f"{service}_SERVICE_PORT": "8000",
        f"{service}_SERVICE_PORT_HTTP": "8000",
        f"{service}_PORT": "tcp://10.0.0.1:8000",
        f"{service}_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        f"{service}_PORT_8000_TCP_PROTO": "tcp",
        f"{service}_PORT_8000_TCP_PORT": "8000",
        f"{service}_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    assert Settings.from_env(injected) == Settings.from_env({})
    assert Settings.from_env({**injected, "GLANE_PORT": "8123"}).port == 8123


def test_every_setting_is_described() -> None:
    rows = describe()
    assert [row.variable for row in rows] == [f"GLANE_{item.name.upper()}" for item in fields(Settings)]
    assert all(row.help and not row.help.endswith(".") for row in rows)
    defaults = {row.variable: row.default for row in rows}
    assert defaults["GLANE_LIBRARY"] == "library"
    assert defaults["GLANE_CACHE"] == "~/.cache/glane"
    assert (defaults["GLANE_CORS_ORIGINS"], defaults["GLANE_PORT"]) == ("", "8000")


def test_every_default_can_be_given_as_its_description_has_it() -> None:
    given = {row.variable: row.default for row in describe()}
    assert Settings.from_env(given) == Settings.from_env({})
