"""Who may do what: all rules of access in one place (pure).

Each of the first four roles may do what those before it may; the last two are for other servers. What
somebody may not see does not exist for them: they get the answer for what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glane_indexer.errors import GlaneError

Role = Literal["search", "member", "write", "admin", "mirror", "follow"]
ROLES: tuple[Role, ...] = ("search", "member", "write", "admin", "mirror", "follow")
ROLE_HELP: dict[Role, str] = {
    "search": "asks, and sees what is public",
    "member": "sees what is private, too",
    "write": "adds, edits and deletes bookmarks",
    "admin": "judges, too",
    "mirror": "copies what is public to another server",
    "follow": "copies everything to another server, what is private and the hashes of the keys too",
}
"""What each role may do; the first four beside what those before them may."""

_MAY: dict[Role, frozenset[Role]] = {
    "search": frozenset({"search"}),
    "member": frozenset({"search", "member"}),
    "write": frozenset({"search", "member", "write"}),
    "admin": frozenset(ROLES),
    # A copy is only read: who makes it changes nothing here.
    "mirror": frozenset({"search", "mirror"}),
    "follow": frozenset({"search", "member", "mirror", "follow"}),
}


class UnknownViewerError(GlaneError):
    """A key is needed here, or the one that was given is not valid."""

    slug = "unauthorized"


class ForbiddenError(GlaneError):
    """The key that was given is not for this."""

    slug = "forbidden"


class ReadOnlyError(GlaneError):
    """This server takes no changes: it follows another."""

    slug = "read-only"


class TooManyError(GlaneError):
    """More requests than one key or one address may make; ``seconds`` from now there may be more."""

    slug = "too-many"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, hint=f"Try again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: what is answered is what this viewer may see.

    Args:
        role: None for somebody who may not even search.
        key: the id of the key that was given, "" for nobody in particular.
        name: whose key that is.
    """

    role: Role | None
    key: str = ""
    name: str = ""

    @property
    def sees_private(self) -> bool:
        """Whether private bookmarks exist for this viewer."""
        return self.may("member")

    def may(self, role: Role) -> bool:
        """Whether the viewer may do what ``role`` is for."""
        return self.role is not None and role in _MAY[self.role]

    def require(self, role: Role) -> None:
        """Let pass who may do what ``role`` is for.

        Raises:
            UnknownViewerError: nobody has said who they are.
            ForbiddenError: the key is one for less.
        """
        if self.may(role):
            return
        if not self.key:
            raise UnknownViewerError(
                "a key is needed for this",
                hint=f"Send `Authorization: Bearer KEY` with a key of the role {role}",
            )
        raise ForbiddenError(
            f"this key has the role {self.role}, and this needs {role}",
            hint=f"Ask for another: glane key add NAME --role {role}",
        )


PUBLIC = Viewer("search")
"""Anybody, where the library is open to all."""

NOBODY = Viewer(None)
"""Anybody, where the library needs a key."""

EVERYTHING = Viewer("admin", name="glane")
"""The program itself, where it answers the owner of the library's folder."""
