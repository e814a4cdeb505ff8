"""A Diigo group library page saved as HTML (pure).

Diigo's markup has changed over the years, so what counts is what an item shows: a contributor
(``/user/NAME``), a linked title with "- N views", tags, highlights as bullets with the comments on
them, and the description as the last bullet. Items are the blocks ``item_0``, ``item_1`` ...; where a
page has none they are the largest blocks around each "N views". Comments on a highlight become its
note; one by somebody else than the contributor begins with that name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from glane_indexer.importers.clean import clean_line, clean_tags, clean_text, parse_moment, unquoted
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem

_HOST = "https://groups.diigo.com"
_SAVED = re.compile(
    r"(?:saved from url=\(\d+\)|\burl: *|rel=[\"']?canonical[\"']? +href=[\"']?)https?://groups\.diigo\.com/"
    r"|<title>[^<]*\bDiigo - Groups",
    re.IGNORECASE,
)
_USER = re.compile(
    r"(?:https?://[\w.]*\bdiigo\.com)?/(?:user|profile)/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE
)
_OUTSIDE = re.compile(r"(?!https?://(?:[\w-]+\.)*diigo\.com(?:[:/?#]|$))https?://\S", re.IGNORECASE)
_TOPIC = re.compile(r"/group/[^/]+/content/", re.IGNORECASE)
_TAG_LINK = re.compile(
    r"(?!https?://(?!\S*\bdiigo\.com))\S*(?:/tags?/|[?&]tags?=|/user/[^/?]+/[^/?]+$)", re.IGNORECASE
)
_VIEWS = re.compile(r"(?:^|[-–·|]|\s)\s*(\d[\d., ]*)\s*views?\s*$", re.IGNORECASE)
_FOLD = re.compile(r"(?:\.{3}|…)\s*(\d+) more annotations?\s*(?:\.{3}|…)", re.IGNORECASE)
_RANGE = re.compile(r"\b(\d+) [-–] (\d+) of \d+\b")
_CHROME = re.compile(r"\bSort By\b|\bShowing \d+ items\b|\b\d+ [-–] \d+ of \d+\b|\bNext ›", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
)
_DAY = re.compile(
    r"\b(?:(\d{1,2}) ([A-Z][a-z]{2})[a-z]*|([A-Z][a-z]{2})[a-z]* (\d{1,2})),? '?(\d{4}|\d\d)\b"
)

_UNREAD = frozenset({"button", "form", "iframe", "input", "nav", "select", "svg", "textarea"})
_BREAKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_MENU_CLASS = re.compile(
    r"(?:^|[\s_-])(?:actions?|menu|toolbar|pager|pagination|dropdown)\b", re.IGNORECASE
)
_HIGHLIGHT_CLASS = re.compile(r"ann(?:otation)?content|highlight|\bquote", re.IGNORECASE)
_COMMENT_CLASS = re.compile(r"comment|sticky|\bnotes?\b", re.IGNORECASE)
_DESCRIPTION_CLASS = re.compile(r"desc(?:ription)?\b", re.IGNORECASE)
_TAGS_NAME = re.compile(r"(?:^|[\s_-])(?:tags?|taglist)(?:$|[\s_-])", re.IGNORECASE)
# Shorter text outside of bullets is a button or a label, and no description.
_PROSE = 60


def looks_like(text: str) -> bool:
    """Whether this is HTML, saved from a Diigo group, or with items as Diigo shows them."""
    if not text.lstrip("\ufeff \t\r\n").startswith("<") or "diigo" not in text.lower():
        return False
    if _SAVED.search(text):
        return True
    return any(_title_link(item) and _users(item) for item in _items(LexborHTMLParser(text)))


def read(text: str) -> Iterator[Imported]:
    """The bookmarks of the page, the items that are none, and what is announced and missing."""
    tree = LexborHTMLParser(text)
    items = _items(tree)
    if not items:
        yield Problem("page", "no items of a Diigo group were found on this page")
        return
    for number, item in enumerate(items, start=1):
        yield from _read_item(item, f"item {number}")
    # The last one: highlights, which come before the pager, may hold such numbers too.
    announced = _RANGE.findall(tree.body.text(separator=" ") if tree.body else "")
    missing = int(announced[-1][1]) - int(announced[-1][0]) + 1 - len(items) if announced else 0
    if missing > 0:
        yield Missing("page", bookmarks=missing)


def _items(tree: LexborHTMLParser) -> list[LexborNode]:
    tree.strip_tags(["script", "style", "noscript", "template"])
    marked = [node for node in tree.css("[id^=item_]") if re.fullmatch(r"item_\d+", node.id or "")]
    if marked or tree.body is None:
        return [node for node in marked if node.child is not None]
    marks = [
        node
        for node in tree.body.traverse(include_text=True)
        if _is_text(node) and _VIEWS.search(_raw(node))
    ]
    around = Counter(ancestor.mem_id for mark in marks for ancestor in _ancestors(mark))
    blocks = (_block(mark, around, alone=len(marks) == 1) for mark in marks)
    return [block for block in blocks if block and (_title_link(block) or _users(block))]


def _block(mark: LexborNode, around: Counter[int], alone: bool) -> LexborNode | None:
    """The largest block that holds this "N views" and no other, and nothing of the page's frame."""
    block = None
    for parent in _ancestors(mark):
        if parent.tag in ("body", "html") or around[parent.mem_id] > 1:
            break
        complete = alone and block is not None and _users(block) and _title_link(block)
        if complete and (
            parent.css_first("header,footer,nav") or _CHROME.search(parent.text(separator=" "))
        ):
            break
        block = parent
    return block


