// The page is whole without this: "/" goes to the question, Escape leaves it, a second Enter is not a
// second search, and printing unfolds what is folded.
"use strict";
(() => {
  const question = document.getElementById("q");
  const typing = (node) =>
    node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  document.addEventListener("keydown", (event) => {
    if (!question || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing(event.target)) {
      event.preventDefault();
      question.focus();
      question.select();
    }
  });
  // On the judging page a key gives the grade that its button says.
  const graded = document.querySelectorAll("button[data-key]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    for (const button of graded) if (button.dataset.key === event.key.toLowerCase()) button.click();
  });
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
    unfolded = [...document.querySelectorAll("main details:not([open])")];
    for (const fold of unfolded) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of unfolded) fold.open = false;
  });
})();
