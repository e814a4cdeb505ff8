// The page is whole without this. It adds keys (listed by "?"), folds that close by themselves, a box
// that narrows long lists, copying of citations, votes that stay on the page, and prints what is folded.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const question = document.getElementById("q");
  const typing = (node) =>
    node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

  // Keys
  const help = document.querySelector("dialog.keys");
  const showHelp = () => help.open || help.showModal();
  for (const button of all(".show-keys")) {
    button.hidden = false;
    button.addEventListener("click", showHelp);
  }
  const results = all(".result h3 a, .stream .name");
  const step = (by) => {
    const here = results.indexOf(document.activeElement);
    const next = results[here < 0 ? (by > 0 ? 0 : results.length - 1) : here + by];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  };
  const keys = {
    "/": () => question && (question.focus(), question.select()),
    j: () => step(1),
    k: () => step(-1),
    o: () => {
      const here = document.activeElement.closest(".result, figure");
      const out = here && here.querySelector("a.out");
      if (out) window.open(out.href, "_blank", "noopener");
    },
    "?": showHelp,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      close();
      if (location.hash === "#filters") location.hash = "#results";
      return;
    }
    if (typing(event.target) || help.open) return;
    // On the judging page a key gives the grade that its button says.
    const graded = all("button[data-key]").find((button) => button.dataset.key === event.key.toLowerCase());
    if (graded) graded.click();
    else if (Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // Menus and the sheet of filters
  const close = (but) => {
    for (const menu of all("details.menu[open]")) if (menu !== but) menu.open = false;
  };
  document.addEventListener("click", (event) => {
    close(event.target.closest("details.menu"));
    if (event.target.id === "filters") location.hash = "#results";
  });
  addEventListener("hashchange", () => {
    if (location.hash === "#filters") document.getElementById("filters").focus();
  });

  // Long lists are narrowed by what is typed; without case and accents.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const narrow = (input, list) => {
    const names = all("li", list).map((node) => [node, plain(node.textContent)]);
    input.addEventListener("input", () => {
      const wanted = plain(input.value.trim());
      for (const [node, name] of names) node.hidden = !name.includes(wanted);
    });
  };
  for (const input of all("input.among")) {
    input.hidden = false;
    narrow(input, input.nextElementSibling);
  }
  for (const list of all("[data-narrowed-by]")) narrow(document.getElementById(list.dataset.narrowedBy), list);

  // Without this a citation opens as a page of its own.
  for (const list of all(".cite .sheet")) {
    list.addEventListener("click", async (event) => {
      const link = event.target.closest("a");
      if (!link || !navigator.clipboard) return;
      event.preventDefault();
      const response = await fetch(link.href);
      await navigator.clipboard.writeText(await response.text());
      const summary = list.parentElement.querySelector("summary");
      const name = summary.textContent;
      summary.textContent = list.dataset.copied;
      list.parentElement.open = false;
      setTimeout(() => (summary.textContent = name), 1500);
    });
  }
  for (const form of all("form.vote")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const fields = new FormData(form, event.submitter);
      const body = JSON.stringify({
        query: fields.get("query"),
        bookmark_id: fields.get("bookmark_id"),
        helpful: fields.get("helpful") === "true",
      });
      const address = form.action.replace(/feedback$/, "api/feedback");
      const response = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (response.ok) form.replaceChildren(form.dataset.thanks);
      else form.submit();
    });
  }

  const form = question && question.form;
  if (form) {
    form.addEventListener("submit", (event) => {
      if (!question.value.trim() && !form.querySelector("input[type=hidden]")) {
        event.preventDefault();
        question.focus();
      }
    });
  }
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = all("main details:not([open], .menu, .why)");
    for (const fold of unfolded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of unfolded) fold.open = false;
  });
})();
