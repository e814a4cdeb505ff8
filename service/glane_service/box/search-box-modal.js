/*
 * <glane-search modal>: a button in its place, which opens the box over the page. Goes beside search-box.js:
 *
 *   <script src="https://HOST/search-box.js" defer></script>
 *   <script src="https://HOST/search-box-modal.js" defer></script>
 *   <glane-search endpoint="https://HOST" modal shortcut></glane-search>
 *
 * Without this script the box stands in the page. The text of the button is the attribute label-open;
 * its look: the box's custom properties, and ::part(open|dialog) of the .glane-modal around the box.
 */

const OPEN = { fr: "Rechercher", en: "Search" };
const CSS = [
  ":host { display: inline-block; }",
  "button { display: inline-flex; align-items: center; gap: .6rem; min-block-size: 2.75rem; padding: .4rem .9rem; font: inherit; color: var(--glane-muted, light-dark(#575c63, #b4b0a9)); background: var(--glane-bg, light-dark(#fff, #1e1f22)); border: 1px solid var(--glane-border, light-dark(#858b93, #80858d)); border-radius: var(--glane-radius, .5rem); cursor: pointer; }",
  "button:focus-visible { outline: 3px solid var(--glane-accent, light-dark(#1f5c4d, #92cdb6)); outline-offset: 2px; }",
  "kbd { font-size: .8em; padding: 0 .4em; border: 1px solid; border-radius: .25rem; }",
  "dialog { inline-size: min(42rem, calc(100vw - 2rem)); max-block-size: 85vh; margin-block-start: 8vh; padding: .8rem; overflow: auto; color: inherit; border-radius: var(--glane-radius, .5rem); background: var(--glane-bg, light-dark(#fff, #1e1f22)); border: 1px solid var(--glane-border, light-dark(#858b93, #80858d)); }",
  "dialog::backdrop { background: rgb(0 0 0 / .5); }",
  "@media (hover: none) { kbd { display: none; } }",
].join("");

const wrap = (box) => {
  const host = document.createElement("span");
  host.className = "glane-modal";
  box.replaceWith(host);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("part", "open");
  const named = box.closest("[lang]") || host.closest("[lang]");
  const text = box.getAttribute("label-open") || OPEN[named && named.lang.slice(0, 2).toLowerCase()] || OPEN.fr;
  button.append(text);
  if (box.hasAttribute("shortcut")) {
    const hint = document.createElement("kbd");
    hint.setAttribute("aria-hidden", "true");
    hint.append("/");
    button.append(hint);
    button.setAttribute("aria-keyshortcuts", "/ Control+K Meta+K");
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("part", "dialog");
  dialog.setAttribute("aria-label", text);
  dialog.append(document.createElement("slot"));
  root.append(button, dialog);
  host.append(box);

  const open = () => {
    if (!dialog.open) dialog.showModal();
    (box.querySelector("input") || box).focus();
  };
  button.addEventListener("click", open);
  // What is around the box is the dialog itself, and beyond it the page.
  dialog.addEventListener("click", (event) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    if (event.target === dialog && (x < left || x > right || y < top || y > bottom)) dialog.close();
  });
  // Before the box hears of it, which cannot focus what is hidden.
  document.addEventListener("keydown", (event) => {
    if (!box.hasAttribute("shortcut") || dialog.open || event.altKey || !host.isConnected) return;
    const target = event.composedPath()[0];
    const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    const apart = event.ctrlKey || event.metaKey;
    if (apart ? !/^k$/i.test(event.key) : typing || event.key !== "/") return;
    event.preventDefault();
    open();
  }, true);
};

const wrapAll = () => {
  for (const box of document.querySelectorAll("glane-search[modal]")) if (!box.closest(".glane-modal")) wrap(box);
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wrapAll);
else wrapAll();
