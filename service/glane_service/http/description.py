"""The OpenAPI description, where it must say more than FastAPI takes from the code."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_EMPTY = {"type": "string", "maxLength": 0}


def describe(app: FastAPI) -> None:
    """Have ``app`` say in its description that an empty parameter is an absent one."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            for item in schema["paths"].values():
                for operation in item.values():
                    for parameter in operation.get("parameters", []):
                        if parameter["in"] == "query":
                            parameter["schema"] = or_empty(parameter["schema"])
        return app.openapi_schema or schema

    app.openapi = openapi  # type: ignore[method-assign]


def or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a query parameter that takes "" for absent as well, as forms send it."""
    if schema.get("type") == "array":
        return schema
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], ""]}
    if "pattern" in schema:
        return {**schema, "pattern": f"^$|{schema['pattern']}"}
    if schema.get("type") == "string" and not schema.get("minLength"):
        return schema
    # What is said of the parameter stays outside, where programs look for it.
    outside = {
        name: schema[name] for name in ("title", "description", "default", "examples") if name in schema
    }
    kind = {name: value for name, value in schema.items() if name not in outside}
    return {**outside, "anyOf": [kind, _EMPTY]}
