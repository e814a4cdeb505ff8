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
from dataclasses import dataclass, field, replace
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from glane_indexer.importers.clean import clean_line, clean_tags, clean_text, parse_moment, unquoted
from glane_indexer.importers.html_text import parsed_html
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem

_HOST = "https://groups.diigo.com"
_SAVED = re.compile(
    r"""(?i)(?:from url=\(\d+\)|\burl: *|canonical["']? +href=["']?)https?://groups\.diigo\.com/"""
)
_USER = re.compile(r"(?i)(?:https?://[\w.]*\bdiigo\.com)?/(?:user|profile)/[^/?#]+/?(?:[?#].*)?")
_OUTSIDE = re.compile(r"(?i)(?!https?://(?:[\w-]+\.)*diigo\.com(?:[:/?#]|$))https?://\S")
_TOPIC = re.compile(r"(?i)(?:https?://[\w.]*\bdiigo\.com)?/group/[^/]+/content/")
_VIEWS = re.compile(r"(?i)(?:^|[-–·|\s])\s*(\d[\d., ]*)\s*views?\s*$")
_FOLD = re.compile(r"(?i)(?:\.{3}|…|&hellip;)\s*(\d{1,6}) more annotations?\s*(?:\.{3}|…|&hellip;)")
_RANGE = re.compile(r"\b(\d{1,9}) [-–] (\d{1,9}) of \d+\b")
_CHROME = re.compile(r"(?i)\bSort By\b|\bShowing \d+ items\b|\b\d+ [-–] \d+ of \d+\b|\bNext ›")
_ISO = re.compile(r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d[\d:.]*(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?")
_STAMP = re.compile(rf'(?:datetime|title)="({_ISO.pattern})"')
_DAY = re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8} (?:\d{4}|\d\d)\b")
_PAGE_END = re.compile(r"(?i)</html\s*>")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BREAKS = re.compile(
    r"(?i)</?(?:address|article|blockquote|br|dd|div|dl|dt|h[1-6]|li|ol|p|pre|section|table|tr|ul)\b[^<>]*>"
)
_UNREAD = ["script", "style", "noscript", "template", "svg", "select", "textarea", "button", "iframe"]
_TAGS = "[class~=tag i],[class*=tags i],[id^=tags_],a[rel~=tag],a[href*='/tag/' i],a[href*='tag=' i]"
_HIGHLIGHTS = "[class*=anncontent i],[class*=highlight i]"
_SERIES = "[class*=anncontent i]~[class*=anncontent i],[class*=highlight i]~[class*=highlight i]"
_COMMENTS = "[class*=comment i],[class*=sticky i],ul:has([data-user])"
_COMMENT = "li:has(>[data-user]):has(>div),li:has([class*=desc i])"
_MENUS = "[class*=action i],[class*=menu i],[class*=toolbar i],nav"
_PARTS = f"[data-fold],li,blockquote,{_TAGS},{_HIGHLIGHTS},{_MENUS},[class*=desc i],[class*=comment i]"
_CAPTION = re.compile(r"(?i)(?:\d+ )?(?:comments?|repl(?:y|ies)|likes?|edit|delete|on|by)")
# Shorter text outside of bullets is a button or a label, and no description.
_PROSE = 60


def recognise(source: Source) -> float:
    """Whether this is HTML, saved from a Diigo group, or with items as Diigo shows them."""
    text = source.head
    if not text.lstrip("\ufeff \t\r\n").startswith("<") or "diigo" not in text.lower():
        return 0.0
    saved = _SAVED.search(text) or any(_title(item) and _user(item) for item in _items(_parsed(text)))
    return 1.0 if saved else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of the page, the items that are none, and what is announced and missing."""
    pages = _PAGE_END.split(source.text)
    found, whole = False, len(pages) > 1 and len(pages[-1]) < 4096
    pages = [page for page in pages if page.strip()] or [""]
    for number, page in enumerate(pages, start=1):
        named = f"page {number}, " if len(pages) > 1 else ""
        for item in _read_page(page):
            found = found or isinstance(item, Bookmark)
            yield item if isinstance(item, Bookmark) else replace(item, where=named + item.where)
    if found and not whole:
        yield Problem("page", "the file ends in the middle of the page", skipped=False)


def _read_page(text: str) -> Iterator[Imported]:
    tree = _parsed(text)
    # The last one: the pager stands below the highlights, which may hold such numbers too.
    announced = _RANGE.findall(clean_text(tree.body.text()) if tree.body else "")
    items = _items(tree)
    if not items:
        yield Problem("page", "no items of a Diigo group were found on this page")
        return
    for number, item in enumerate(items, start=1):
        yield from _read_item(item, f"item {number}")
    missing = int(announced[-1][1]) - int(announced[-1][0]) + 1 - len(items) if announced else 0
    if missing > 0:
        yield Missing("page", bookmarks=missing)


def _parsed(text: str) -> LexborHTMLParser:
    """The page with a line break at both ends of each block, so that the text of a node has lines."""
    text = _FOLD.sub(r'<b data-fold="\1"></b>', _SPACES.sub(" ", text))
    tree = parsed_html(_BREAKS.sub(r"\n\g<0>\n", text))
    tree.strip_tags(_UNREAD)
    # A contributor's name is told from all other text by its link: it becomes an attribute of it.
    for link in _outermost([link for link in tree.css("a[href]") if _USER.fullmatch(_href(link))]):
        image = link.css_first("img[alt]")
        link.attrs["data-user"] = _text(link) or (image.attributes["alt"] or "" if image else "")
        for child in list(link.iter(include_text=True)):
            child.decompose()
    return tree


def _items(tree: LexborHTMLParser) -> list[LexborNode]:
    marked = [node for node in tree.css("[id^=item_]") if re.fullmatch(r"item_\d+", node.id or "")]
    if marked or tree.body is None:
        return [node for node in _outermost(marked) if _text(node)]
    texts = (node for node in tree.body.traverse(include_text=True) if node.tag == "-text")
    marks = [node for node in texts if _VIEWS.search(node.text_content or "")]
    around = Counter(ancestor.mem_id for mark in marks for ancestor in _ancestors(mark))
    blocks = (_block(mark, around, alone=len(marks) == 1) for mark in marks)
    return _outermost([block for block in blocks if block and (_title(block) or _user(block))])


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Those that lie in none before: a node that is taken from the page must not be met again."""
    within, found = set[int](), []
    for node in nodes:
        if node.mem_id not in within:
            within |= {inner.mem_id for inner in node.css("*")}
            found.append(node)
    return found


def _block(mark: LexborNode, around: Counter[int], alone: bool) -> LexborNode | None:
    """The largest block that holds this "N views" and no other, and nothing of the page's frame."""
    block = None
    for parent in _ancestors(mark):
        if parent.tag in ("body", "html") or around[parent.mem_id] > 1:
            break
        complete = alone and block is not None and _user(block) and _title(block)
        if complete and (parent.css_first("header,footer,nav") or _CHROME.search(parent.text())):
            break
        block = parent
    return block


@dataclass(slots=True)
class _Item:
    """What an item holds besides its title, in the order of the page."""

    contributor: str
    bullets: list[LexborNode] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    folded: int = 0
    before_fold: int = 0

    def take(self, part: LexborNode) -> bool:
        """Take a part of the item for what it is; whether it is one."""
        fold = part.css_first("[data-fold]")
        if fold:
            if _text(part):
                return False
            self.folded += int(fold.attributes["data-fold"] or 0)
            self.before_fold = len(self.bullets)
        elif part.css_matches(_MENUS) or _is_button(part):
            pass
        elif part.css_matches(_TAGS):
            if part.tag == "a" and _OUTSIDE.match(_href(part)):
                return False
            self.tags += [_text(link) for link in part.css("a[href]")]
        elif _is_container(part):
            return False
        elif part.css_first(_HIGHLIGHTS) or (
            part.css_matches("li,blockquote") and not part.css_matches(_COMMENT)
        ):
            self.bullets += [part] if _text(part) else []
        else:
            self.descriptions += _comments(part, self.contributor)
        return True


def _read_item(node: LexborNode, where: str) -> Iterator[Imported]:
    title = _title(node)
    if title is None:
        yield Problem(where, f"no title with a link was found near {clean_line(node.text())[:60]!r}")
        return
    item = _Item(_user(node))
    stamp = _STAMP.search(node.html or "")
    created_at = _moment(stamp[1]) if stamp else None
    # Not parts of the item: what the title lies in, and what lies in a part.
    aside, parts = {above.mem_id for above in _ancestors(title)}, [title]
    aside |= {inner.mem_id for inner in title.css("*")}
    for part in node.css(_PARTS):
        if part.mem_id not in aside and item.take(part):
            aside |= {inner.mem_id for inner in part.css("*")}
            parts.append(part)
    if _ends_with_description(item.bullets):
        item.descriptions += _comments(item.bullets.pop(), item.contributor)
    annotations = tuple(_annotation(bullet, item.contributor) for bullet in item.bullets)
    if item.folded > len(annotations) - item.before_fold:
        yield Missing(where, annotations=item.folded - len(annotations) + item.before_fold)
    href, name = _href(title), _text(title)
    # From here on only what belongs to no part is left.
    for part in parts:
        part.decompose()
    views = 0
    for line in _text(node).split("\n"):
        seen = _VIEWS.search(line)
        views = views or int(re.sub(r"\D", "", seen[1]) if seen else 0)
        created_at = created_at or (_moment(line) if len(line) < _PROSE else None)
        if not seen and (len(line) >= _PROSE or unquoted(line) != line):
            item.descriptions.append(unquoted(line))
    yield Bookmark(
        title=clean_line(re.sub(r"[-–\s]*[-–]\s*\d[\d., ]*\s*views?$", "", name)),
        url=_HOST + href if href.startswith("/") else href,
        description="\n".join(item.descriptions),
        tags=clean_tags(item.tags),
        contributor=item.contributor,
        created_at=created_at,
        views=views,
        kind="topic" if _TOPIC.match(href) else "bookmark",
        annotations=annotations,
        where=where,
    )


def _ends_with_description(bullets: list[LexborNode]) -> bool:
    """Whether the last bullet is no highlight: it is in quotation marks, or built unlike the others."""
    if not bullets or bullets[-1].css_first(_HIGHLIGHTS):
        return False
    text = _text(bullets[-1])
    odd, *others = [any(child.tag == "div" for child in bullet.iter()) for bullet in reversed(bullets)]
    return unquoted(text) != text or (odd and not any(others))


def _is_container(part: LexborNode) -> bool:
    """Whether a part holds several highlights, and is none itself."""
    bullets = part.tag != "li" and part.css_first("li") and not _user(part)
    return bool(bullets) or any(found.mem_id != part.mem_id for found in part.css(_SERIES))


def _is_button(part: LexborNode) -> bool:
    """Whether a bullet is all one link into Diigo: "Share", "Like (2)"."""
    links = part.css("a[href]") if part.tag == "li" else []
    return len(links) == 1 and _text(links[0]) == _text(part) and not _OUTSIDE.match(_href(links[0]))


def _annotation(bullet: LexborNode, contributor: str) -> Annotation:
    notes: list[str] = []
    while found := [block for block in bullet.css(_COMMENTS) if block.mem_id != bullet.mem_id]:
        notes += _comments(found[0], contributor)
        found[0].decompose()
    return Annotation(_text(bullet), note="\n".join(notes), author=_user(bullet))


def _comments(block: LexborNode, contributor: str) -> Iterator[str]:
    """The comments in a block, each after its author's name where that is not the contributor."""
    for entry in [entry for entry in block.css("li") if entry.mem_id != block.mem_id] or [block]:
        lines = _text(entry).split("\n")
        # Not when it was written, nor the links to answer it.
        said = [line for line in lines if len(line) > 20 or not (_CAPTION.fullmatch(line) or _moment(line))]
        author, text = _user(entry) or contributor, "\n".join(said)
        if text:
            yield unquoted(text) if author == contributor else f"{author}: {text}"


def _title(item: LexborNode) -> LexborNode | None:
    marked = item.css_first("a[id^=title_link]")
    links = item.css("h1 a,h2 a,h3 a,h4 a,[class*=title i] a,a[class*=title i]") + item.css("a[href]")
    outside = [link for link in links if _OUTSIDE.match(_href(link)) and _text(link)]
    topics = [link for link in links if _TOPIC.match(_href(link)) and _text(link)]
    return marked or next(iter(outside + topics), None)


def _user(node: LexborNode) -> str:
    """The first name of a contributor in a node, or ""."""
    found = node.css_first("[data-user]:not([data-user=''])")
    return clean_line(found.attributes["data-user"] or "") if found else ""


def _href(node: LexborNode) -> str:
    return (node.attributes.get("href") or "").strip()


def _moment(text: str) -> datetime | None:
    """The date in a text: "2016-05-12 08:30:00", or "12 May 16"."""
    found, day = _ISO.search(text), _DAY.search(text)
    if found:
        return parse_moment(found[0])
    return parse_moment(f"{day[0]} 00:00 +0000") if day else None


def _text(node: LexborNode) -> str:
    return clean_text(re.sub(r" *\n[\n ]*", "\n", node.text()))


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    # Pages are some dozens of elements deep; one that is a hundred thousand deep is hostile.
    for _ in range(500):
        if node.parent is None:
            return
        node = node.parent
        yield node
