// What the reader knows: a list of ids in localStorage, ticked on the map, kept and brought back as a file.
//
// app.known = {has(id), all(), toggle(id), add(ids), onChange(fn)}. It never leaves the browser but as the argument
// `known` of a GraphQL query. Ids that these notes do not have stay in the list: other notes may have them.
"use strict";
(function (atlas) {
  const KEPT = "noteatlas.known";
  const MOST_KNOWN = 2000; // as many as the service takes
  const MOST_BYTES = 1_000_000;
  const FILE = "noteatlas.known/1";

  /** The ids in a text that may be a list of ids or a file that was saved here; null if it is neither. */
  atlas.readKnown = function (text) {
    let value = null;
    try {
      value = JSON.parse(text);
    } catch {
      return null;
    }
    const listed = Array.isArray(value) ? value : value !== null && typeof value === "object" && value.format === FILE ? value.known : null;
    if (!Array.isArray(listed) || listed.length > MOST_KNOWN) return null;
    const ids = listed.map((entry) => (entry !== null && typeof entry === "object" ? entry.id : entry));
    return ids.every((id) => typeof id === "string" && id !== "" && id.length <= 300) ? [...new Set(ids)] : null;
  };

  /** Hand a text or a Blob to the reader as a file. */
  atlas.saveFile = function (name, content, type) {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const link = atlas.el("a", { href: URL.createObjectURL(blob), download: name, hidden: "" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  function openKnown() {
    const listeners = [];
    let known = new Set();

    function load() {
      try {
        known = new Set(atlas.readKnown(localStorage.getItem(KEPT) || "[]") || []);
      } catch {
        // a browser that keeps nothing: what is marked holds until the page is left
      }
    }

    function changed() {
      try {
        localStorage.setItem(KEPT, JSON.stringify([...known]));
      } catch {
        // as above
      }
      tell();
    }

    function tell() {
      for (const fn of listeners) fn();
    }

    load();
    addEventListener("storage", (event) => {
      if (event.key !== KEPT && event.key !== null) return;
      load(); // another tab marked something
      tell();
    });
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      load(); // while this page slept in the history, another marked something
      tell();
    });
    return {
      has: (id) => known.has(id),
      all: () => [...known],
      toggle(id) {
        if (!known.delete(id)) known.add(id);
        changed();
        return known.has(id);
      },
      add(ids) {
        for (const id of ids) known.add(id);
        changed();
      },
      onChange: (fn) => listeners.push(fn),
    };
  }

  atlas.parts.push({
    name: "known",
    words: {
      en: {
        iKnow: "I know this",
        nowKnown: (v) => `${v.name}: known`,
        notKnown: (v) => `${v.name}: not known`,
        keyKnown: "Mark the selected concept as known, or not",
        saveKnown: "Save what I know",
        loadKnown: "Load from a file",
        loaded: (v) => `${v.n} known ${v.n === 1 ? "concept" : "concepts"} loaded`,
        badFile: (v) => `${v.name} was not loaded: it is not a list of known concepts as “Save what I know” writes it.`,
      },
      zh: {
        iKnow: "我已掌握",
        nowKnown: (v) => `${v.name}：已掌握`,
        notKnown: (v) => `${v.name}：未掌握`,
        keyKnown: "标记所选概念为已掌握或未掌握",
        saveKnown: "保存已掌握列表",
        loadKnown: "从文件载入",
        loaded: (v) => `已载入 ${v.n} 个已掌握的概念`,
        badFile: (v) => `未载入 ${v.name}：它不是由“保存已掌握列表”写出的文件。`,
      },
    },
    start(app) {
      const { el, say, canvas, keys, panel } = app;
      const known = openKnown();
      app.known = known;
      const nameOf = (id) => (canvas.has(id) ? canvas.concepts.get(id).name : id);

      function toggle(id) {
        app.announce(say(known.toggle(id) ? "nowKnown" : "notKnown", { name: nameOf(id) }));
      }

      /** A box to tick for a concept; it follows what is known. */
      known.box = function (id, label) {
        const input = el("input", { type: "checkbox", "data-known": id });
        input.checked = known.has(id);
        input.addEventListener("change", () => toggle(id));
        return el("label", { class: "known" }, input, " ", label);
      };

      /** Buttons that save what is known as a file, and load such a file. */
      known.fileButtons = function () {
        const save = el("button", { type: "button", class: "action" }, say("saveKnown"));
        save.addEventListener("click", () => {
          const entries = known.all().map((id) => ({ id, name: nameOf(id) }));
          atlas.saveFile("known.json", `${JSON.stringify({ format: FILE, known: entries }, null, 1)}\n`, "application/json");
        });
        const file = el("input", { type: "file", accept: ".json,application/json", class: "visually-hidden", tabindex: "-1", "aria-label": say("loadKnown") });
        const load = el("button", { type: "button", class: "action" }, say("loadKnown"));
        load.addEventListener("click", () => file.click());
        file.addEventListener("change", async () => {
          const [chosen] = file.files;
          if (!chosen) return;
          const ids = chosen.size <= MOST_BYTES ? atlas.readKnown(await chosen.text()) : null;
          file.value = "";
          if (ids === null) {
            app.announce(say("badFile", { name: chosen.name }), true);
            return;
          }
          known.add(ids);
          app.announce(say("loaded", { n: ids.length }), true); // in place of what was said of an earlier file
        });
        return el("p", { class: "actions" }, save, load, file);
      };

      known.onChange(() => {
        canvas.setKnown(known.all());
        for (const input of document.querySelectorAll("input[data-known]")) input.checked = known.has(input.dataset.known);
      });
      canvas.setKnown(known.all());
      app.on("change", () => canvas.setKnown(known.all()));
      panel.addSection({ order: -10, render: (concept) => el("p", {}, known.box(concept.id, say("iKnow"))) });
      keys.add("k", "keyKnown", () => {
        if (app.selected === null) return false;
        toggle(app.selected);
        return true;
      });
    },
  });
})(window.NoteAtlas);
