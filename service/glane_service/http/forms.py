"""Forms that pages send. Their size and where they come from are checked before they get here."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request

from glane_indexer.errors import QueryError


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, each with its first value.

    Raises:
        QueryError: it is no form.
    """
    body = await request.body()
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20)
    except ValueError as error:
        raise QueryError("this is not a form", where="form") from error
    return {name: values[0] for name, values in fields.items()}
