"""Forms that pages send, and whether they come from our own pages."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from glane_indexer.errors import QueryError

MAX_BODY = 300_000


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, each with its first value.

    Raises:
        QueryError: it is too large, or no form.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise QueryError(f"the form has more than {MAX_BODY} bytes", where="form")
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20)
    except ValueError as error:
        raise QueryError("this is not a form", where="form") from error
    return {name: values[0] for name, values in fields.items()}


def same_site(request: Request) -> bool:
    """Whether a form was sent from a page of this service, as far as the browser says."""
    site = request.headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none"):
        # A box on an allowed site may vote; its origin has passed the allow-list of CORS.
        allowed = request.app.state.settings.cors_origins
        return request.headers.get("origin", "") in allowed or "*" in allowed
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
