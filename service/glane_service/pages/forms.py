"""What the forms of our own pages send, and whether they come from there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from glane_indexer.errors import QueryError

MAX_FORM = 4 << 20
MAX_FIELDS = 20_000


def read_fields(body: bytes) -> dict[str, str]:
    """The fields of a form, each with its first value.

    Raises:
        QueryError: it is no form.
    """
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise QueryError("this is not a form", where="form") from error
    return {name: values[0] for name, values in fields.items()}


def sent_from_here(request: Request) -> bool:
    """Whether a form was sent from a page of this service: no other site may, whatever CORS allows."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    own = {request.headers.get("host", ""), urlsplit(request.app.state.settings.public_url).netloc}
    return origin is None or urlsplit(origin).netloc in own - {""}


def here(request: Request) -> str:
    """The page that was asked for, to come back to; a form cannot be sent again."""
    if request.method != "GET":
        return ""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def inside(back: str) -> str:
    """An address of this site, or "" where it is none."""
    parts = urlsplit(back)
    plain = all(32 < ord(character) < 127 for character in back) and "\\" not in back
    inside = back.startswith("/") and not back.startswith("//") and not parts.netloc and plain
    return back if inside else ""
