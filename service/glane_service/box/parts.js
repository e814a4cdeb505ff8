// Elements and the style of the box.

// The service writes the name and the hash of the style that belongs to this script here.
const STYLE = "search-box.css";
const STYLE_INTEGRITY = "";
const SCRIPT = document.currentScript ? document.currentScript.src : "";

const styles = new WeakMap();

const make = (tag, name, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  if (name) {
    node.className = name.replace(/\S+/g, "glane-$&");
    node.setAttribute("part", name);
  }
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

// Resolves when the style is there, or cannot be had: an unstyled box is better than none.
const styled = (root, base) => {
  if (!styles.has(root)) {
    const link = make("link", "", { rel: "stylesheet", href: new URL(STYLE, SCRIPT || base).href });
    if (STYLE_INTEGRITY) {
      link.integrity = STYLE_INTEGRITY;
      link.crossOrigin = "anonymous";
    }
    styles.set(root, new Promise((resolve) => {
      link.onload = link.onerror = resolve;
    }));
    (root.head || root).append(link);
  }
  return styles.get(root);
};

const makeForm = (element, action) => {
  const input = make("input", "input", {
    name: "q",
    type: "search",
    enterkeyhint: "search",
    placeholder: textOf(element, "placeholder"),
    "aria-label": textOf(element, "search"),
  });
  const button = make("button", "button", { type: "submit" }, textOf(element, "button"));
  const form = make("form", "form", { role: "search", action }, input, button);
  if (element.hasAttribute("shortcut")) input.after(make("kbd", "hint", { "aria-hidden": "true" }, "/"));
  return form;
};

// The roles and states of WAI-ARIA's combobox with a list, the selection by hand.
const combine = (input, list, shortcut) => {
  const attributes = {
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-haspopup": "listbox",
  };
  if (shortcut) attributes["aria-keyshortcuts"] = "/ Control+K Meta+K";
  for (const [key, value] of Object.entries(attributes)) input.setAttribute(key, value);
};
