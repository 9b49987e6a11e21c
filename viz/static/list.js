// The list that mirrors the map: the same concepts by topic, for the keyboard and for screen readers. It is one stop of
// the Tab key; arrows, Home and End move inside.
"use strict";
(function (atlas) {
  atlas.parts.push({
    name: "list",
    words: {
      en: { list: "On this map", noTopic: "In no topic", joined: "Added" },
      zh: { list: "本图概念", noTopic: "不属于任何主题", joined: "后来加入" },
    },
    start(app) {
      const { canvas, el, say, page } = app;
      const { kinds } = page.style;
      const list = document.getElementById("list");

      function draw() {
        const listed = new Set();
        const item = (id) => {
          const concept = canvas.concepts.get(id);
          listed.add(id);
          const { family } = kinds[concept.kind] || kinds.other;
          if (!canvas.isOn("families", family)) return null;
          const button = el("button", { type: "button", tabindex: "-1", "data-concept": id },
            el("span", { class: `mark-${family}`, "aria-hidden": "true" }), el("bdi", {}, concept.name));
          button.addEventListener("click", () => app.select(id, { show: true }));
          return el("li", {}, button);
        };
        const block = (title, ids) => {
          const items = ids.map(item).filter(Boolean);
          return items.length ? [el("li", { class: "topic" }, el("h3", {}, el("bdi", {}, title)), el("ul", {}, ...items))] : [];
        };
        const plain = page.groups.length === 1 && page.groups[0].head === null;
        const blocks = page.groups.flatMap(({ head, members }) => {
          const title = head !== null ? canvas.concepts.get(head).name : plain ? "" : say("noTopic");
          return block(title, members);
        });
        const later = [...canvas.concepts.keys()].filter((id) => !listed.has(id));
        list.replaceChildren(...blocks, ...block(say("joined"), later));
        const first = list.querySelector("button");
        if (first) first.tabIndex = 0;
        mark(app.selected);
      }

      function mark(id) {
        for (const button of list.querySelectorAll("button")) {
          if (button.dataset.concept === id) {
            button.setAttribute("aria-current", "true");
            focusable(button);
            button.scrollIntoView({ block: "nearest" });
          } else button.removeAttribute("aria-current");
        }
      }

      function focusable(button) {
        for (const other of list.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
        button.tabIndex = 0;
      }

      list.addEventListener("keydown", (event) => {
        const buttons = [...list.querySelectorAll("button")];
        const at = buttons.indexOf(document.activeElement);
        const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 };
        const next = buttons[moves[event.key]];
        if (at < 0 || !next) return;
        event.preventDefault();
        focusable(next);
        next.focus();
      });
      app.on("change", draw);
      app.on("filter", draw);
      app.on("select", mark);
      app.on("relation", () => mark(null));
      app.on("deselect", () => mark(null));
    },
  });
})(window.NoteAtlas);
