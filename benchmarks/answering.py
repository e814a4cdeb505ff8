"""What checking a composed answer costs, and whether lies get through: ``python -m benchmarks.answering``.

A scripted model quotes the passages that it is given and lies in every other sentence: with figures, names
and addresses of its own, with citations of nothing or of another passage, about other subjects. What is
shown is held against what it truly quoted. A sentence's time is that from its last word until the next one
is asked for.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.service import questions
from glane_indexer.encoder.load import load_encoder
from glane_indexer.errors import GlaneError
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.sample.load import library_bytes
from glane_indexer.settings import Settings
from glane_service.answers.composing import Composer
from glane_service.live import LiveEngine
from glane_service.mcp.tools import Tools

BAR_MS = 30.0
WARM_UP = 3
_PASSAGE = re.compile(r"^\[(\d+)\] [^\n]*\n(`{3,})quote\n(.*?)\n\2$", re.MULTILINE | re.DOTALL)


def passages(prompt: str) -> dict[int, str]:
    """The passages that a model is given, by their numbers."""
    return {int(number): " ".join(text.split()) for number, _, text in _PASSAGE.findall(prompt)}


def sentence(text: str) -> str:
    """A passage as one sentence."""
    return re.sub(r"[.!?…](?=\s)", ",", text).strip(" .!?…«»") + "."


class Liar:
    """A model that says one true sentence of each passage, and one that is not."""

    def __init__(self) -> None:
        self.truths: dict[str, str] = {}
        """Of each true sentence the passage that says it."""
        self.lies = 0
        self.seconds: list[float] = []
        """How long each sentence was thought about by who asked."""

    def sentences(self, prompt: str) -> Iterator[str]:
        """What it says to a prompt, each sentence with its citations."""
        given = passages(prompt)
        for number, text in given.items():
            true = sentence(text)
            self.truths[true] = text
            lower, other = true[0].lower() + true[1:], number % len(given) + 1
            wrong = [
                f"En 1873, {lower} [{number}]",
                f"Selon Bertrand Quirin, {lower} [{number}]",
                f"Lire https://evil.example, {lower} [{number}]",
                f"{true}",
                f"{true} [{len(given) + 1}]",
                f"{true} [0]",
                # Of one passage there is no other.
                f"{true} [{other if other != number else 9}]",
                f"Il faut cuire la pâte au four toute la nuit avec du sel. [{number}]",
                f"La mairie a voté une prime pour tous les retraités. [{number}]",
            ]
            yield f"{true} [{number}]"
            yield wrong[self.lies % len(wrong)]
            self.lies += 1

    def say(self, messages: list[dict[str, str]]) -> Iterator[str]:
        """As :class:`glane_service.answers.chat.ChatModel` does, a sentence at a time."""
        for number, text in enumerate(self.sentences(messages[-1]["content"])):
            started = time.perf_counter()
            # A sentence is read once the next one begins, so this gap is the check of the one before.
            yield f"{text} "
            if number:
                self.seconds.append(time.perf_counter() - started)


def measure(composer: Composer, liar: Liar, asked: list[str]) -> dict[str, Any]:
    """Ask, and hold what is shown against what was true."""
    shown = unsupported = sources = 0
    for number, question in enumerate(asked):
        if number == WARM_UP:
            liar.seconds.clear()
        given: dict[int, str] = {}
        for name, data in composer.compose(question):
            if name == "sources":
                given = {item["number"]: " ".join(item["quote"].split()) for item in data["sources"]}
                sources += len(given)
            elif name == "sentence":
                shown += 1
                said = liar.truths.get(data["text"])
                unsupported += said is None or said not in [given[place] for place in data["sources"]]
    milliseconds = sorted(1000 * value for value in liar.seconds)
    return {
        "questions": len(asked),
        "sentences": 2 * sources,
        "lies": liar.lies,
        "shown": shown,
        "true_shown": round(shown / max(1, sources), 3),
        "unsupported_shown": unsupported,
        "sentence_p50_ms": round(statistics.median(milliseconds), 1),
        "sentence_p95_ms": round(milliseconds[int(0.95 * (len(milliseconds) - 1))], 1),
    }


def main() -> int:
    """Print the figures as JSON; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the checking of composed answers.")
    parser.add_argument("--questions", type=int, default=60, help="how many (60)")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "library"
            import_bytes(library_bytes(), library, name="sample")
            build_generation(library, load_encoder(Settings.from_env(), quiet=True))
            live = LiveEngine(replace(Settings.from_env(), library=library), follow=False)
            liar = Liar()
            composer = Composer(Tools(live.engine), liar, live.engine.encoder)  # type: ignore[arg-type]
            found = measure(composer, liar, questions(options.questions))
            live.close()
    except GlaneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(found, indent=2))
    return 1 if found["unsupported_shown"] or found["sentence_p50_ms"] > BAR_MS else 0


if __name__ == "__main__":
    sys.exit(main())
