"""The API's documentation as a page, made from its OpenAPI description: it needs no other host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    type: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    responses: tuple[tuple[str, str], ...]
    example: str


def operations(schema: dict[str, Any]) -> list[Operation]:
    """What an OpenAPI description offers, in its order."""
    return [
        _operation(schema, method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(schema: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Operation:
    responses = operation.get("responses", {})
    content = responses.get("200", {}).get("content", {}).get("application/json", {})
    shown = content.get("example") or example(content.get("schema", {}), schema)
    return Operation(
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        tuple(_parameter(schema, item) for item in operation.get("parameters", [])),
        tuple((code, item.get("description", "")) for code, item in responses.items()),
        json.dumps(shown, ensure_ascii=False, indent=2) if shown else "",
    )


def _parameter(schema: dict[str, Any], item: dict[str, Any]) -> Parameter:
    kind = _resolved(item.get("schema", {}), schema)
    default = kind.get("default")
    return Parameter(
        item["name"],
        item["in"],
        _type(kind),
        "" if default in (None, "", []) else json.dumps(default),
        item.get("description", ""),
    )


def _type(kind: dict[str, Any]) -> str:
    if "anyOf" in kind:
        return _type(kind["anyOf"][0])
    if "enum" in kind:
        return " | ".join(str(value) for value in kind["enum"] if value != "")
    name = str(kind.get("type", ""))
    if name == "array":
        return f"{_type(kind.get('items', {}))}, repeatable"
    low, high = kind.get("minimum"), kind.get("maximum")
    if low is not None and high is not None:
        return f"{name}, {low} – {high}"
    if "maxLength" in kind:
        return f"{name}, at most {kind['maxLength']} characters"
    return name


def _resolved(kind: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in kind:
        kind = schema["components"]["schemas"][kind["$ref"].rsplit("/", 1)[1]]
    return kind


def example(kind: dict[str, Any], schema: dict[str, Any]) -> Any:
    """An example of a value of ``kind``: its own, or one made of its parts'."""
    kind = _resolved(kind, schema)
    if "examples" in kind:
        return kind["examples"][0]
    if "anyOf" in kind:
        return example(kind["anyOf"][0], schema)
    if "enum" in kind:
        return kind["enum"][0]
    if "const" in kind:
        return kind["const"]
    match kind.get("type"):
        case "object":
            properties = kind.get("properties", {})
            return {name: example(part, schema) for name, part in properties.items()}
        case "array":
            return [example(kind["items"], schema)] if "items" in kind else []
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case "string":
            return "…"
    return None
