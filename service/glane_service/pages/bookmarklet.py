"""The link for a browser's bookmarks bar that sends a page here (pure)."""

from __future__ import annotations

from urllib.parse import quote

# What a browser and what is in front of a service take in an address, with room for the rest.
MAX_TITLE = 300
MAX_TEXT = 1500


def bookmarklet(address: str) -> str:
    """A ``javascript:`` link that opens ``address`` with the page's url, title and selected text."""
    script = (
        "(()=>{const e=encodeURIComponent,d=document;"
        f"window.open({_string(address)}+'?url='+e(location.href)+"
        f"'&title='+e(d.title.slice(0,{MAX_TITLE}))+"
        f"'&text='+e(String(getSelection()).slice(0,{MAX_TEXT}).toWellFormed?.()??''),"
        "'_blank','noopener')})()"
    )
    return "javascript:" + quote(script, safe="()=>{}[]!$&'*+,;:@/?.-_~")


def _string(text: str) -> str:
    """A text as a JavaScript literal that cannot end early."""
    return "'" + "".join(c if c.isalnum() or c in "/:.-_~" else f"\\u{ord(c):04x}" for c in text) + "'"
