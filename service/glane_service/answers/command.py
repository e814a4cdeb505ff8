"""``glane ask``: the passages that answer, quoted; with ``--answer``, an answer composed from them."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from glane_indexer.errors import QueryError, UsageError
from glane_indexer.settings import Settings
from glane_service.terminal import print_json


def ask_command(options: Namespace, settings: Settings) -> int:
    """``glane ask``: Markdown on stdout, of which nothing that is quoted can make anything else."""
    from glane_service.answers.chat import ChatModel
    from glane_service.answers.composing import Composer, whole
    from glane_service.live import LiveEngine
    from glane_service.mcp.tools import Tools

    chat = ChatModel.of(settings) if options.answer else None
    if options.answer and chat is None:
        raise UsageError(
            "no chat model is set, so answers are not composed",
            where="--answer",
            hint="Set GLANE_CHAT_URL and GLANE_CHAT_MODEL, or leave --answer out",
        )
    live = LiveEngine(settings, follow=False)
    try:
        tools = Tools(live.engine, settings.public_url)
        if chat is not None:
            document = whole(Composer(tools, chat, live.engine.encoder).compose(options.question))
        else:
            found = tools.search(options.question)
            document = {"answered": found["answered"], "sources": found["results"]}
            if "message" in found:
                document["message"] = found["message"]
    except QueryError as error:
        raise UsageError(error.message, where=error.where, hint=error.hint) from None
    finally:
        live.close()
    if options.json:
        print_json(document)
    else:
        print(as_markdown(document))
    return 0


def as_markdown(document: dict[str, Any]) -> str:
    """An answer as Markdown: its sentences, then each passage with where it comes from."""
    from glane_service.search.quoting import markdown, markdown_quote

    lines = []
    said = [
        f"{markdown(item['text'])} {' '.join(f'[{number}]' for number in item['sources'])}"
        for item in document.get("sentences", ())
    ]
    if said:
        lines.append(" ".join(said))
    if "message" in document:
        lines.append(document["message"])
    for number, item in enumerate(document["sources"], start=1):
        facts = [item["title"], item["contributor"], item["date"]]
        about = " · ".join(" ".join(markdown(fact).split()) for fact in facts if fact)
        lines.append(f"[{number}] {about}  \n<{item['url']}>\n\n{markdown_quote(item['quote'])}")
    return "\n\n".join(lines)
