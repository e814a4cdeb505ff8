"""Sign-in on the page: a signed cookie that names a key, and never holds it.

A session lasts as long as its key is valid, and at most :data:`LIFE`. What changes something is sent by a
form that also holds a token made of the session, so that no other site can have it sent.
"""

from __future__ import annotations

import hashlib
import hmac

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from glane_indexer.settings import Settings
from glane_service.keys import Key, KeyRing

COOKIE = "glane_session"
LIFE = 30 * 86400


class Sessions:
    """Makes and reads the cookies of one library."""

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        self._keys = keys
        self._secure = settings.public_url.startswith("https://")

    def begin(self, request: Request, response: Response, key: Key) -> None:
        """Give the browser a session of this key."""
        value = self._serializer().dumps([key.id, key.hash[:16]])
        self._set(request, response, value, LIFE)

    def end(self, request: Request, response: Response) -> None:
        """Take the session away from the browser."""
        self._set(request, response, "", 0)

    def key(self, request: Request) -> Key | None:
        """The key of the request's session; None where it has none that is valid."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return None
        try:
            id, start = self._serializer().loads(cookie, max_age=LIFE)
        except (BadData, ValueError, TypeError):
            return None
        key = self._keys.valid(id) if isinstance(id, str) else None
        # The key of the setting can become another one under the same id.
        return key if key and isinstance(start, str) and key.hash.startswith(start) and start else None

    def token(self, request: Request) -> str:
        """What the forms of this session send along; "" without a session."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return ""
        secret = self._keys.session_secret()
        return hmac.new(secret, b"form:" + cookie.encode(), hashlib.sha256).hexdigest()

    def is_token(self, request: Request, token: str) -> bool:
        """Whether a form was made for the session that sends it."""
        right = self.token(request)
        return bool(right) and hmac.compare_digest(right.encode(), token.encode("utf-8", "replace"))

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._keys.session_secret(), salt="glane-session")

    def _set(self, request: Request, response: Response, value: str, life: int) -> None:
        response.set_cookie(
            COOKIE,
            value,
            max_age=life,
            path="/",
            secure=self._secure or request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
