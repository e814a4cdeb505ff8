"""What the forms of our own pages send, and where they lead back to.

That they come from there is seen to before they are read: :mod:`.cross_site`.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from glane_indexer.errors import QueryError
from glane_service.http.bodies import read_body

MAX_FORM = 64 << 10
MAX_FIELDS = 20_000


async def read_form(request: Request, limit: int = MAX_FORM) -> dict[str, str]:
    """The fields of a form of at most ``limit`` bytes, each with its first value.

    Raises:
        HTTPException: it is larger (413).
        QueryError: it is no form.
    """
    body = await read_body(request, limit)
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise QueryError("this is not a form", where="form") from error
    return {name: values[0] for name, values in fields.items()}


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
