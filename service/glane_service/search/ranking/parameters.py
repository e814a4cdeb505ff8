"""The numbers of the ranking, in one place, each with what it does (pure)."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from glane_indexer.errors import LibraryError

logger = logging.getLogger("glane")
SETTINGS_FILE = "settings.json"
# Parameters of version 0.1, whose other numbers meant other things too.
_OUTDATED = {"keyword_scale", "keyword_power"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the legs are searched and fused; the measurements are in ``eval/README.md``.

    The fused score adds the cosine, weighed by ``vector_scale``, to what the words say, in nats, weighed by
    ``nat_scale``: both are then evidence of one kind. Neither is stretched to the results at hand, so a
    weak best hit stays weak, and the order does not depend on how many candidates were fetched.

    Where titles are bookmarks' own (see :func:`.question.telling_of`), they are heard: by their card's
    cosine, by their words, and by how much of the title the question covers. Where many bookmarks
    share one, all three count nothing.
    """

    exact_weight: float = 0.3
    """Weight of a word's exact form in the keyword score, beside its stem's 1."""

    folded_weight: float = 0.1
    """The same of its form without accents."""

    document_share: float = 0.25
    """Share of the whole bookmark's cosine beside that of its best passage of text."""

    title_share: float = 0.3
    """Share of the title card's cosine in the vector score, where titles tell."""

    language_share: float = 1.0
    """Share of what a bookmark's language alone brings to its cosines that is taken off. In a library of
    one language it changes nothing."""

    vector_scale: float = 60.0
    """What a cosine counts, in nats."""

    nat_scale: float = 0.8
    """What a nat of the question's words counts."""

    telling_discount: float = 0.55
    """Share of ``nat_scale`` that is left off where titles tell: there, people ask in other words than
    those of the text, and the title is nearer to both."""

    title_weight: float = 0.3
    """Weight of a word in the title beside that in the whole text, where titles tell."""

    title_scale: float = 0.75
    """What a title counts whose words are all in the question, in nats, where titles tell."""

    passage_weight: float = 0.06
    """What a passage that holds all of the question's words gains, as a cosine, in a bookmark of many
    passages (see :func:`.passage_choice.gain`)."""

    possible_power: float = 6.0
    """The power of the share of the question's words that the library's bookmarks can hold, by which the
    words' part is multiplied: in a library of several languages the words of one find only its own."""

    line: float = 0.1
    """How likely it must be that the question belongs to the library, as far as a result can tell, for the
    result to be listed among the answers."""

    confidence_slope: float = 1.0
    """How steeply confidence rises, beside the calibration that Glane comes with; ``glane-eval calibrate``
    learns it, and the middle, from judgments of the library itself."""

    confidence_middle: float = 0.5
    """What that calibration says of a result that answers as often as not."""

    keyword_depth: int = 250
    """Bookmarks that the keyword leg gives to the fusion."""

    passage_depth: int = 400
    """Passages that the vector leg fetches where there are too many to compare all."""

    vector_depth: int = 250
    """Bookmarks that the vector leg gives to the fusion."""

    @classmethod
    def from_json(cls, values: dict[str, Any], *, where: str = "") -> Parameters:
        """Parameters from a JSON object; what it does not name keeps its default.

        Raises:
            LibraryError: a name is not a parameter's, or a value is not a number of 0 or more.
        """
        known = {item.name: item for item in fields(cls)}
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise LibraryError(
                    f"{name!r} is not a ranking parameter",
                    where=where,
                    hint=f"They are {', '.join(known)}",
                )
            whole = isinstance(known[name].default, int)
            fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            # Python's JSON has NaN and Infinity, with which there is no order.
            if not fits or (isinstance(value, float) and not math.isfinite(value)):
                kind = "a whole number" if whole else "a number"
                raise LibraryError(f"{name} is {value!r}, not {kind}", where=where)
            if value < 0:
                raise LibraryError(f"{name} is {value!r}, below 0", where=where)
            checked[name] = value if whole else float(value)
        return cls(**checked)

    def to_json(self) -> dict[str, Any]:
        """All parameters by name."""
        return asdict(self)


def read_settings(library: Path) -> dict[str, Any]:
    """The library's own settings (``settings.json``), or an empty object where it has none.

    Raises:
        LibraryError: the file is not a JSON object.
    """
    path = library / SETTINGS_FILE
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise LibraryError(
            f"the library's settings cannot be read: {error}",
            where=str(path),
            hint="Correct the file, or delete it to go back to the defaults",
        ) from error
    if not isinstance(values, dict):
        raise LibraryError("the library's settings are not a JSON object", where=str(path))
    return values


def library_parameters(library: Path) -> Parameters:
    """The parameters of a library: its own where its settings name them, else the defaults.

    Raises:
        LibraryError: the settings cannot be read, or a value does not fit.
    """
    where = str(library / SETTINGS_FILE)
    ranking = read_settings(library).get("ranking", {})
    if not isinstance(ranking, dict):
        raise LibraryError("`ranking` is not a JSON object", where=where)
    if _OUTDATED & set(ranking):
        logger.warning(
            "%s: `ranking` was tuned for the ranking of version 0.1 and is left aside; "
            "run `glane-eval tune --write` again",
            where,
        )
        return Parameters()
    return Parameters.from_json(ranking, where=where)


def write_parameters(library: Path, parameters: Parameters) -> None:
    """Put the parameters into the library's settings; its other settings stay.

    Raises:
        LibraryError: the settings cannot be read or written.
    """
    values = {**read_settings(library), "ranking": parameters.to_json()}
    path = library / SETTINGS_FILE
    draft = path.with_name(f".{SETTINGS_FILE}.part")
    try:
        draft.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        raise LibraryError(f"the settings cannot be written: {error.strerror}", where=str(path)) from error
