"""A library of twelve bookmarks, small enough to work out by hand what a search must find."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from glane_indexer.encoder.base import Encoder
from glane_indexer.importers import jsonl
from glane_indexer.index.build import build_generation
from glane_indexer.library.importing import import_bytes
from glane_indexer.models import Annotation, Bookmark

BOOKMARKS = (
    Bookmark(
        id="b01",
        title="Vers une protection sociale des données personnelles",
        url="https://revue.example.org/protection-sociale",
        description="Pourquoi les droits des travailleurs devraient suivre leurs données.",
        tags=("données", "droit"),
        contributor="Camille Roy",
        created_at=datetime(2015, 3, 1, 8, 30, tzinfo=UTC),
        views=120,
        language="fr",
        annotations=(
            Annotation(
                "Nos données personnelles sont le produit d’un travail.", author="Camille Roy", id="a1"
            ),
            Annotation("La protection sociale devrait couvrir aussi les données.", id="a2"),
            Annotation(
                "Une régulation à l’échelle européenne est possible.", "à relire", "Anne Dupont", id="a3"
            ),
            Annotation("Les entreprises en tirent une rente.", id="a4"),
            Annotation("Le modèle est celui de la sécurité sociale.", id="a5"),
        ),
    ),
    Bookmark(
        id="b02",
        title="Le travail invisible des plateformes",
        url="https://www.example.org/travail-invisible.html",
        description="Une enquête sur les microtâches.",
        tags=("travail", "plateformes"),
        contributor="Anne Dupont",
        created_at=datetime(2016, 5, 3, 10, 0, tzinfo=UTC),
        views=45,
        language="fr",
        annotations=(
            Annotation("Chaque clic est un travail que personne ne paie.", id="a6"),
            Annotation("La plate-forme décide du prix de la tâche.", id="a7"),
        ),
    ),
    Bookmark(
        id="b03",
        title="Feeding machines: micro-work and training data",
        url="https://lab.example.com/micro-work",
        tags=("travail", "IA"),
        contributor="Camille Roy",
        created_at=datetime(2018, 11, 20, tzinfo=UTC),
        views=200,
        language="en",
        annotations=(
            Annotation("Thousands of people label images so that machines learn to see.", id="a8"),
            Annotation("The platform pays a few cents for each task.", id="a9"),
        ),
    ),
    Bookmark(
        id="b04",
        title="Comment citer une vidéo ?",
        contributor="Anne Dupont",
        kind="topic",
        language="fr",
        annotations=(Annotation("On donne l’auteur, le titre et la date.", author="Luc Martin", id="b1"),),
    ),
    Bookmark(
        id="b05",
        title="Recette du pain au levain",
        url="https://cuisine.example.net/pain",
        description="Farine, eau, sel et patience.",
        tags=("cuisine",),
        contributor="Luc Martin",
        created_at=datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
        views=3,
        language="fr",
        annotations=(
            Annotation("Laisser lever la pâte toute une nuit avant de la cuire au four.", id="b2"),
        ),
    ),
    Bookmark(
        id="b06",
        title="Growing tomatoes on a balcony",
        url="https://garden.example.net/tomatoes",
        tags=("jardin",),
        contributor="Luc Martin",
        created_at=datetime(2017, 1, 1, tzinfo=UTC),
        language="en",
        annotations=(Annotation("Water them in the evening and give them six hours of sun.", id="b3"),),
    ),
    Bookmark(
        id="b07",
        title="Bicicletas en la ciudad",
        url="https://movilidad.example.es/bicicletas",
        tags=("vélo", "ville"),
        contributor="Ana García",
        created_at=datetime(2014, 6, 15, 12, tzinfo=UTC),
        views=8,
        language="es",
        annotations=(Annotation("Un carril bici protegido salva vidas.", id="b4"),),
    ),
    Bookmark(
        id="b08",
        title="Des pistes cyclables à Grenoble",
        url="https://ville.example.org/pistes",
        tags=("vélo", "ville"),
        contributor="Camille Roy",
        created_at=datetime(2019, 9, 9, tzinfo=UTC),
        views=8,
        language="fr",
        annotations=(
            Annotation("Une piste séparée de la route protège les cyclistes.", id="b5"),
            Annotation("Aller au travail à vélo est devenu courant.", id="b6"),
        ),
    ),
    Bookmark(
        id="b09",
        title="Œuvres libres et cœur du droit d’auteur",
        url="https://droit.example.org/oeuvres",
        tags=("droit",),
        contributor="Anne Dupont",
        views=1,
        language="fr",
        annotations=(Annotation("Le droit d’auteur protège une œuvre, pas une idée.", id="b7"),),
    ),
    Bookmark(
        id="b10",
        title="How bees find their way home",
        url="https://nature.example.com/bees",
        tags=("nature",),
        contributor="Luc Martin",
        created_at=datetime(2020, 2, 29, tzinfo=UTC),
        language="en",
        annotations=(Annotation("Bees remember landmarks and the angle of the sun.", id="b8"),),
    ),
    Bookmark(
        id="b11",
        title="L’emploi des jeunes",
        url="https://www.example.org/emploi",
        description="Chômage, apprentissage et premiers contrats.",
        tags=("travail", "emploi"),
        contributor="Ana García",
        created_at=datetime(2016, 5, 3, 10, 0, tzinfo=UTC),
        language="fr",
        annotations=(Annotation("Un premier emploi dure moins d’un an.", id="b9"),),
    ),
    Bookmark(id="b12", title="Notes", language="fr"),
)
"""In the order of their ids, which is that of their rows."""

BY_DATE = ("b10", "b08", "b03", "b06", "b05", "b02", "b11", "b01", "b07", "b04", "b09", "b12")
"""The newest first; two of one moment by id; those without a date last, by id."""

LINES = "".join(jsonl.dump(bookmark) + "\n" for bookmark in BOOKMARKS).encode()


def make(library: Path, encoder: Encoder, lines: bytes = LINES) -> Path:
    """The library, imported and indexed."""
    import_bytes(lines, library, format="jsonl", name="little")
    build_generation(library, encoder)
    # Twelve bookmarks on twelve subjects: what is asked of them is how they are found, not how sure it is.
    (library / "settings.json").write_text('{"ranking": {"line": 0}}')
    return library
