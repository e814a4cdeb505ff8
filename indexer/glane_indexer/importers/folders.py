"""Names of the folders that every browser has, and that say nothing about what lies in them (pure)."""

from __future__ import annotations

_ROOTS = frozenset(
    (
        *(
            "bookmarks",
            "bookmarks bar",
            "bookmarks menu",
            "bookmarks toolbar",
            "bookmark bar",
            "bookmark menu",
        ),
        *(
            "other bookmarks",
            "mobile bookmarks",
            "favorites",
            "favorites bar",
            "favourites",
            "other favorites",
        ),
        *("favourites bar", "other favourites", "mobile favorites", "imported", "unlabeled", "unsorted"),
        *("unsorted bookmarks", "unfiled bookmarks", "reading list", "tags", "menu", "toolbar", "unfiled"),
        *("mobile", "links", "imported bookmarks", "placesroot", "root", "synced", "other", "bookmark_bar"),
        *("favoris", "barre de favoris", "autres favoris", "favoris sur mobile", "signets", "menu signets"),
        *("barre de signets", "menu des marque-pages", "barre personnelle", "autres marque-pages"),
        *("marque-pages", "barre de marque-pages", "marque-pages mobiles", "marque-pages sur mobile"),
        *(
            "menu des signets",
            "barre des favoris",
            "liste de lecture",
            "autres signets",
            "marque-pages non classés",
        ),
        *(
            "lesezeichen",
            "lesezeichenleiste",
            "weitere lesezeichen",
            "lesezeichen-menü",
            "lesezeichen-symbolleiste",
        ),
        *("favoriten", "favoritenleiste", "weitere favoriten", "mobile lesezeichen", "leseliste"),
        *("marcadores", "barra de marcadores", "otros marcadores", "favoritos", "barra de favoritos"),
        *("otros favoritos", "marcadores móviles", "menú de marcadores", "lista de lectura"),
        *("preferiti", "barra dei preferiti", "altri preferiti", "segnalibri", "barra dei segnalibri"),
        *("outros favoritos", "bladwijzers", "bladwijzerbalk", "andere bladwijzers", "favorieten"),
        *("com.apple.readinglist", "bookmarksbar", "bookmarksmenu", "speed dial"),
    )
)


def is_root(name: str) -> bool:
    """Whether a folder of this name is there in every library, in one of the languages of browsers."""
    return " ".join(name.split()).casefold() in _ROOTS
