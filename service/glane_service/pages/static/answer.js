// An answer composed from the passages of the page: asked for by a button, its sources first, then each
// sentence as it is said. Whatever comes is shown as text.
"use strict";
(() => {
  const section = document.getElementById("answer");
  const button = section.querySelector("button");
  const list = section.querySelector("ol");
  const text = section.querySelector(".said");
  const note = section.querySelector(".about");
  const { action, bookmarks, question } = section.dataset;
  const say = (name) => (note.textContent = section.dataset[name]);
  section.hidden = false;

  const link = (content, href, name = "") => {
    const node = document.createElement("a");
    node.href = href;
    node.className = name;
    node.append(content);
    return node;
  };

  const sources = new Map();
  const cited = new Set();
  const events = {
    sources(data) {
      list.replaceChildren(...data.sources.map((item) => {
        const node = document.createElement("li");
        const place = item.annotation_id ? `#a-${item.annotation_id}` : "";
        const title = link(item.title || item.url, bookmarks + encodeURIComponent(item.id) + place);
        title.dir = "auto";
        node.id = `source-${item.number}`;
        node.append(`[${item.number}]`, title);
        sources.set(item.number, { node, quote: item.quote });
        return node;
      }));
      list.hidden = false;
    },
    sentence(data) {
      const numbers = data.sources.flatMap((number) => {
        cited.add(number);
        const node = link(`[${number}]`, `#source-${number}`, "source");
        node.title = sources.get(number).quote;
        return ["\u00a0", node];
      });
      text.append(data.text, ...numbers, " ");
    },
    done({ shown, dropped }) {
      say(shown ? "made" : dropped ? "unsupported" : "none");
      if (shown) for (const [number, { node }] of sources) node.hidden = !cited.has(number);
      else list.hidden = true;
    },
    error() {
      say("failed");
    },
  };

  const read = async (response) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    let last = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (waiting + part.value).split("\n\n");
      waiting = blocks.pop();
      for (const block of blocks) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block);
        events[name](JSON.parse(data));
        last = name;
      }
    }
    if (last !== "done" && last !== "error") events.error();
  };

  button.addEventListener("click", async () => {
    button.hidden = true;
    say("waiting");
    try {
      const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
      const response = await fetch(action, { method: "POST", headers, body: JSON.stringify({ question }) });
      if (!response.ok) throw new Error(response.status);
      await read(response);
    } catch {
      events.error();
    }
  });
})();
