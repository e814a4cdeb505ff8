// What the box says, in the languages that it has built in; `label-…` attributes say it otherwise.
const TEXTS = {
  fr: {
    search: "Votre question",
    button: "Chercher",
    placeholder: "Une question, des mots…",
    list: "Réponses",
    suggestions: "Suggestions",
    results: "Passages",
    tag: "mot-clé",
    contributor: "contributeur",
    title: "titre",
    question: "question",
    none: "Aucun résultat",
    one: "1 résultat",
    many: "{n} résultats",
    for: "Passages pour « {q} »",
    waiting: "Recherche en cours…",
    error: "La recherche ne répond pas pour l’instant.",
  },
  en: {
    search: "Your question",
    button: "Search",
    placeholder: "A question, words…",
    list: "Answers",
    suggestions: "Suggestions",
    results: "Passages",
    tag: "tag",
    contributor: "contributor",
    title: "title",
    question: "question",
    none: "No results",
    one: "1 result",
    many: "{n} results",
    for: "Passages for “{q}”",
    waiting: "Searching…",
    error: "The search does not answer at the moment.",
  },
};

const languageOf = (element) => {
  let node = element;
  while (node) {
    const named = node.closest("[lang]");
    if (named && named.lang) return named.lang.slice(0, 2).toLowerCase();
    node = node.getRootNode().host;
  }
  return "fr";
};

const textOf = (element, name) =>
  element.getAttribute(`label-${name}`) || (TEXTS[languageOf(element)] || TEXTS.fr)[name];
