// From an answer of the service to the options of the list. Whatever comes from there enters the
// page as text, and an address only where it is one of the web.

const RESULTS = 5;
const SUGGESTIONS = 4;
const TITLE_SIZE = 300;
const PASSAGE_SIZE = 320;

const clean = (text) => String(text == null ? "" : text).replace(/\0/g, "");

const clip = (text, size) => {
  const points = Array.from(clean(text).slice(0, 2 * size + 2));
  return points.length > size ? `${points.slice(0, size).join("")}…` : points.join("");
};

const web = (address, base) => {
  try {
    const url = new URL(address, base);
    return /^https?:$/.test(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
};

// The part of a text around its first match, the matches as <mark>. Spans count code points, which
// is how Array.from cuts a text.
const excerpt = (text, spans, size) => {
  const points = Array.from(text);
  const first = spans.length ? spans[0][0] : 0;
  let at = first > size / 2 ? first - 40 : 0;
  while (at && at < first && points[at - 1].trim()) at += 1;
  const end = Math.min(points.length, at + size);
  const part = (from, to) => clean(points.slice(from, to).join(""));
  const nodes = at ? ["… "] : [];
  for (const span of spans) {
    const from = Math.max(span[0], at);
    const to = Math.min(span[1], end);
    if (from >= to) continue;
    nodes.push(part(at, from), make("mark", "mark", {}, part(from, to)));
    at = to;
  }
  nodes.push(part(at, end), end < points.length ? "…" : "");
  return nodes;
};

// The service names the page at the passage, where the passage is quoted from it.
const address = ({ bookmark, passage }, endpoint, inside) => {
  const page = inside ? "" : web(passage.link) || web(bookmark.url);
  return page || `${endpoint}/bookmarks/${encodeURIComponent(bookmark.id)}`;
};

const option = (kind, item, url) => {
  const attributes = { role: "option", "aria-selected": "false", tabindex: "-1", href: url };
  return { node: make("a", `option ${kind}`, attributes), item, url };
};

const suggestionOption = (item, url, label) => {
  const made = option("suggestion", item, url);
  made.node.append(make("bdi", "title", {}, clip(item.text, TITLE_SIZE)), " ", make("span", "source", {}, label));
  return made;
};

const resultOption = (item, endpoint, inside) => {
  const made = option("result", item, address(item, endpoint, inside));
  if (/^[a-z]{2,3}$/.test(item.bookmark.language)) made.node.lang = item.bookmark.language;
  return made;
};

const fieldsOf = ({ bookmark, passage }) => ({
  title: passage.text && passage.text === bookmark.title
    ? excerpt(bookmark.title, passage.highlights, TITLE_SIZE)
    : [clip(bookmark.title || bookmark.url, TITLE_SIZE)],
  passage: excerpt(passage.text, passage.highlights, PASSAGE_SIZE),
  site: [clip(bookmark.site, TITLE_SIZE)],
  contributor: [clip(bookmark.contributor, TITLE_SIZE)],
  url: [clip(web(bookmark.url), TITLE_SIZE)],
});

const fillTemplate = (node, item, template) => {
  const content = template.content.cloneNode(true);
  const fields = fieldsOf(item);
  for (const place of content.querySelectorAll("[data-glane]")) {
    place.replaceChildren(make("bdi", "", {}, ...(fields[place.dataset.glane] || [])));
  }
  node.append(content);
};

// Spaces keep the parts apart in the name of the option, as a screen reader says it.
const fillDefault = (node, item) => {
  const fields = fieldsOf(item);
  const source = make("span", "source");
  for (const name of ["site", "contributor"]) {
    if (fields[name][0]) source.append(source.firstChild ? " · " : "", make("bdi", name, {}, ...fields[name]));
  }
  node.append(make("bdi", "title", {}, ...fields.title), " ");
  // A title that is the answer is not said twice.
  if (item.passage.text !== item.bookmark.title) node.append(make("bdi", "passage", {}, ...fields.passage), " ");
  node.append(source);
};