@dataclass(slots=True)
class _Item:
    """What an item holds, as it is met from its first node to its last."""

    bullets: list[LexborNode] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    folded: int = 0
    before_fold: int = 0
    created_at: datetime | None = None

    def fold(self, text: str) -> bool:
        """Count the highlights that a fold mark announces; whether the text is one."""
        found = _FOLD.fullmatch(text)
        if found:
            self.folded, self.before_fold = self.folded + int(found[1]), len(self.bullets)
        return found is not None


def _read_item(node: LexborNode, where: str) -> Iterator[Imported]:
    title = _title_link(node)
    if title is None:
        yield Problem(where, f"no title with a link was found near {clean_line(node.text())[:60]!r}")
        return
    contributor = next((name for name in map(_name, _users(node)) if name), "")
    item = _collect(node, title)
    views = 0
    for line in _joined(item.loose).split("\n"):
        seen = _VIEWS.search(line)
        views = views or int(re.sub(r"\D", "", seen[1]) if seen else 0)
        item.created_at = item.created_at or (_moment(line) if len(line) < _PROSE else None)
        if not seen and (len(line) >= _PROSE or unquoted(line) != line):
            item.descriptions.append(unquoted(line))
    if _ends_with_description(item.bullets):
        item.descriptions += map(unquoted, _comments(item.bullets.pop(), contributor))
    highlights = [_annotation(bullet, contributor) for bullet in item.bullets]
    missing = item.folded - (len(highlights) - item.before_fold)
    if item.folded and missing > 0:
        yield Missing(where, annotations=missing)
    href = _href(title)
    beside = next((_href(link) for link in _links(title.parent) if _OUTSIDE.match(_href(link))), "")
    topic = not _OUTSIDE.match(href) and not beside and bool(_TOPIC.search(href))
    url = (_HOST + href if href.startswith("/") else href) if _OUTSIDE.match(href) or not beside else beside
    named = clean_line(re.sub(r"\s[-–]\s*\d[\d., ]*\s*views?\s*$", "", clean_line(title.text())))
    yield Bookmark(
        title=named or clean_line(title.attributes.get("title") or "") or url,
        url=url,
        description="\n".join(item.descriptions),
        tags=clean_tags(item.tags),
        contributor=contributor,
        created_at=item.created_at,
        views=views,
        kind="topic" if topic else "bookmark",
        annotations=tuple(annotation for annotation in highlights if annotation.text or annotation.note),
    )


def _collect(root: LexborNode, title: LexborNode) -> _Item:
    """Everything of an item but its title and contributor, in the order of the page."""
    item, skip = _Item(), set[int]()
    around = {ancestor.mem_id for ancestor in _ancestors(title)}
    for node, entering in _walk(root, skip):
        if _is_text(node):
            if not item.fold(clean_line(_raw(node))):
                item.loose.append(_spaced(node))
            continue
        if node.tag in _BREAKS:
            item.loose.append("\n")
        if not entering or node.mem_id in around:
            continue
        attributes, names = node.attributes, f"{node.attributes.get('class') or ''} {node.id or ''}"
        stamp = next((attributes[key] or "" for key in ("datetime", "title") if key in attributes), "")
        item.created_at = item.created_at or (_moment(stamp) if _ISO.fullmatch(stamp.strip()) else None)
        skip.add(node.mem_id)
        if node.mem_id == title.mem_id or _USER.fullmatch(_href(node)) or _MENU_CLASS.search(names):
            continue
        if _TAGS_NAME.search(names) or (node.tag == "a" and _TAG_LINK.search(_href(node))):
            links = [node] if node.tag == "a" else _links(node)
            item.tags += [link.text() for link in links]
        elif node.tag in ("li", "blockquote") or _HIGHLIGHT_CLASS.search(names):
            if not item.fold(clean_line(node.text())) and not _is_button(node) and _text(node):
                item.bullets.append(node)
        elif _DESCRIPTION_CLASS.search(names):
            item.descriptions.append(unquoted(_text(node)))
        elif _COMMENT_CLASS.search(names) and _users(node):
            item.descriptions += _comments(node, "")
        else:
            skip.discard(node.mem_id)
    return item


