"""What all other pages say, in French and in English (pure)."""

from __future__ import annotations

PAGES: dict[str, dict[str, str]] = {
    # Judging and voting
    "judge": {"fr": "Juger", "en": "Judge"},
    "judge_place": {
        "fr": "Question {n} sur {of}, résultat {result} sur {results}",
        "en": "Question {n} of {of}, result {result} of {results}",
    },
    "judge_done": {"fr": "Tout est jugé. Merci !", "en": "Everything is judged. Thank you!"},
    "judge_none": {"fr": "Il n’y a pas encore de questions", "en": "There are no questions yet"},
    "judge_undo": {"fr": "Annuler le dernier (u)", "en": "Take the last one back (u)"},
    "judge_given": {
        "fr": "{n} jugement donné|{n} jugements donnés",
        "en": "{n} judgment given|{n} judgments given",
    },
    "judge_grades": {"fr": "Ce résultat répond-il à la question ?", "en": "Does this answer the question?"},
    "judge_sign_in": {"fr": "Connexion des juges", "en": "Judges’ sign-in"},
    "judge_key": {
        "fr": "Rechargez la page, puis donnez votre nom et, comme mot de passe, la clé d’administration.",
        "en": "Reload the page and give your own name as the name and the admin key as the password.",
    },
    "judge_keyless": {
        "fr": "Personne ne peut encore se connecter : ce service n’a pas de clé d’administration. "
        "La personne qui le gère la donne par le réglage GLANE_ADMIN_KEY.",
        "en": "Nobody can sign in yet: this service has no admin key. "
        "The person who runs it gives one by the setting GLANE_ADMIN_KEY.",
    },
    "judge_add": {"fr": "Ajouter des questions", "en": "Add questions"},
    "judge_lines": {"fr": "Une question par ligne", "en": "One question a line"},
    "grade_0": {"fr": "sans rapport", "en": "not relevant"},
    "grade_1": {"fr": "un peu", "en": "marginal"},
    "grade_2": {"fr": "bon", "en": "good"},
    "grade_3": {"fr": "la réponse", "en": "the answer"},
    "vote": {"fr": "Avis sur « {title} »", "en": "Opinion on “{title}”"},
    "vote_question": {"fr": "Ce résultat vous aide ?", "en": "Does this help?"},
    "vote_thanks": {"fr": "Merci !", "en": "Thank you!"},
    "vote_yes": {"fr": "Oui", "en": "Yes"},
    "vote_no": {"fr": "Non", "en": "No"},
    # The whole page
    "skip": {"fr": "Aller aux résultats", "en": "Skip to the results"},
    "other_language": {"fr": "English", "en": "Français"},
    "made_with": {"fr": "Propulsé par Glane", "en": "Powered by Glane"},
    "api": {"fr": "API", "en": "API"},
    "feed": {"fr": "Suivre cette recherche (Atom)", "en": "Follow this search (Atom)"},
    "site_map": {"fr": "Parcourir", "en": "Browse"},
    "tagline": {
        "fr": "Posez une question ; lisez les passages qui y répondent.",
        "en": "Ask a question; read the passages that answer it.",
    },
    "description": {
        "fr": "Recherche par le sens et par les mots dans une bibliothèque de signets annotés.",
        "en": "Search by meaning and by words in a library of annotated bookmarks.",
    },
    # The first page
    "examples": {"fr": "Par exemple", "en": "For example"},
    "size_bookmarks": {"fr": "{n} signet|{n} signets", "en": "{n} bookmark|{n} bookmarks"},
    "size_annotations": {
        "fr": "{n} passage surligné|{n} passages surlignés",
        "en": "{n} highlight|{n} highlights",
    },
    "size_contributors": {
        "fr": "{n} contributeur|{n} contributeurs",
        "en": "{n} contributor|{n} contributors",
    },
    "newest": {"fr": "Ajoutés récemment", "en": "Recently added"},
    "newest_highlights": {"fr": "Surlignés récemment", "en": "Recently highlighted"},
    "telling_tags": {"fr": "De quoi il est question", "en": "What it is about"},
    "all_by_date": {"fr": "Tous les signets, par date", "en": "All bookmarks by date"},
    "all_tags": {"fr": "Tous les mots-clés", "en": "All tags"},
    "all_highlights": {"fr": "Tous les passages surlignés", "en": "All highlights"},
    # Keys
    "keys": {"fr": "Raccourcis clavier", "en": "Keyboard shortcuts"},
    "key_slash": {"fr": "aller à la question", "en": "go to the question"},
    "key_next": {"fr": "résultat suivant", "en": "next result"},
    "key_previous": {"fr": "résultat précédent", "en": "previous result"},
    "key_enter": {"fr": "lire le signet", "en": "read the bookmark"},
    "key_open": {"fr": "ouvrir la page d’origine", "en": "open the original page"},
    "key_help": {"fr": "afficher cette liste", "en": "show this list"},
    "close": {"fr": "Fermer", "en": "Close"},
    # Bookmark, contributor, tag
    "no_link": {
        "fr": "Ce signet n’a pas d’adresse que l’on puisse ouvrir.",
        "en": "This bookmark has no address that can be opened.",
    },
    "annotations": {"fr": "{n} annotation|{n} annotations", "en": "{n} annotation|{n} annotations"},
    "no_annotations": {"fr": "Aucune annotation.", "en": "No annotations."},
    "open_page": {"fr": "Ouvrir la page", "en": "Open the page"},
    "in_page": {"fr": "Voir dans la page", "en": "See it on the page"},
    "permalink": {"fr": "Lien vers cette annotation", "en": "Link to this annotation"},
    "link": {"fr": "Lien", "en": "Link"},
    "cite": {"fr": "Citer", "en": "Cite"},
    "cite_md": {"fr": "Markdown", "en": "Markdown"},
    "cite_txt": {"fr": "Texte", "en": "Plain text"},
    "cite_bib": {"fr": "BibTeX", "en": "BibTeX"},
    "cite_csl": {"fr": "CSL-JSON", "en": "CSL-JSON"},
    "cite_ris": {"fr": "RIS", "en": "RIS"},
    "copied": {"fr": "Copié", "en": "Copied"},
    "contributor_page": {"fr": "Contributeur", "en": "Contributor"},
    "tag_page": {"fr": "Mot-clé", "en": "Tag"},
    "between": {"fr": "du {first} au {last}", "en": "from {first} to {last}"},
    "on_day": {"fr": "le {first}", "en": "on {first}"},
    "related_tags": {"fr": "Mots-clés voisins", "en": "Related tags"},
    "their_tags": {"fr": "Ses mots-clés", "en": "Their tags"},
    "search_here": {"fr": "Chercher dans « {name} »", "en": "Search in “{name}”"},
    # Indexes and the stream of highlights
    "tags_page": {"fr": "Mots-clés", "en": "Tags"},
    "contributors_page": {"fr": "Contributeurs", "en": "Contributors"},
    "by_count": {"fr": "les plus utilisés d’abord", "en": "most used first"},
    "by_name": {"fr": "de A à Z", "en": "A to Z"},
    "index_order": {"fr": "Ordre", "en": "Order"},
    "index_find": {"fr": "Réduire la liste", "en": "Narrow the list"},
    "index_none": {"fr": "Rien ne contient ces lettres.", "en": "Nothing has these letters."},
    "index_more": {
        "fr": "Et {n} autre : réduisez la liste.|Et {n} autres : réduisez la liste.",
        "en": "And {n} more: narrow the list.|And {n} more: narrow the list.",
    },
    "highlights_page": {"fr": "Passages surlignés", "en": "Highlights"},
    "highlights_feed": {"fr": "Suivre ces passages (Atom)", "en": "Follow these highlights (Atom)"},
    "stream_size": {
        "fr": "{n} passage|{n} passages, du plus récent au plus ancien",
        "en": "{n} passage|{n} passages, newest first",
    },
    "highlights_none": {"fr": "Aucun passage n’est surligné ici.", "en": "Nothing is highlighted here."},
    # Errors
    "error_bad-request": {
        "fr": "Cette recherche n’est pas possible",
        "en": "This search is not possible",
    },
    "error_page": {
        "fr": "Cette page de résultats n’existe pas",
        "en": "There is no such page of results",
    },
    "error_not-found": {
        "fr": "Il n’y a rien à cette adresse",
        "en": "There is nothing at this address",
    },
    "error_method-not-allowed": {
        "fr": "Cette adresse se lit seulement",
        "en": "This address can only be read",
    },
    "error_unauthorized": {"fr": "Il faut une clé ici", "en": "A key is needed here"},
    "error_forbidden": {"fr": "Ce n’est pas permis", "en": "This is not allowed"},
    "error_conflict": {
        "fr": "Cette demande en contredit une autre",
        "en": "This contradicts another request",
    },
    "error_precondition-failed": {"fr": "Le signet a changé entre-temps", "en": "The bookmark has changed"},
    "error_unsupported-media-type": {
        "fr": "Ce contenu est inconnu",
        "en": "This content is of no known kind",
    },
    "error_too-many": {"fr": "Trop de demandes", "en": "Too many requests"},
    "error_too-slow": {"fr": "La demande a été trop lente", "en": "The request was too slow"},
    "error_too-large": {"fr": "Cette demande est trop grande", "en": "This request is too large"},
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
        "fr": "L’adresse est peut-être incomplète, ou elle a changé.",
        "en": "The address may be incomplete, or it has changed.",
    },
    "help_bookmark": {
        "fr": "Le signet a peut-être été retiré, ou l’adresse est incomplète.",
        "en": "The bookmark may have been removed, or the address is incomplete.",
    },
    "error_details": {"fr": "Détail technique (en anglais)", "en": "Technical details"},
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
