/*
 * <glane-search>: the search box of Glane, for any page. No dependency, no build step.
 *
 *   <script src="https://HOST/search-box.js" defer></script>
 *   <glane-search endpoint="https://HOST"></glane-search>
 *
 * Around a <form> with an input it completes that form, which works without scripts too:
 *   <glane-search endpoint="https://HOST"><form action="/find"><input name="q"></form></glane-search>
 *
 * Attributes  endpoint (the service), theme ("light" or "dark"; else the page's color-scheme), shortcut
 *             ("/" and Ctrl or Command K go to the box), inside (results lead to their pages on the
 *             service), modal (with search-box-modal.js: a button that opens the box over the page), lang
 *             (fr or en), and any text of the box: label-search, -button, -placeholder, -list,
 *             -suggestions, -results, -tag, -contributor, -title, -question, -none, -one, -many ("{n}" is
 *             the number), -for ("{q}" is the word that was completed), -waiting, -error.
 * Events      glane-select (detail: result, url; cancelable), glane-results (detail: query, results,
 *             total), glane-error (detail: message, reason: "cors" where the service refuses this site).
 *             All bubble, and leave shadow roots.
 * Layout      a <template> child, with data-glane="title|passage|site|contributor|url" in it, or
 *             element.onrender = (result, option) => { … }; an option left empty is filled as usual.
 * Look        --glane-accent, -bg, -text, -muted, -border, -active, -mark, -mark-text, -radius, -font;
 *             ::part(form|input|button|popup|group|heading|option|title|passage|source|mark|note).
 *             Around a form the parts are classes instead: .glane-popup, .glane-option…
 */

// Milliseconds: the least and the longest pause in typing (one and a half times what is usual between this
// reader's keys), the longest time without an answer while typing goes on, and the times after which it
// says that it waits, and that the service is unreachable.
const PAUSE = 90;
const LONG_PAUSE = 240;
const PATIENCE = 500;
const WAITING = 300;
const TIMEOUT = 5000;
const QUERY_SIZE = 1000;

let boxes = 0;

