"""What the pages for signing in, adding and editing say (pure); part of the catalogue of messages."""

from __future__ import annotations

EDITING: dict[str, dict[str, str]] = {
    "sign_in": {"fr": "Se connecter", "en": "Sign in"},
    "sign_out": {"fr": "Se déconnecter", "en": "Sign out"},
    "sign_in_why": {
        "fr": "Votre clé vous a été donnée par la personne qui gère cette bibliothèque.",
        "en": "Your key was given to you by the person who runs this library.",
    },
    "sign_in_key": {"fr": "Clé", "en": "Key"},
    "sign_in_wrong": {
        "fr": "Cette clé n’est pas valable. Elle a peut-être été révoquée.",
        "en": "This key is not valid. It may have been revoked.",
    },
    "sign_in_too_many": {
        "fr": "Trop de clés fausses sont venues de cette adresse. Réessayez dans une minute.",
        "en": "Too many wrong keys came from this address. Try again in a minute.",
    },
    "signed_in_as": {"fr": "Connecté : {name}", "en": "Signed in: {name}"},
    "role_too_low": {
        "fr": "Votre clé permet de lire, pas d’écrire. Connectez-vous avec une autre.",
        "en": "Your key is for reading, not for writing. Sign in with another one.",
    },
    "add": {"fr": "Ajouter", "en": "Add"},
    "add_bookmark": {"fr": "Ajouter un signet", "en": "Add a bookmark"},
    "edit": {"fr": "Modifier", "en": "Edit"},
    "edit_bookmark": {"fr": "Modifier le signet", "en": "Edit the bookmark"},
    "save": {"fr": "Enregistrer", "en": "Save"},
    "delete": {"fr": "Supprimer", "en": "Delete"},
    "delete_sure": {
        "fr": "Supprimer ce signet et ses annotations ?",
        "en": "Delete this bookmark and its annotations?",
    },
    "field_url": {"fr": "Adresse", "en": "Address"},
    "field_title": {"fr": "Titre", "en": "Title"},
    "field_description": {"fr": "Description", "en": "Description"},
    "field_tags": {"fr": "Mots-clés, séparés par des virgules", "en": "Tags, separated by commas"},
    "field_contributor": {"fr": "Ajouté par", "en": "Added by"},
    "field_text": {"fr": "Passage cité", "en": "Quoted passage"},
    "field_note": {"fr": "Note", "en": "Note"},
    "field_remove": {"fr": "Retirer cette annotation", "en": "Remove this annotation"},
    "field_private": {
        "fr": "Privé : visible des membres seulement",
        "en": "Private: members alone see it",
    },
    "annotation_n": {"fr": "Annotation {n}", "en": "Annotation {n}"},
    "annotation_new": {"fr": "Nouvelle annotation", "en": "New annotation"},
    "known_already": {
        "fr": "Cette page est déjà dans la bibliothèque ; ce que vous ajoutez s’y joindra.",
        "en": "This page is in the library already; what you add joins it.",
    },
    "changed_meanwhile": {
        "fr": "Le signet a changé entre-temps : voici votre version. L’enregistrer remplace l’autre.",
        "en": "The bookmark has changed meanwhile: this is your version. Saving it replaces the other.",
    },
    "bookmarklet": {"fr": "Ajouter à {site}", "en": "Add to {site}"},
    "bookmarklet_how": {
        "fr": "Glissez ce lien dans la barre de favoris de votre navigateur. Sur une page, il ouvre ce "
        "formulaire avec l’adresse, le titre et le texte sélectionné.",
        "en": "Drag this link to your browser’s bookmarks bar. On a page, it opens this form with the "
        "address, the title and the selected text.",
    },
}
