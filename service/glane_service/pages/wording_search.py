"""What the page of a search says, in French and in English (pure)."""

from __future__ import annotations

SEARCH: dict[str, dict[str, str]] = {
    # The form and its settings
    "question": {"fr": "Votre question", "en": "Your question"},
    "placeholder": {
        "fr": "Une question, des mots…",
        "en": "A question, words…",
    },
    "search": {"fr": "Chercher", "en": "Search"},
    "fields": {"fr": "Chercher dans", "en": "Search in"},
    "fields_all": {"fr": "tout", "en": "everything"},
    "fields_title": {"fr": "titre", "en": "title"},
    "fields_tags": {"fr": "mots-clés", "en": "tags"},
    "fields_annotations": {"fr": "annotations", "en": "annotations"},
    "fields_description": {"fr": "description", "en": "description"},
    "fields_url": {"fr": "adresse", "en": "address"},
    "mode": {"fr": "Chercher par", "en": "Search by"},
    "mode_hybrid": {"fr": "sens et mots", "en": "meaning and words"},
    "mode_vector": {"fr": "sens", "en": "meaning"},
    "mode_keyword": {"fr": "mots", "en": "words"},
    "sort": {"fr": "Trier", "en": "Sort"},
    "sort_relevance": {"fr": "pertinence", "en": "relevance"},
    "sort_date": {"fr": "date", "en": "date"},
    "kind": {"fr": "Montrer", "en": "Show"},
    "kind_all": {"fr": "tout", "en": "all"},
    "kind_bookmark": {"fr": "signets", "en": "bookmarks"},
    "kind_topic": {"fr": "sujets", "en": "topics"},
    "view": {"fr": "Affichage", "en": "View"},
    "amount": {"fr": "Annotations", "en": "Annotations"},
    "view_simple": {"fr": "simple", "en": "simple"},
    "view_middle": {"fr": "moyen", "en": "middle"},
    "view_full": {"fr": "complet", "en": "full"},
    "export": {"fr": "Emporter", "en": "Export"},
    "export_md": {"fr": "Markdown, avec citations", "en": "Markdown, with quotations"},
    "export_csv": {"fr": "CSV (tableur)", "en": "CSV (spreadsheet)"},
    "export_json": {"fr": "JSON", "en": "JSON"},
    "export_ris": {"fr": "RIS (Zotero, EndNote…)", "en": "RIS (Zotero, EndNote…)"},
    # Results
    "results": {"fr": "Résultats", "en": "Results"},
    "range": {"fr": "{first} – {last} sur {total}", "en": "{first} – {last} of {total}"},
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
    "original": {"fr": "(page d’origine)", "en": "(original page)"},
    "similar": {"fr": "Signets proches", "en": "Similar bookmarks"},
    "untitled": {"fr": "Sans titre", "en": "Untitled"},
    # How sure
    "less_certain": {
        "fr": "Voir {n} résultat moins sûr|Voir {n} résultats moins sûrs",
        "en": "Show {n} less certain result|Show {n} less certain results",
    },
    "uncertain": {"fr": "moins sûr", "en": "less certain"},
    "no_answer": {
        "fr": "Rien ici ne semble répondre à « {q} ».",
        "en": "Nothing here seems to answer “{q}”.",
    },
    "nearest": {"fr": "Ce qui s’en approche le plus", "en": "What comes nearest"},
    "corrected": {"fr": "Compris comme : {q}.", "en": "Taken for: {q}."},
    "as_typed": {"fr": "Chercher « {q} » tel quel", "en": "Search for “{q}” as typed"},
    # An answer composed from the passages
    "compose": {
        "fr": "Composer une réponse à partir de ces passages",
        "en": "Compose an answer from these passages",
    },
    "composed": {"fr": "Réponse composée", "en": "Composed answer"},
    "composed_waiting": {
        "fr": "Le modèle lit les passages…",
        "en": "The model is reading the passages…",
    },
    "composed_made": {
        "fr": "Rédigé par un modèle de langue à partir de ces passages : lisez-les avant de vous y fier.",
        "en": "Written by a language model from these passages alone: read them before you rely on it.",
    },
    "composed_none": {
        "fr": "Ces passages ne suffisent pas pour composer une réponse.",
        "en": "These passages are not enough to compose an answer from.",
    },
    "composed_unsupported": {
        "fr": "Ce que le modèle a répondu ne tenait pas aux passages : ce n’est donc pas montré.",
        "en": "What the model answered did not hold to the passages, so it is not shown.",
    },
    "composed_failed": {
        "fr": "Le modèle ne répond pas pour l’instant.",
        "en": "The model does not answer at the moment.",
    },
    # Why
    "why_vector": {"fr": "Trouvé par le sens", "en": "Found by meaning"},
    "why_keyword": {"fr": "Trouvé par les mots", "en": "Found by words"},
    "why_vector_keyword": {
        "fr": "Trouvé par le sens et par les mots",
        "en": "Found by meaning and by words",
    },
    "why_terms": {"fr": "Mots trouvés : {terms}.", "en": "Words found: {terms}."},
    "in_title": {"fr": "Dans le titre", "en": "In the title"},
    "in_description": {"fr": "Dans la description", "en": "In the description"},
    "in_annotation": {"fr": "Dans une annotation", "en": "In an annotation"},
    "in_annotation_by": {
        "fr": "Dans une annotation de {author}",
        "en": "In an annotation by {author}",
    },
    "rank_keyword": {
        "fr": "Par les mots : rang {rank} (score {score}).",
        "en": "By words: rank {rank} (score {score}).",
    },
    "rank_vector": {
        "fr": "Par le sens : rang {rank} (score {score}).",
        "en": "By meaning: rank {rank} (score {score}).",
    },
    "notice_unbalanced-quotes": {
        "fr": "Un guillemet n’a pas son pareil : la question est lue comme de simples mots.",
        "en": "A quotation mark has no partner: the question is read as plain words.",
    },
    "notice_bad-filter": {
        "fr": "Un filtre de la question n’a pas de valeur acceptable : il est lu comme de simples mots.",
        "en": "A filter in the question has no acceptable value: it is read as plain words.",
    },
    "notice_without-meaning": {
        "fr": "L’encodeur ne répond pas : ces résultats sont trouvés par leurs mots seulement.",
        "en": "The encoder does not answer: these results were found by their words alone.",
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
    "show_results": {
        "fr": "Voir le résultat|Voir les {n} résultats",
        "en": "Show the result|Show the {n} results",
    },
    "find_value": {"fr": "Chercher parmi : {facet}", "en": "Look for one of: {facet}"},
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
        "fr": "La bibliothèque est encore vide. On y importe des signets par « glane import », "
        "puis on les indexe par « glane index ».",
        "en": "The library is still empty. Import bookmarks with “glane import”, "
        "then index them with “glane index”.",
    },
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
}
