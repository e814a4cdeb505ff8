"""What the pages say, in French and in English, side by side (pure).

A text with ``|`` has a form for one and a form for many; ``{n}`` chooses between them. In French
none counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from glane_service.pages.formats import NARROW, number

CATALOGUE: dict[str, dict[str, str]] = {
    # Judging and voting
    "judge": {"fr": "Juger", "en": "Judge"},
    "judge_place": {
        "fr": "Question {n} sur {of}, résultat {result} sur {results}",
        "en": "Question {n} of {of}, result {result} of {results}",
    },
    "judge_done": {"fr": "Tout est jugé. Merci !", "en": "Everything is judged. Thank you!"},
    "judge_none": {"fr": "Il n’y a pas encore de questions", "en": "There are no questions yet"},
    "judge_undo": {"fr": "Annuler le dernier (u)", "en": "Take the last one back (u)"},
    "judge_given": {"fr": "jugements donnés : {n}", "en": "judgments given: {n}"},
    "judge_add": {"fr": "Ajouter des questions", "en": "Add questions"},
    "judge_lines": {"fr": "Une question par ligne", "en": "One question a line"},
    "grade_0": {"fr": "sans rapport", "en": "not relevant"},
    "grade_1": {"fr": "un peu", "en": "marginal"},
    "grade_2": {"fr": "bon", "en": "good"},
    "grade_3": {"fr": "la réponse", "en": "the answer"},
    "vote": {"fr": "Avis sur « {title} »", "en": "Opinion on “{title}”"},
    "vote_question": {"fr": "Ce résultat répond-il ?", "en": "Does this answer?"},
    "vote_yes": {"fr": "Oui", "en": "Yes"},
    "vote_no": {"fr": "Non", "en": "No"},
    # The whole page
    "skip": {"fr": "Aller aux résultats", "en": "Skip to the results"},
    "other_language": {"fr": "English", "en": "Français"},
    "made_with": {"fr": "Propulsé par Glane", "en": "Powered by Glane"},
    "api": {"fr": "API", "en": "API"},
    "feed": {"fr": "Suivre cette recherche (Atom)", "en": "Follow this search (Atom)"},
    "tagline": {
        "fr": "Posez une question ; lisez les passages qui y répondent.",
        "en": "Ask a question; read the passages that answer it.",
    },
    "description": {
        "fr": "Recherche par le sens et par les mots dans une bibliothèque de signets annotés.",
        "en": "Search by meaning and by words in a library of annotated bookmarks.",
    },
    "library_size": {
        "fr": "{bookmarks} signets, {annotations} passages surlignés, {contributors} contributeurs",
        "en": "{bookmarks} bookmarks, {annotations} highlights, {contributors} contributors",
    },
    # The form and its settings
    "question": {"fr": "Votre question", "en": "Your question"},
    "placeholder": {
        "fr": 'Une question, des mots, "une expression"…',
        "en": 'A question, words, "a phrase"…',
    },
    "search": {"fr": "Chercher", "en": "Search"},
    "settings": {"fr": "Réglages de la recherche", "en": "Search settings"},
    "fields": {"fr": "Dans", "en": "In"},
    "fields_all": {"fr": "tout", "en": "everything"},
    "fields_title": {"fr": "titre", "en": "title"},
    "fields_tags": {"fr": "mots-clés", "en": "tags"},
    "fields_annotations": {"fr": "annotations", "en": "annotations"},
    "fields_description": {"fr": "description", "en": "description"},
    "fields_url": {"fr": "adresse", "en": "address"},
    "mode": {"fr": "Par", "en": "By"},
    "mode_hybrid": {"fr": "sens et mots", "en": "meaning and words"},
    "mode_vector": {"fr": "sens", "en": "meaning"},
    "mode_keyword": {"fr": "mots", "en": "words"},
    "sort": {"fr": "Trier par", "en": "Sort by"},
    "sort_relevance": {"fr": "pertinence", "en": "relevance"},
    "sort_date": {"fr": "date", "en": "date"},
    "kind": {"fr": "Montrer", "en": "Show"},
    "kind_all": {"fr": "tout", "en": "all"},
    "kind_bookmark": {"fr": "signets", "en": "bookmarks"},
    "kind_topic": {"fr": "sujets", "en": "topics"},
    "view": {"fr": "Affichage", "en": "View"},
    "view_simple": {"fr": "simple", "en": "simple"},
    "view_middle": {"fr": "moyen", "en": "middle"},
    "view_full": {"fr": "complet", "en": "full"},
    # Results
    "results": {"fr": "Résultats", "en": "Results"},
    "range": {"fr": "{first} – {last} sur {total}", "en": "{first} – {last} of {total}"},
    "all_by_date": {"fr": "Tous les signets, du plus récent", "en": "All bookmarks, newest first"},
    "newest": {"fr": "Derniers ajouts", "en": "Newest bookmarks"},
    "views": {"fr": "{n} vue|{n} vues", "en": "{n} view|{n} views"},
    "by": {"fr": "par", "en": "by"},
    "topic": {"fr": "sujet", "en": "topic"},
    "more_annotations": {
        "fr": "… {n} autre annotation|… {n} autres annotations",
        "en": "… {n} more annotation|… {n} more annotations",
    },
    "rest_elsewhere": {
        "fr": "Lire {n} annotation de plus sur la fiche|Lire {n} annotations de plus sur la fiche",
        "en": "Read {n} more annotation on its own page|Read {n} more annotations on its own page",
    },
    "note": {"fr": "Note", "en": "Note"},
    "details": {"fr": "Fiche", "en": "Details"},
    "details_of": {"fr": "Fiche de « {title} »", "en": "Details of “{title}”"},
    "similar": {"fr": "Signets proches", "en": "Similar bookmarks"},
    "similar_to": {"fr": "Signets proches de « {title} »", "en": "Bookmarks similar to “{title}”"},
    "untitled": {"fr": "Sans titre", "en": "Untitled"},
    # Why
    "why": {"fr": "Trouvé", "en": "Found"},
    "why_vector": {"fr": "par le sens", "en": "by meaning"},
    "why_keyword": {"fr": "par les mots", "en": "by words"},
    "why_keyword_terms": {"fr": "par les mots {terms}", "en": "by the words {terms}"},
    "in_title": {"fr": "dans le titre", "en": "in the title"},
    "in_description": {"fr": "dans la description", "en": "in the description"},
    "in_annotation": {"fr": "dans une annotation", "en": "in an annotation"},
    "in_annotation_by": {
        "fr": "dans une annotation de {author}",
        "en": "in an annotation by {author}",
    },
    "rank_keyword": {"fr": "mots au rang {rank}", "en": "words at rank {rank}"},
    "rank_vector": {"fr": "sens au rang {rank}", "en": "meaning at rank {rank}"},
    "score": {"fr": "score", "en": "score"},
    "notice_without-meaning": {
        "fr": "L’encodeur ne répond pas : ces résultats sont trouvés par leurs mots seulement.",
        "en": "The encoder does not answer: these results were found by their words alone.",
    },
    "notice_unbalanced-quotes": {
        "fr": "Un guillemet n’a pas son pareil : la question est lue comme de simples mots.",
        "en": "A quotation mark has no partner: the question is read as plain words.",
    },
    "notice_bad-filter": {
        "fr": "Un filtre de la question n’est pas compris : il est lu comme de simples mots.",
        "en": "A filter in the question is not understood: it is read as plain words.",
    },
    "notice_unknown-filter": {
        "fr": "Filtre inconnu, lu comme des mots. Les filtres sont tag: by: site: before: after:",
        "en": "Unknown filter, read as words. The filters are tag: by: site: before: after:",
    },
    "notice_unknown-operator": {
        "fr": "AND, OR, NOT et * n’ont pas de sens particulier ici.",
        "en": "AND, OR, NOT and * have no special meaning here.",
    },
    "notice_too-many": {
        "fr": "La question a trop d’opérateurs : les derniers sont laissés de côté.",
        "en": "The question has too many operators: the last ones are left out.",
    },
    # Facets and filters
    "filters": {"fr": "Filtrer", "en": "Filter"},
    "to_filters": {"fr": "Filtrer ces résultats", "en": "Filter these results"},
    "active_filters": {"fr": "Filtres actifs", "en": "Active filters"},
    "remove_filter": {"fr": "Retirer le filtre {name}", "en": "Remove the filter {name}"},
    "remove_all": {"fr": "Retirer tous les filtres", "en": "Remove all filters"},
    "more_values": {"fr": "{n} de plus", "en": "{n} more"},
    "facet_tags": {"fr": "Mots-clés", "en": "Tags"},
    "facet_contributors": {"fr": "Contributeurs", "en": "Contributors"},
    "facet_sites": {"fr": "Sites", "en": "Sites"},
    "facet_years": {"fr": "Années", "en": "Years"},
    "facet_languages": {"fr": "Langues", "en": "Languages"},
    "filter_kind": {"fr": "genre", "en": "kind"},
    "filter_tag": {"fr": "mot-clé", "en": "tag"},
    "filter_contributor": {"fr": "contributeur", "en": "contributor"},
    "filter_site": {"fr": "site", "en": "site"},
    "filter_year": {"fr": "année", "en": "year"},
    "filter_language": {"fr": "langue", "en": "language"},
    "filter_after": {"fr": "depuis", "en": "since"},
    "filter_before": {"fr": "jusqu’au", "en": "until"},
    "filter_fields": {"fr": "dans", "en": "in"},
    # Pages
    "pages": {"fr": "Pages de résultats", "en": "Pages of results"},
    "page_size": {"fr": "Par page", "en": "Per page"},
    "page_size_n": {"fr": "{n} résultats par page", "en": "{n} results per page"},
    "page_n": {"fr": "Page {n}", "en": "Page {n}"},
    "previous": {"fr": "Précédente", "en": "Previous"},
    "next": {"fr": "Suivante", "en": "Next"},
    # Bookmark, contributor, tag
    "no_link": {
        "fr": "Ce signet n’a pas d’adresse que l’on puisse ouvrir.",
        "en": "This bookmark has no address that can be opened.",
    },
    "annotations": {"fr": "{n} annotation|{n} annotations", "en": "{n} annotation|{n} annotations"},
    "no_annotations": {"fr": "Aucune annotation.", "en": "No annotations."},
    "contributor_page": {"fr": "Contributeur", "en": "Contributor"},
    "tag_page": {"fr": "Mot-clé", "en": "Tag"},
    # Nothing found
    "nothing": {"fr": "Aucun résultat", "en": "No results"},
    "nothing_for": {
        "fr": "Aucun signet ne répond à « {q} » avec ces réglages.",
        "en": "No bookmark answers “{q}” with these settings.",
    },
    "nothing_here": {
        "fr": "Aucun signet n’a tous ces filtres.",
        "en": "No bookmark has all these filters.",
    },
    "nothing_library": {
        "fr": "La bibliothèque est vide : importez des signets, puis indexez-les.",
        "en": "The library is empty: import bookmarks, then index them.",
    },
    "try_spelling": {"fr": "Vouliez-vous dire {q} ?", "en": "Did you mean {q}?"},
    "try_without": {
        "fr": "Sans le filtre {name} : {n} résultat|Sans le filtre {name} : {n} résultats",
        "en": "Without the filter {name}: {n} result|Without the filter {name}: {n} results",
    },
    "try_mode": {
        "fr": "Chercher par {mode} : {n} résultat|Chercher par {mode} : {n} résultats",
        "en": "Search by {mode}: {n} result|Search by {mode}: {n} results",
    },
    "try_all": {
        "fr": "Sans aucun filtre : {n} résultat|Sans aucun filtre : {n} résultats",
        "en": "Without any filter: {n} result|Without any filter: {n} results",
    },
    "try_words": {
        "fr": "Essayez d’autres mots, moins de mots, ou une phrase entière.",
        "en": "Try other words, fewer words, or a whole sentence.",
    },
    # Errors
    "error_bad-request": {
        "fr": "Cette recherche n’est pas possible",
        "en": "This search is not possible",
    },
    "error_not-found": {
        "fr": "Il n’y a rien à cette adresse",
        "en": "There is nothing at this address",
    },
    "error_method-not-allowed": {
        "fr": "Cette adresse se lit seulement",
        "en": "This address can only be read",
    },
    "error_too-large": {"fr": "Cette demande est trop grande", "en": "This request is too large"},
    "error_forbidden": {"fr": "Ce n’est pas permis", "en": "This is not allowed"},
    "error_too-slow": {"fr": "La demande a été trop lente", "en": "The request was too slow"},
    "error_unavailable": {
        "fr": "La bibliothèque n’est pas encore ouverte",
        "en": "The library is not open yet",
    },
    "error_internal": {
        "fr": "Le service n’a pas su répondre",
        "en": "The service could not answer",
    },
    "help_bad-request": {
        "fr": "Le réglage « {parameter} » de l’adresse n’a pas une valeur acceptable.",
        "en": "The setting “{parameter}” in the address has no acceptable value.",
    },
    "help_question": {
        "fr": "La question est trop longue : mille caractères au plus.",
        "en": "The question is too long: a thousand characters at most.",
    },
    "help_page": {
        "fr": "Il n’y a pas de page {page} : cette recherche en a {pages}.",
        "en": "There is no page {page}: this search has {pages}.",
    },
    "help_not-found": {
        "fr": "Le signet a peut-être été retiré, ou l’adresse est incomplète.",
        "en": "The bookmark may have been removed, or the address is incomplete.",
    },
    "help_unavailable": {
        "fr": "Réessayez dans un instant. Si cela dure, prévenez la personne qui gère ce service.",
        "en": "Try again in a moment. If it lasts, tell the person who runs this service.",
    },
    "help_internal": {
        "fr": "Le journal du service en garde le détail sous le numéro {request_id}.",
        "en": "The service’s log has the details under the number {request_id}.",
    },
    "help_other": {"fr": "Repartez d’une nouvelle recherche.", "en": "Start from a new search."},
    "to_last_page": {"fr": "Aller à la dernière page", "en": "Go to the last page"},
    "back_home": {"fr": "Nouvelle recherche", "en": "New search"},
}


def translator(language: str) -> Callable[..., str]:
    """A function that gives a text of the catalogue in ``language``: ``t("views", n=3)``.

    Raises (the function):
        KeyError: the catalogue has no such text, or the text needs a value that was not given.
    """

    def translate(key: str, /, **values: object) -> str:
        text = _TEXTS[language][key]
        if "|" in text:
            n = values["n"]
            many = not isinstance(n, int) or n > 1 or (n == 0 and language != "fr")
            text = text.split("|")[many]
        shown = {
            name: number(value, language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return text.format_map(shown) if shown else text

    return translate


def _french(text: str) -> str:
    """``text`` with the spaces that French does not break a line at."""
    text = text.replace("« ", "«\u00a0").replace(" »", "\u00a0»").replace(" :", "\u00a0:")
    return re.sub(" ([;?!])", NARROW + r"\1", text)


_TEXTS = {
    "fr": {key: _french(texts["fr"]) for key, texts in CATALOGUE.items()},
    "en": {key: texts["en"] for key, texts in CATALOGUE.items()},
}
