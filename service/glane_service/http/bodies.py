"""What writers send: its form and its limits, and where in the body it is not as it should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from glane_indexer.errors import QueryError
from glane_indexer.identity import MAX_URL
from glane_indexer.library.writing import Request as WriteRequest
from glane_service.access import Viewer

MAX_BODY = 16 << 20
MAX_BOOKMARKS = 1000
MAX_KEY = 200
MAX_ERRORS = 20
JSON = ("application/json", "application/merge-patch+json")
LINES = ("application/jsonl", "application/x-ndjson", "application/x-jsonlines")

Text = Annotated[str, Field(max_length=200_000)]
Line = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(max_length=500)]
Moment = Annotated[str, Field(max_length=100)]


class BodyError(QueryError):
    """The body of a request is not what it should be.

    ``errors`` are pairs of a JSON pointer into the body and what is wrong there; the first is the message.
    """

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = tuple(errors[:MAX_ERRORS])
        pointer, message = self.errors[0]
        super().__init__(message, where=pointer or "body")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AnnotationBody(_Body):
    """An annotation as `glane export` writes it; it has a text or a note."""

    id: Name | None = None
    text: Text | None = Field(None, description="What is quoted from the page")
    note: Text | None = Field(None, description="What somebody says of it")
    author: Name | None = None
    created_at: Moment | None = Field(None, description="RFC 3339", examples=["2026-05-03T10:00:00Z"])


class BookmarkBody(_Body):
    """A bookmark as `glane export` writes it; it has a title or a url, and the rest may be left out."""

    id: Name | None = Field(None, description="Left out: made of the url, the same each time")
    url: Annotated[str, Field(max_length=MAX_URL)] | None = Field(
        None, examples=["https://revue.example.org/protection-sociale-des-donnees"]
    )
    title: Line | None = Field(None, examples=["Vers une protection sociale des données personnelles"])
    description: Text | None = None
    tags: Annotated[list[Name], Field(max_length=500)] | None = Field(
        None, examples=[["travail", "données"]]
    )
    contributor: Name | None = Field(None, examples=["Camille Roy"])
    created_at: Moment | None = Field(
        None, description="RFC 3339; left out: now", examples=["2026-05-03T10:00:00Z"]
    )
    views: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    kind: Literal["bookmark", "topic"] | None = None
    language: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="ISO 639-1; left out: found out by the text"
    )
    visibility: Literal["public", "private"] | None = None
    annotations: Annotated[list[AnnotationBody], Field(max_length=5000)] | None = None


_BOOKMARK = TypeAdapter(BookmarkBody)
_BOOKMARKS = TypeAdapter(Annotated[list[BookmarkBody], Field(min_length=1, max_length=MAX_BOOKMARKS)])
_ANNOTATION = TypeAdapter(AnnotationBody)
_ANNOTATIONS = TypeAdapter(Annotated[list[AnnotationBody], Field(min_length=1, max_length=MAX_BOOKMARKS)])


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body of a request.

    Raises:
        HTTPException: it is larger than ``limit`` (413).
    """
    declared = request.headers.get("content-length", "")
    parts, size = [], int(declared) if declared.isdigit() and len(declared) < 16 else 0
    if size <= limit:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    if size > limit:
        raise HTTPException(413, f"The body is over {limit} bytes")
    return b"".join(parts)


def parsed(body: bytes, request: Request) -> Any:
    """The JSON value of a body; of JSON lines the list of theirs.

    Raises:
        BodyError: it is not JSON; says where.
        HTTPException: it says that it is something else (415).
    """
    kind = request.headers.get("content-type", JSON[0]).partition(";")[0].strip().lower()
    if kind in LINES:
        lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
        return [_loads(line, f"line {number}: ") for number, line in lines]
    if kind not in JSON:
        raise HTTPException(415, f"The body is {kind[:80]}; it should be {', '.join((*JSON, *LINES))}")
    return _loads(body, "")


def bookmark_records(value: Any) -> list[dict[str, Any]]:
    """The records of one or several bookmarks, each with the fields that were sent.

    Raises:
        BodyError: it is no bookmark, or no list of them.
    """
    return _sent(_BOOKMARKS if isinstance(value, list) else _BOOKMARK, value)


def annotation_records(value: Any) -> list[dict[str, Any]]:
    """The records of one or several annotations.

    Raises:
        BodyError: it is no annotation, or no list of them.
    """
    return _sent(_ANNOTATIONS if isinstance(value, list) else _ANNOTATION, value)


def bookmark_record(value: Any) -> dict[str, Any]:
    """The record of one bookmark, or of some of its fields.

    Raises:
        BodyError: it is none.
    """
    (record,) = _sent(_BOOKMARK, value)
    return record


def asked(request: Request, viewer: Viewer, body: bytes) -> WriteRequest:
    """What a write is asked with beside its body: the tags that must match, and the key of the request.

    Raises:
        QueryError: a header is not acceptable.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > MAX_KEY or not key.isprintable():
        raise QueryError(f"it has 1 to {MAX_KEY} printable characters", where="Idempotency-Key")
    facts = "\0".join((request.method, request.url.path, request.headers.get("if-match", "")))
    return WriteRequest(
        match=_tags(request.headers.get("if-match", "")),
        absent=request.headers.get("if-none-match", "").strip() == "*",
        key=f"{viewer.key}:{key}" if key else "",
        digest=hashlib.sha256(facts.encode() + b"\0" + body).hexdigest()[:32] if key else "",
    )


def documented(model: type[BaseModel], *, many: bool) -> dict[str, Any]:
    """The part of an OpenAPI description that says what a body is; whole, without references."""
    schema = model.model_json_schema()
    one = _inlined(schema, schema.pop("$defs", {}))
    example = {name: part["examples"][0] for name, part in one["properties"].items() if "examples" in part}
    several = {"type": "array", "items": one, "maxItems": MAX_BOOKMARKS}
    return {
        "requestBody": {
            "required": True,
            "content": {
                JSON[0]: {"schema": {"anyOf": [one, several]} if many else one, "example": example}
            },
        }
    }


def _loads(text: bytes, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BodyError([("", f"{where}this is not JSON: {error}")]) from error


def _sent(adapter: TypeAdapter[Any], value: Any) -> list[dict[str, Any]]:
    try:
        found = adapter.validate_python(value)
    except ValidationError as error:
        raise BodyError([_explained(item) for item in error.errors()]) from None
    items = found if isinstance(found, list) else [found]
    return [item.model_dump(exclude_unset=True) for item in items]


def _explained(item: Any) -> tuple[str, str]:
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in item["loc"])
    context, kind = item.get("ctx", {}), item["type"]
    message = {
        "extra_forbidden": "there is no such field",
        "string_type": "this is not a text",
        "int_type": "this is not a whole number",
        "list_type": "this is not a list",
        "model_type": "this is not a JSON object",
        "greater_than_equal": "this is less than 0",
        "less_than": "this is too large a number",
        "literal_error": f"this is not one of {context.get('expected')}",
        "string_too_long": f"this has more than {context.get('max_length')} characters",
        "too_long": f"these are more than {context.get('max_length')}",
        "too_short": "the list is empty",
    }.get(kind, str(item["msg"]))
    return pointer, message


def _tags(header: str) -> tuple[str, ...]:
    tags: Iterable[str] = (part.strip().removeprefix("W/") for part in header.split(","))
    return tuple(tag for tag in tags if tag)


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rsplit("/", 1)[1]], definitions)
    return {name: _inlined(item, definitions) for name, item in part.items()}