class GlaneSearch extends HTMLElement {
  connectedCallback() {
    if (!this._input) {
      // The form inside may not be parsed yet.
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.isConnected && this.connectedCallback(), {
          once: true,
        });
        return;
      }
      this._build();
    }
    const form = this.shadowRoot ? this._input.form : null;
    this._popup.style.display = "none";
    if (form) form.style.visibility = "hidden";
    styled(this.shadowRoot || this.getRootNode(), `${this._endpoint() || document.baseURI}/`).then(() => {
      this._popup.style.display = "";
      if (form) form.style.visibility = "";
      this._place();
    });
    document.addEventListener("keydown", this._shortcut);
    document.addEventListener("pointerdown", this._outside);
  }

  disconnectedCallback() {
    if (!this._input) return;
    this._close();
    document.removeEventListener("keydown", this._shortcut);
    document.removeEventListener("pointerdown", this._outside);
  }

  _build() {
    // What a page's snapshot kept of an earlier box, listeners aside, is of no use.
    for (const old of this.querySelectorAll(":scope > .glane-popup, :scope > .glane-status")) old.remove();
    const id = `glane-${(boxes += 1)}`;
    this._id = id;
    this._options = [];
    this._active = -1;
    this._keyed = -Infinity;
    this._pace = 0;
    this._list = make("div", "list", { id: `${id}-list`, role: "listbox", "aria-label": textOf(this, "list") });
    // The keyboard has Enter for it; a screen reader hears the status.
    this._note = make("a", "note", { "aria-hidden": "true", tabindex: "-1" });
    this._popup = make("div", "popup", { hidden: "", tabindex: "-1" }, this._list, this._note);
    this._status = make("div", "status", { role: "status", "aria-live": "polite" });
    this._input = this.querySelector('input[name="q"], input[type="search"], input[type="text"]');
    // Names of elements do not reach across the border of a shadow root: the popup stays beside its input.
    const home = this._input ? this : this.attachShadow({ mode: "open", delegatesFocus: true });
    if (home !== this) {
      const form = makeForm(this, `${this._endpoint()}/`);
      home.append(form);
      this._input = form.firstChild;
    }
    home.append(this._popup, this._status);
    combine(this._input, this._list, this.hasAttribute("shortcut"));
    this._input.addEventListener("input", () => this._typed());
    this._input.addEventListener("keydown", (event) => this._key(event));
    this._input.addEventListener("click", () => this._options.length && this._show(true));
    this._input.addEventListener("blur", () => this._close());
    // Or the input would lose the focus, and the popup close, before the click arrives.
    this._popup.addEventListener("mousedown", (event) => event.preventDefault());
    this._popup.addEventListener("click", (event) => {
      if (event.target === this._note) return;
      const node = event.target.closest('[role="option"]');
      const option = this._options.find((one) => one.node === node);
      if (option && !this._select(option)) event.preventDefault();
    });
    this._outside = (event) => event.composedPath().includes(this) || this._close();
    this._shortcut = (event) => this._jump(event);
  }

  _endpoint() {
    const named = this.getAttribute("endpoint");
    return named ? web(named, document.baseURI).replace(/[?#].*/, "").replace(/\/+$/, "") : "";
  }

  _query() {
    return clean(this._input.value).trim().slice(0, QUERY_SIZE);
  }

  _typed() {
    if (!this._query()) {
      this._close();
      this._clear();
      return;
    }
    const now = performance.now();
    if (!this._timer) this._since = now;
    clearTimeout(this._timer);
    // A gap of more than a second is no pace of typing.
    const gap = now - this._keyed;
    if (gap < 1000) this._pace += 0.3 * (gap - this._pace);
    this._keyed = now;
    const pause = Math.max(PAUSE, Math.min(1.5 * this._pace, LONG_PAUSE));
    const left = Math.max(0, this._since + PATIENCE - now);
    this._timer = setTimeout(() => this._search(), Math.min(pause, left));
  }

  async _search() {
    const query = this._query();
    this._timer = 0;
    if (query === this._asked) {
      if (this._note.textContent) this._show(true);
      return;
    }
    this._cancel();
    const controller = new AbortController();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      controller.abort();
    }, TIMEOUT);
    const waiting = setTimeout(() => this._wait(true), WAITING);
    this._controller = controller;
    this._asked = query;
    try {
      if (!this._endpoint()) throw new Error("the endpoint is not an address");
      const asked = new URLSearchParams({ q: query, per_page: RESULTS, view: "simple", suggest: 1 });
      const response = await fetch(`${this._endpoint()}/api/search?${asked}`, { signal: controller.signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const answer = await response.json();
      if (controller === this._controller) this._answer(query, answer);
    } catch (error) {
      // An answer that a later question has overtaken is nobody's business.
      if (controller === this._controller) this._fail(late ? "timeout" : error.message, late ? "" : await this._reason(error));
    } finally {
      clearTimeout(timer);
      clearTimeout(waiting);
      if (controller === this._controller) {
        this._controller = null;
        this._wait(false);
      }
    }
  }

  _answer(query, { results, suggestions = [], total, completed = "", corrections = [] }) {
    // A title that stands among the first passages is not offered as well.
    const shown = results.slice(0, 3).map(({ bookmark }) => bookmark.title);
    const apart = suggestions.filter(({ kind, text }) => kind !== "title" || !shown.includes(text));
    const completions = apart.slice(0, SUGGESTIONS).map((item) => this._suggestion(item));
    const passages = results.slice(0, RESULTS).map((item) => this._result(item));
    const taken = completed || corrections.map((one) => one.taken).join(" ");
    const label = taken ? textOf(this, "for").replace("{q}", taken) : textOf(this, "results");
    this._fill([
      [textOf(this, "suggestions"), completions.filter(({ url }) => url)],
      [label, passages],
    ]);
    const text = total ? textOf(this, total === 1 ? "one" : "many") : textOf(this, "none");
    this._say(text.replace("{n}", total), total ? this._page(completed || query) : "");
    this._emit("glane-results", { query, results, total });
  }

  // The address of the page with all results: where the form leads, or the service's own.
  _page(query) {
    const { form } = this._input;
    const asked = new URLSearchParams(form && form.method === "get" ? new FormData(form) : {});
    asked.set(this._input.name || "q", query);
    return `${form ? form.action : `${this._endpoint()}/`}?${asked}`;
  }

  _wait(on) {
    this._list.setAttribute("aria-busy", on);
    if (on && this._popup.hidden) this._say(textOf(this, "waiting"));
  }

  // A browser does not say that a site is refused; that the service answers all the same gives it away.
  async _reason(error) {
    const endpoint = this._endpoint();
    if (!(error instanceof TypeError) || endpoint.startsWith(`${location.origin}/`) || endpoint === location.origin) return "";
    try {
      await fetch(`${endpoint}/healthz`, { mode: "no-cors" });
    } catch {
      return "";
    }
    console.warn(`glane-search: ${endpoint} does not let this site ask. Name ${location.origin} in its GLANE_CORS_ORIGINS.`);
    return "cors";
  }

  _fail(message, reason) {
    this._clear();
    this._say(textOf(this, "error"));
    this._emit("glane-error", { message, reason });
  }

  _fill(groups) {
    this._options = [].concat(...groups.map(([, options]) => options));
    this._options.forEach(({ node }, place) => {
      node.id = `${this._id}-${place}`;
    });
    const shown = groups.filter(([, options]) => options.length);
    this._list.replaceChildren(...shown.map(([label, options]) => {
      const heading = make("div", "heading", { "aria-hidden": "true" }, label);
      const nodes = options.map((option) => option.node);
      return make("div", "group", { role: "group", "aria-label": label }, heading, ...nodes);
    }));
    this._list.hidden = !this._options.length;
    this._activate(-1);
  }

  _suggestion(item) {
    const label = /^(tag|contributor|title|question)$/.test(item.kind) ? textOf(this, item.kind) : "";
    return suggestionOption(item, web(item.url, `${this._endpoint()}/`), label);
  }

  _result(item) {
    const made = resultOption(item, this._endpoint(), this.hasAttribute("inside"));
    const template = this.querySelector(":scope > template");
    try {
      if (typeof this.onrender === "function") this.onrender(item, made.node);
      else if (template) fillTemplate(made.node, item, template);
    } catch (error) {
      // A mistake of the page costs it its layout, not the result.
      console.error(error);
      made.node.replaceChildren();
    }
    if (!made.node.hasChildNodes()) fillDefault(made.node, item);
    return made;
  }

  _key(event) {
    // A word is being composed: the key belongs to the input method (229 is how Safari says it).
    if (event.isComposing || event.keyCode === 229) return;
    const { key, altKey } = event;
    const apart = event.ctrlKey || event.metaKey;
    const open = !this._popup.hidden;
    const count = this._options.length;
    if (/^Arrow(Up|Down)$/.test(key) && count && !apart && !event.shiftKey) {
      event.preventDefault();
      const down = key === "ArrowDown";
      this._show(down || !altKey);
      if (altKey) return;
      const next = this._active + (down ? 1 : -1);
      this._activate(this._active < 0 && !down ? count - 1 : (next + count) % count);
    } else if (key === "Enter") {
      this._enter(event, open && this._options[this._active], apart);
    } else if (key === "Escape" && (open || this._input.value)) {
      event.preventDefault();
      if (open) {
        event.stopPropagation();
      } else {
        this._input.value = "";
        this._clear();
      }
      this._close();
    } else if (key === "Tab") {
      this._close();
    } else if (/^(Home|End|ArrowLeft|ArrowRight)$/.test(key)) {
      this._activate(-1);
    }
  }

  _enter(event, option, apart) {
    const { form } = this._input;
    if (!option) this._close();
    // The browser itself submits the form, to the page with all results.
    if (!option && form && !apart) return;
    event.preventDefault();
    if (option && !apart) {
      option.node.click();
    } else if (option) {
      if (this._select(option)) window.open(option.url, "_blank", "noopener");
    } else if (form) {
      const { target } = form;
      form.target = "_blank";
      form.requestSubmit();
      form.target = target;
    } else {
      const page = `${this._endpoint()}/?${new URLSearchParams({ q: this._query() })}`;
      window.open(page, apart ? "_blank" : "_self");
    }
  }

  _jump(event) {
    if (!this.hasAttribute("shortcut") || event.defaultPrevented || event.altKey) return;
    const target = event.composedPath()[0];
    const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    const apart = event.ctrlKey || event.metaKey;
    if (apart ? !/^k$/i.test(event.key) : typing || event.key !== "/") return;
    event.preventDefault();
    this._input.focus();
    this._input.select();
  }

  _select({ item, url }) {
    return this._emit("glane-select", { result: item, url }, true);
  }

  _activate(place) {
    const before = this._options[this._active];
    const option = this._options[place];
    this._active = place;
    if (before) before.node.setAttribute("aria-selected", "false");
    this._input.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.node.setAttribute("aria-selected", "true");
    option.node.scrollIntoView({ block: "nearest" });
    this._input.setAttribute("aria-activedescendant", option.node.id);
  }

  _say(text, href) {
    this._note.textContent = text;
    this._note.toggleAttribute("href", href);
    if (href) this._note.href = href;
    this._status.textContent = text;
    this._show(true);
  }

  _show(open) {
    this._popup.hidden = !open;
    this._input.setAttribute("aria-expanded", String(open && this._options.length > 0));
    if (open) this._place();
    else this._activate(-1);
  }

  // What would be cut at the end of the list is left to the page of all results.
  _fit() {
    while (this._options.length > 1 && this._list.scrollHeight > this._list.clientHeight + 1) {
      const { node } = this._options.pop();
      const group = node.parentElement;
      node.remove();
      if (group.children.length < 2) group.remove();
    }
  }

  // A narrow box near the edge of the window has a popup that is wider: it moves into view.
  _place() {
    this._popup.style.transform = "";
    this._fit();
    const { left, right } = this._popup.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const move = left < 0 ? -left : Math.min(0, Math.max(width - right, -left));
    if (move) this._popup.style.transform = `translateX(${move}px)`;
  }

  _close() {
    this._cancel();
    this._show(false);
  }

  _clear() {
    this._cancel();
    this._asked = "";
    this._fill([]);
    this._note.textContent = "";
    this._status.textContent = "";
  }

  _cancel() {
    clearTimeout(this._timer);
    this._timer = 0;
    if (!this._controller) return;
    this._controller.abort();
    this._controller = null;
    this._asked = "";
  }

  _emit(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { detail, cancelable, bubbles: true, composed: true }));
  }
}

if (!customElements.get("glane-search")) customElements.define("glane-search", GlaneSearch);