def _ends_with_description(bullets: list[LexborNode]) -> bool:
    """Whether the last bullet is no highlight: it is in quotation marks, or built unlike the others."""
    if not bullets or bullets[-1].css_first("[class*=annContent],[class*=ighlight]"):
        return False
    text = _text(bullets[-1])
    return unquoted(text) != text or (_has_block(bullets[-1]) and not any(map(_has_block, bullets[:-1])))


def _has_block(bullet: LexborNode) -> bool:
    return any(child.tag == "div" for child in bullet.iter())


def _is_button(node: LexborNode) -> bool:
    """Whether a bullet is all one link into Diigo: "Share", "Like (2)"."""
    links, text = _links(node), clean_line(node.text())
    return len(links) == 1 and clean_line(links[0].text()) == text and not _OUTSIDE.match(_href(links[0]))


def _annotation(node: LexborNode, contributor: str) -> Annotation:
    skip, notes, author = set[int](), list[str](), ""
    for child, entering in _walk(node, skip):
        if not entering or _is_text(child):
            continue
        if _COMMENT_CLASS.search(child.attributes.get("class") or "") or (
            child.tag == "ul" and _users(child)
        ):
            skip.add(child.mem_id)
            notes += _comments(child, contributor)
        elif child.tag == "a" and _USER.fullmatch(_href(child)):
            skip.add(child.mem_id)
            author = author or _name(child)
    return Annotation(_text(node, skip), note="\n".join(notes), author=author)


def _comments(node: LexborNode, contributor: str) -> Iterator[str]:
    """The comments in a block, each after its author's name where that is not the contributor."""
    for entry in node.css("li") or [node]:
        users = _users(entry)
        lines = _text(entry, {user.mem_id for user in users}).split("\n")
        text = "\n".join(line for line in lines if len(line) > 20 or not _moment(line)).strip()
        author = next((name for name in map(_name, users) if name), "")
        if text:
            yield f"{author}: {text}" if author and contributor and author != contributor else text


def _title_link(item: LexborNode) -> LexborNode | None:
    marked = item.css_first("a[id^=title_link]")
    if marked:
        return marked
    headings = item.css("h1 a,h2 a,h3 a,h4 a,[class*=title i] a,a[class*=title i]")
    links = [link for link in headings + _links(item) if clean_line(link.text())]
    outside = next((link for link in links if _OUTSIDE.match(_href(link))), None)
    return outside or next((link for link in links if _TOPIC.search(_href(link))), None)


def _links(node: LexborNode | None) -> list[LexborNode]:
    return node.css("a[href]") if node else []


def _users(node: LexborNode) -> list[LexborNode]:
    return [link for link in _links(node) if _USER.fullmatch(_href(link))]


def _href(node: LexborNode) -> str:
    return (node.attributes.get("href") or "").strip()


def _name(user: LexborNode) -> str:
    image = user.css_first("img[alt]")
    return clean_line(user.text()) or clean_line((image.attributes["alt"] or "") if image else "")


def _moment(text: str) -> datetime | None:
    """The date in a text: "2016-05-12 08:30:00", "12 May 16" or "May 12, 2016"."""
    found = _ISO.search(text)
    if found:
        return parse_moment(found[0])
    day = _DAY.search(text)
    month = (day[2] or day[3]).lower() if day else ""
    if day is None or month not in _MONTHS:
        return None
    return parse_moment(
        f"{day[5]:0>4}".replace("00", "20", 1) + f"-{_MONTHS.index(month) + 1:02}-{(day[1] or day[4]):0>2}"
    )


def _text(root: LexborNode, skip: set[int] | frozenset[int] = frozenset()) -> str:
    parts = []
    for node, _ in _walk(root, skip):
        parts.append(_spaced(node) if _is_text(node) else "\n" if node.tag in _BREAKS else "")
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    return clean_text(re.sub(r" *\n[ \n]*", "\n", "".join(parts)))


def _spaced(node: LexborNode) -> str:
    """A node's text; its line ends count as spaces, except in ``pre``."""
    within = node.parent.tag if node.parent else ""
    return _raw(node) if within == "pre" else re.sub(r"[ \t\r\n\f]+", " ", _raw(node))


def _raw(node: LexborNode) -> str:
    return node.text_content or ""


def _is_text(node: LexborNode) -> bool:
    return node.tag == "-text"


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    # Pages are some dozens of elements deep; one that is a hundred thousand deep is hostile.
    for _ in range(500):
        if node.parent is None:
            return
        node = node.parent
        yield node


def _walk(root: LexborNode, skip: set[int] | frozenset[int]) -> Iterator[tuple[LexborNode, bool]]:
    """Every node within, as it is entered and as it is left; nothing within those in ``skip``."""
    above: list[LexborNode] = []
    node = root.child
    while True:
        while node is None:
            if not above:
                return
            node = above.pop()
            yield node, False
            node = node.next
        yield node, True
        if node.child is not None and node.mem_id not in skip and node.tag not in _UNREAD:
            above.append(node)
            node = node.child
        else:
            node = node.next
