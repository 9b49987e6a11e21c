// The search box: type, arrows, Enter. A combobox with a list box, as the ARIA patterns describe it.
"use strict";
(function (atlas) {
  const WAIT_MS = 120;

  /** Make `input` and `list` search with `data`; `onPick(concept)` gets what was chosen, `announce` the count. */
  atlas.openSearch = function (input, list, data, onPick, announce) {
    let hits = [];
    let active = -1;
    let asked = 0; // the number of the last question: answers to earlier ones come too late
    let timer = 0;
    let shown = ""; // the text that `hits` answers

    function close() {
      list.hidden = true;
      hits = [];
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function activate(index) {
      active = index;
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
      if (active < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", `hit-${active}`);
        list.children[active].scrollIntoView({ block: "nearest" });
      }
    }

    function pick(index) {
      const { concept } = hits[index];
      close();
      input.value = "";
      onPick(concept);
    }

    function show(found) {
      hits = found;
      list.replaceChildren(...found.map(({ concept, matched }, index) => {
        const other = concept.name === matched ? concept.aliases.join(" · ") : matched;
        const item = atlas.el("li", { role: "option", id: `hit-${index}`, "aria-selected": "false" },
          atlas.el("bdi", { class: "hit-name" }, concept.name),
          atlas.el("bdi", { class: "hit-other" }, other));
        item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
        item.addEventListener("click", () => pick(index));
        return item;
      }));
      if (!found.length) list.replaceChildren(atlas.el("li", { class: "hit-none" }, atlas.say("nothing")));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      announce(found.length ? atlas.say("results", { n: found.length }) : atlas.say("nothing"));
      activate(found.length ? 0 : -1);
    }

    async function search() {
      const text = input.value.trim();
      asked += 1;
      const mine = asked;
      if (!text) {
        close();
        return;
      }
      try {
        const found = await data.search(text);
        if (mine === asked) {
          shown = text;
          show(found);
        }
      } catch (error) {
        if (mine === asked) {
          close();
          announce(atlas.say("failed", { why: error.message }), true);
        }
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, WAIT_MS);
    });
    input.addEventListener("keydown", async (event) => {
      if (event.isComposing) return; // an input method is still choosing characters
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (hits.length) activate((active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
        else await search();
      } else if (event.key === "Enter") {
        event.preventDefault();
        clearTimeout(timer);
        if (!hits.length || shown !== input.value.trim()) await search();
        if (hits.length) pick(Math.max(active, 0));
      } else if (event.key === "Escape") {
        close();
        input.value = "";
      }
    });
    input.addEventListener("blur", () => {
      asked += 1;
      close();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName || "");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
      }
    });
  };
})(window.NoteAtlas);
