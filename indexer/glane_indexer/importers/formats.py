"""The table of formats: what each is, what it carries, how it is recognised and read (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glane_indexer.importers import (
    beir,
    browsers,
    delicious,
    diigo_csv,
    diigo_html,
    diigo_json,
    diigo_text,
    feeds,
    generic_csv,
    generic_json,
    hypothesis,
    hypothesis_csv,
    instapaper,
    jsonl,
    karakeep,
    kindle,
    linkding,
    linkwarden,
    markdown,
    matter,
    memex,
    netscape,
    omnivore,
    opml,
    pinboard,
    places,
    pocket_csv,
    pocket_html,
    pocket_json,
    pocket_zip,
    raindrop_csv,
    readability,
    reader_csv,
    readwise_csv,
    readwise_json,
    urls,
    wallabag,
    web_annotation,
    zotero,
)
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name.

    ``recognise`` gives a score from 0 (another format) to 1 (this one, and no other); ``carries`` is
    what of a bookmark the format can hold and the reader keeps; ``in_parts`` says that it is made of
    several files.
    """

    name: str
    about: str
    carries: str
    recognise: Callable[[Source], float]
    read: Callable[[Source], Iterator[Imported]]
    in_parts: bool = False


_ALL = (
    # With highlights.
    Format(
        "diigo-text",
        "a Diigo group page, as text, or several after each other",
        "title, description, tags, contributor, views, highlights",
        diigo_text.recognise,
        diigo_text.read,
    ),
    Format(
        "diigo-html",
        "the same page, saved as HTML",
        "title, description, tags, contributor, date, views, highlights, notes",
        diigo_html.recognise,
        diigo_html.read,
    ),
    Format(
        "diigo-csv",
        "Diigo's CSV export",
        "title, description, tags, date, highlights, notes",
        diigo_csv.recognise,
        diigo_csv.read,
    ),
    Format(
        "diigo-json",
        "what Diigo's API answers",
        "title, description, tags, contributor, date, highlights, notes with authors",
        diigo_json.recognise,
        diigo_json.read,
    ),
    Format(
        "diigo-rss",
        "a Diigo feed",
        "title, description, tags, contributor, date, highlights",
        feeds.recognise_diigo,
        feeds.read_diigo,
    ),
    Format(
        "readwise-csv",
        "Readwise's CSV export",
        "title, author, tags, highlights, notes, dates of highlights",
        readwise_csv.recognise,
        readwise_csv.read,
    ),
    Format(
        "readwise-json",
        "what Readwise's export API answers",
        "title, description, author, tags, date, highlights, notes",
        readwise_json.recognise,
        readwise_json.read,
    ),
    Format(
        "readwise-reader",
        "Readwise Reader's CSV of documents",
        "title, tags, date",
        reader_csv.recognise,
        reader_csv.read,
    ),
    Format(
        "hypothesis-json",
        "Hypothes.is: the client's export, the API's answer, or one annotation",
        "title, tags, highlights, notes, authors, dates, replies",
        hypothesis.recognise,
        hypothesis.read,
    ),
    Format(
        "hypothesis-csv",
        "the table that the Hypothes.is client exports",
        "title, tags, highlights, notes, authors, dates",
        hypothesis_csv.recognise,
        hypothesis_csv.read,
    ),
    Format(
        "web-annotation",
        "W3C Web Annotations (JSON-LD)",
        "title, tags, highlights, notes, authors, dates",
        web_annotation.recognise,
        web_annotation.read,
    ),
    Format(
        "raindrop",
        "Raindrop's CSV export",
        "title, description, tags, folders, date, highlights, notes",
        raindrop_csv.recognise,
        raindrop_csv.read,
    ),
    Format(
        "kindle",
        "Kindle's My Clippings.txt, in English, French, German, Spanish and more",
        "title, author, highlights, notes, dates of highlights",
        kindle.recognise,
        kindle.read,
    ),
    Format(
        "omnivore",
        "Omnivore's archive, or its metadata alone",
        "title, description, tags, author, date, highlights, notes",
        omnivore.recognise,
        omnivore.read,
        in_parts=True,
    ),
    Format(
        "pocket-zip",
        "Pocket's archive: CSV and highlights",
        "title, tags, date, highlights",
        pocket_zip.recognise,
        pocket_zip.read,
        in_parts=True,
    ),
    Format("pocket-csv", "Pocket's CSV export", "title, tags, date", pocket_csv.recognise, pocket_csv.read),
    Format(
        "pocket-json",
        "Pocket's highlights, or what its API answered",
        "title, description, tags, date, highlights",
        pocket_json.recognise,
        pocket_json.read,
    ),
    Format(
        "pocket-html",
        "Pocket's HTML export (ril_export.html)",
        "title, tags, date",
        pocket_html.recognise,
        pocket_html.read,
    ),
    Format(
        "wallabag",
        "wallabag's JSON export, version 1 or 2",
        "title, tags, date, highlights, notes",
        wallabag.recognise,
        wallabag.read,
    ),
    Format(
        "instapaper",
        "Instapaper's CSV export",
        "title, tags, folders, date, the selection as a highlight",
        instapaper.recognise,
        instapaper.read,
    ),
    Format(
        "zotero-json",
        "Zotero: what its API answers",
        "title, description, tags, authors, date, highlights, notes",
        zotero.recognise_api,
        zotero.read_api,
    ),
    Format(
        "zotero-rdf",
        "Zotero's RDF export",
        "title, description, tags, authors, date, notes",
        zotero.recognise_rdf,
        zotero.read_rdf,
    ),
    Format(
        "csl-json",
        "CSL JSON, of Zotero and others",
        "title, description, keywords, authors, date of access",
        zotero.recognise_csl,
        zotero.read_csl,
    ),
    Format(
        "matter",
        "Matter's CSV export",
        "title, author, tags, date, highlights",
        matter.recognise,
        matter.read,
    ),
    Format(
        "glasp",
        "Glasp's export as JSON",
        "title, author, tags, highlights, notes, dates",
        readwise_json.recognise_glasp,
        readwise_json.read,
    ),
    Format(
        "memex",
        "Memex's annotations as JSON",
        "title, tags, highlights, notes, dates",
        memex.recognise,
        memex.read,
    ),
    Format(
        "markdown",
        "highlights in Markdown, as Obsidian keeps them, and lists of links",
        "title, tags, highlights, notes",
        markdown.recognise,
        markdown.read,
    ),
    # Bookmarks.
    Format(
        "netscape",
        "bookmarks as HTML: every browser, Delicious, Pinboard, Shaarli, linkding, Raindrop …",
        "title, description, tags, folders, date",
        netscape.recognise,
        netscape.read,
    ),
    Format(
        "chrome",
        "the file Bookmarks of Chrome, Chromium, Edge, Brave, Vivaldi",
        "title, folders, date",
        browsers.recognise_chrome,
        browsers.read_chrome,
    ),
    Format(
        "firefox",
        "Firefox's backup, .json or .jsonlz4",
        "title, description, tags, folders, date",
        browsers.recognise_firefox,
        browsers.read_firefox,
    ),
    Format(
        "firefox-places",
        "Firefox's places.sqlite",
        "title, tags, folders, date",
        places.recognise,
        places.read,
    ),
    Format(
        "pinboard",
        "Pinboard's JSON backup, or what its API answers",
        "title, description, tags, date",
        pinboard.recognise,
        pinboard.read,
    ),
    Format(
        "pinboard-xml",
        "the XML of Pinboard and Delicious",
        "title, description, tags, date",
        pinboard.recognise_xml,
        pinboard.read_xml,
    ),
    Format(
        "delicious",
        "Delicious' JSON export",
        "title, description, tags, date",
        delicious.recognise,
        delicious.read,
    ),
    Format(
        "karakeep",
        "Karakeep's (Hoarder's) JSON export",
        "title, description, tags, lists, date",
        karakeep.recognise,
        karakeep.read,
    ),
    Format(
        "linkwarden",
        "Linkwarden's JSON export",
        "title, description, tags, collections, date",
        linkwarden.recognise,
        linkwarden.read,
    ),
    Format(
        "linkding",
        "what linkding's API answers",
        "title, description, notes, tags, date",
        linkding.recognise,
        linkding.read,
    ),
    Format(
        "shaarli",
        "what Shaarli's API answers",
        "title, description, tags, date",
        linkding.recognise_shaarli,
        linkding.read,
    ),
    Format(
        "readability",
        "Readability's JSON export",
        "title, description, tags, date",
        readability.recognise,
        readability.read,
    ),
    Format("opml", "OPML", "title, description, outlines as tags, date", opml.recognise, opml.read),
    Format(
        "feed", "RSS or Atom", "title, description, tags, contributor, date", feeds.recognise, feeds.read
    ),
    Format("urls", "a list of addresses, one a line, also with titles", "title", urls.recognise, urls.read),
    Format(
        "csv",
        "any table with a header; --map title=Titre,url=Lien names its columns",
        "title, description, tags, folders, contributor, date, highlights, notes",
        generic_csv.recognise,
        generic_csv.read,
    ),
    Format(
        "json",
        "any other JSON whose objects have an address",
        "title, description, tags, contributor, date, highlights, notes",
        generic_json.recognise,
        generic_json.read,
    ),
    Format(
        "jsonl",
        "Glane's own: what `glane export` writes, a bookmark a line",
        "everything",
        jsonl.recognise,
        jsonl.read,
    ),
    Format(
        "beir",
        "the corpus of a BEIR dataset",
        "title, text, and of its metadata url, description, tags, date, language",
        beir.recognise,
        beir.read,
    ),
)
FORMATS = {item.name: item for item in _ALL}
