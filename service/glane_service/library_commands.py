"""What the commands do that change what is in a library. Each gives an exit code."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glane_indexer.errors import InputError, NotFoundError, UsageError
from glane_indexer.identity import identify, safe_url
from glane_indexer.models import Bookmark
from glane_indexer.settings import Settings
from glane_service.indexing import passage_encoder
from glane_service.terminal import print_json, printable

if TYPE_CHECKING:
    from glane_indexer.library.entries import Entry
    from glane_indexer.library.writing import Writer

# How long a command waits for the service to take a change in.
WAIT_SECONDS = 5.0


def add_command(options: Namespace, settings: Settings) -> int:
    """``glane add``: one bookmark, by its url."""
    if not safe_url(options.url):
        raise UsageError("this is no http(s) address", where=options.url[:200])
    settings.library.mkdir(parents=True, exist_ok=True)
    writer = _writer(settings)
    record = {"url": options.url, "title": options.title or options.url, **_given(options)}
    if options.text or options.note:
        record["annotations"] = [_annotation(options)]
    entry = writer.save([record])
    return _settled(options, settings, writer, entry, f"Bookmark {entry.ids[0]} is added")


def edit_command(options: Namespace, settings: Settings) -> int:
    """``glane edit``: some fields by options, or all of them in an editor."""
    from glane_indexer.library import changes
    from glane_indexer.library.writing import Request

    writer = _writer(settings)
    found = _found(writer, options.bookmark)
    fields = _given(options)
    if options.url is not None:
        fields["url"] = options.url
    if options.title is not None:
        fields["title"] = options.title
    if options.public:
        fields["visibility"] = "public"
    entry = None
    if fields:
        entry = writer.patch(found.id, fields)
    if options.text or options.note:
        entry = writer.annotate(found.id, [_annotation(options)])
    if entry is None:
        edited = _in_editor(found)
        if edited is None:
            print("Nothing has changed.")
            return 0
        entry = writer.put(found.id, edited, Request(match=(changes.etag(found),)))
    return _settled(options, settings, writer, entry, f"Bookmark {found.id} is changed")


def rm_command(options: Namespace, settings: Settings) -> int:
    """``glane rm``: bookmarks out of the library."""
    writer = _writer(settings)
    ids = [_found(writer, name).id for name in options.bookmarks]
    entries = [writer.delete(id) for id in dict.fromkeys(ids)]
    return _settled(options, settings, writer, entries[-1], f"{len(entries)} bookmarks are deleted", ids)


def purge_command(options: Namespace, settings: Settings) -> int:
    """``glane purge``: bookmarks out of every file, and a look into each."""
    from glane_indexer.library.purging import purge

    writer = _writer(settings)
    ids = [_found(writer, name).id for name in options.bookmarks]
    writer.close()
    report = purge(settings.library, tuple(dict.fromkeys(ids)), lambda: passage_encoder(settings))
    if options.json:
        print_json(asdict(report))
        return 0
    print(
        f"{len(report.ids)} bookmarks are purged: none of their {report.texts} texts is in any of the "
        f"{report.files} files of the library ({report.bytes / 1e6:.1f} MB were read)."
    )
    if report.elsewhere:
        print(f"{report.elsewhere} texts stay, since other bookmarks have them, too.")
    return 0


def key_command(options: Namespace, settings: Settings) -> int:
    """``glane key``: who may come in, and what for."""
    from glane_service.keys import KeyRing

    ring = KeyRing(settings.library)
    if options.action == "list":
        keys = ring.all()
        if options.json:
            print_json([key.to_json() for key in keys])
        for key in [] if options.json else keys:
            state = f"revoked {key.revoked_at}" if key.revoked_at else f"since {key.created_at}"
            print(f"{key.id}  {key.role:7} {printable(key.name)}, {state}")
        return 0
    if not options.name:
        raise UsageError("the name is missing", hint=f"glane key {options.action} NAME")
    _refuse_copied_keys(settings)
    if options.action == "revoke":
        key = ring.revoke(options.name)
        print_json(key.to_json()) if options.json else print(f"The key {key.id} is not valid any more.")
        return 0
    key, text = ring.add(options.name, options.role)
    if options.json:
        print_json({**key.to_json(), "key": text})
    else:
        print("The key, which is shown this once:", file=sys.stderr)
        print(text)
    return 0


def _refuse_copied_keys(settings: Settings) -> None:
    from glane_indexer.replication.state import read_state

    state = read_state(settings.library)
    if state is not None and state.has_keys:
        raise UsageError(
            "the keys of this library are those of the one it follows",
            where=str(settings.library),
            hint=f"Make the change at {state.source}",
        )


def _writer(settings: Settings) -> Writer:
    from glane_indexer.library.writing import Writer
    from glane_indexer.replication.state import refuse_follower

    refuse_follower(settings.library)
    return Writer(settings.library)


def _given(options: Namespace) -> dict[str, Any]:
    """The fields that the options name."""
    fields: dict[str, Any] = {}
    for name in ("description", "contributor"):
        if getattr(options, name) is not None:
            fields[name] = getattr(options, name)
    if options.tag is not None:
        fields["tags"] = options.tag
    if options.private:
        fields["visibility"] = "private"
    return fields


def _annotation(options: Namespace) -> dict[str, str]:
    return {"text": options.text or "", "note": options.note or ""}


def _found(writer: Writer, name: str) -> Bookmark:
    """The bookmark with this id or url.

    Raises:
        NotFoundError: there is none.
    """
    found = writer.bookmark(name)
    if found is None and safe_url(name):
        found = writer.bookmark(identify(Bookmark("", name)).id)
    if found is None:
        raise NotFoundError("there is no such bookmark", where=name[:200], hint="Give its id or its url")
    return found


def _settled(
    options: Namespace,
    settings: Settings,
    writer: Writer,
    entry: Entry,
    said: str,
    ids: Sequence[str] | None = None,
) -> int:
    """Have a change applied, here or by the service that runs, and say what was done."""
    from glane_indexer.library.applying import applied_seq

    searchable = _apply_here(settings, writer)
    if not searchable:
        deadline = time.monotonic() + WAIT_SECONDS
        while applied_seq(settings.library) < entry.seq and time.monotonic() < deadline:
            time.sleep(0.05)
    writer.close()
    if options.json:
        print_json({"seq": entry.seq, "ids": list(ids or entry.ids)})
    else:
        when = "" if searchable else "; the service that runs takes it up"
        print(f"{said} (change {entry.seq}{when}).")
    return 0


def _apply_here(settings: Settings, writer: Writer) -> bool:
    """Apply what waits and bring the index up to date; False where a service does that."""
    from glane_indexer.index.build import build_generation
    from glane_indexer.index.generation import current_name
    from glane_indexer.library.applying import apply_pending
    from glane_service.applier import take_turn

    handle = take_turn(settings.library)
    if handle is None:
        return False
    try:
        apply_pending(settings.library, writer.journal)
        # Without an index there is none to keep up to date: `glane index` makes the first.
        if current_name(settings.library):
            build_generation(settings.library, passage_encoder(settings))
    finally:
        os.close(handle)
    return True


def _in_editor(bookmark: Bookmark) -> dict[str, Any] | None:
    """The bookmark's record as somebody has left it in an editor; None where it is as before."""
    from glane_indexer.importers.jsonl import record_of

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError(
            "there is nothing to change", hint="Give an option such as --title, or set $EDITOR to edit all"
        )
    before = json.dumps(record_of(bookmark), indent=2, ensure_ascii=False) + "\n"
    with tempfile.TemporaryDirectory(prefix="glane-") as folder:
        path = Path(folder) / "bookmark.json"
        path.write_text(before, "utf-8")
        if subprocess.run([*shlex.split(editor), str(path)], check=False).returncode:  # noqa: S603
            raise UsageError("the editor ended with an error; nothing was changed", where=editor)
        after = path.read_text("utf-8")
    if after == before:
        return None
    try:
        edited = json.loads(after)
    except ValueError as error:
        raise InputError(f"this is not JSON: {error}; nothing was changed") from error
    if not isinstance(edited, dict):
        raise InputError("this is not a JSON object; nothing was changed")
    return edited
