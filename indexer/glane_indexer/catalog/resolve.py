"""Which bookmark of a library a record is."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace

from glane_indexer.catalog.merge import says_something
from glane_indexer.identity import first_edition_id, identify, page_id, second_id
from glane_indexer.models import Bookmark


def page_of(record: Bookmark) -> str:
    """The id that the record's page has, or its title where it has no url."""
    return page_id(record.url) if record.url.strip() else identify(replace(record, id="")).id


def title_of(record: Bookmark) -> str:
    """The title by which a record without a url is told; "" where it says nothing, or is a topic's."""
    told = record.kind == "bookmark" and not record.url.strip() and says_something(record.title)
    return record.title if told else ""


def resolve(
    records: Sequence[Bookmark],
    stored: Mapping[str, str],
    aliases: Mapping[str, str],
    titles: Mapping[str, str],
    own: Sequence[str] | set[str],
) -> list[Bookmark]:
    """The records with the ids of the bookmarks that they are, or are to become.

    A record that brings the id of a bookmark that is there is this one. Any other is told by its page,
    except that two records of one import with ids of their own are two, whatever their pages. One that
    has no url, as in the exports of reading programs, is told by its title, where one page has it.

    Args:
        stored: the urls of bookmarks that are there by id: all with an id of a record, of a page of one,
            or in ``aliases``.
        aliases: the ids of bookmarks that are there by the id of their page, where these are not the same.
        titles: the ids of bookmarks that are there by their title, where a single one has it.
        own: the ids that records of this import have brought before.
    """
    urls: dict[str, str] = dict(stored)
    others: MutableMapping[str, str] = dict(aliases)
    brought = set(own)
    found = []
    for record in records:
        id, page = record.id, page_of(record)
        if id not in urls:
            known = _known(record.url, page, urls, others)
            if known == page and page not in urls:
                known = titles.get(title_of(record), page)
            if not id or (known in urls and known not in brought):
                id = known
        bookmark = identify(replace(record, id=id))
        if record.id:
            brought.add(bookmark.id)
        urls.setdefault(bookmark.id, bookmark.url)
        if record.url.strip() and bookmark.id != page:
            others.setdefault(page, bookmark.id)
        found.append(bookmark)
    return found


def _known(url: str, page: str, urls: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """The id of the bookmark of a page, there or not."""
    if page not in urls:
        return aliases.get(page, page)
    other = urls[page] if url.strip() else ""
    # Version 0.1 gave several pages one id, and the bookmark that has it is of one of them.
    if not other.strip() or page_id(other) == page or first_edition_id(other) != page:
        return page
    return aliases.get(page, second_id(url))
