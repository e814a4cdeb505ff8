"""Numbers, dates and languages as readers of French and of English write them (pure)."""

from __future__ import annotations

from datetime import datetime

LANGUAGES = ("fr", "en")
NARROW = "\u202f"
MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}

LANGUAGE_NAMES = {
    "ar": ("arabe", "Arabic"),
    "bg": ("bulgare", "Bulgarian"),
    "br": ("breton", "Breton"),
    "ca": ("catalan", "Catalan"),
    "cs": ("tchèque", "Czech"),
    "da": ("danois", "Danish"),
    "de": ("allemand", "German"),
    "el": ("grec", "Greek"),
    "en": ("anglais", "English"),
    "eo": ("espéranto", "Esperanto"),
    "es": ("espagnol", "Spanish"),
    "et": ("estonien", "Estonian"),
    "eu": ("basque", "Basque"),
    "fa": ("persan", "Persian"),
    "fi": ("finnois", "Finnish"),
    "fr": ("français", "French"),
    "gl": ("galicien", "Galician"),
    "he": ("hébreu", "Hebrew"),
    "hi": ("hindi", "Hindi"),
    "hr": ("croate", "Croatian"),
    "hu": ("hongrois", "Hungarian"),
    "id": ("indonésien", "Indonesian"),
    "it": ("italien", "Italian"),
    "ja": ("japonais", "Japanese"),
    "ko": ("coréen", "Korean"),
    "lt": ("lituanien", "Lithuanian"),
    "nl": ("néerlandais", "Dutch"),
    "no": ("norvégien", "Norwegian"),
    "oc": ("occitan", "Occitan"),
    "pl": ("polonais", "Polish"),
    "pt": ("portugais", "Portuguese"),
    "ro": ("roumain", "Romanian"),
    "ru": ("russe", "Russian"),
    "sk": ("slovaque", "Slovak"),
    "sl": ("slovène", "Slovene"),
    "sv": ("suédois", "Swedish"),
    "tr": ("turc", "Turkish"),
    "uk": ("ukrainien", "Ukrainian"),
    "vi": ("vietnamien", "Vietnamese"),
    "zh": ("chinois", "Chinese"),
}


def number(value: float, language: str, digits: int = 0) -> str:
    """A number as readers of ``language`` write it: ``12 345,6`` or ``12,345.6``."""
    text = f"{value:,.{digits}f}"
    return text.replace(",", NARROW).replace(".", ",") if language == "fr" else text


def day(moment: datetime, language: str) -> str:
    """A date in words: ``1er mars 2015``, ``1 March 2015``."""
    first = "1er" if language == "fr" and moment.day == 1 else str(moment.day)
    return f"{first} {MONTHS[language][moment.month - 1]} {moment.year}"


def language_name(code: str, language: str) -> str:
    """The name of the language ``code``, or the code itself where it is not a known one."""
    names = LANGUAGE_NAMES.get(code)
    return names[LANGUAGES.index(language)] if names else code


def preferred(header: str, default: str) -> str:
    """The language of :data:`LANGUAGES` that an ``Accept-Language`` header likes best.

    A header that names none of them, or none at all, gets ``default``.
    """
    best, best_weight = default, 0.0
    for part in header.split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        code = name.strip().lower().split("-")[0]
        weight = _weight(rest)
        if code in LANGUAGES and weight > best_weight:
            best, best_weight = code, weight
    return best


def _weight(parameter: str) -> float:
    key, _, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
