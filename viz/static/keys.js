// The keys of the page, in one table: NoteAtlas.openKeys() gives app.keys, to which parts add theirs. `?` shows them all.
"use strict";
(function (atlas) {
  const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  const ORDER = ["/", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", "+", "-", "w", "p", "k", "c", "[", "]", "Escape", "?"]; // as docs/map.md
  const WAYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

  const TYPED_IN = "input:not([type=checkbox], [type=radio], [type=file]), textarea, select"; // who ticks a box types nothing

  /** app.keys: a key of the page is one that is pressed outside of boxes to type in, without Ctrl, Alt or Meta. */
  atlas.openKeys = function () {
    const keys = new Map(); // key -> {key, word, run}

    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.matches?.(TYPED_IN) || event.target.isContentEditable;
      const found = keys.get(event.key);
      if (typing || !found || document.querySelector("dialog[open]")) return;
      if (found.run(event) !== false) event.preventDefault();
    });

    return {
      /** Run `run(event)` when `key` (as KeyboardEvent.key names it) is pressed; it returns false to leave the key alone.
          `word` is the key of the word that says what it does. A later part may take a key over. */
      add(key, word, run) {
        keys.set(key, { key, word, run });
      },
      /** Every key that was added, in the order in which they are listed; one that the list does not know comes last. */
      all() {
        const place = ({ key }) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
        return [...keys.values()].sort((a, b) => place(a) - place(b));
      },
    };
  };

  /** The dialog that lists every key; keys that do the same stand in one line. */
  function openHelp(app) {
    const { el, say } = app;
    const dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" });
    document.body.append(dialog);

    function show() {
      const lines = new Map(); // word -> keys
      for (const { key, word } of app.keys.all()) lines.set(word, [...(lines.get(word) || []), key]);
      const close = el("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close") }, "×");
      close.addEventListener("click", () => dialog.close());
      const rows = [...lines].map(([word, keys]) => el("tr", {},
        el("th", { scope: "row" }, ...keys.flatMap((key) => [el("kbd", {}, SHOWN[key] || key), " "])), el("td", {}, say(word))));
      dialog.replaceChildren(el("h2", { id: "keys-title" }, say("keyHelp")), close,
        el("table", {}, el("tbody", {}, ...rows)), el("p", { class: "quiet" }, say("keyTabs")));
      dialog.showModal();
      close.focus();
    }

    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // the ground around it
    });
    document.getElementById("help").addEventListener("click", show);
    app.keys.add("?", "keyHelp", show);
  }

  atlas.parts.push({
    name: "keys",
    words: {
      en: {
        keyHelp: "All keys",
        keyTabs: "Tab moves from part to part; in the tree, the list and the tabs, arrows, Home and End move.",
        keyEscape: "Let go of what is selected",
        keySearch: "Search",
        keyMove: "To the neighbour that lies there",
        keyOpen: "Read about what is selected",
        keyCompare: "Compare what is selected with…",
        keyWhy: "Show why: the reasons and the sentences that say so",
        whyShown: (v) => `${v.n} ${v.n === 1 ? "reason" : "reasons"} shown`,
        whyHidden: "Reasons hidden",
      },
      zh: {
        keyHelp: "全部快捷键",
        keyTabs: "Tab 键在各部分之间移动；在主题树、列表和标签页内用方向键、Home 和 End。",
        keyEscape: "取消选择",
        keySearch: "搜索",
        keyMove: "移到该方向的相邻概念",
        keyOpen: "阅读所选概念",
        keyCompare: "将所选概念与……对比",
        keyWhy: "显示理由及原句",
        whyShown: (v) => `已显示 ${v.n} 条理由`,
        whyHidden: "已收起理由",
      },
    },
    start(app) {
      const { canvas, page } = app;
      const onMap = (event) => event.target === document.body || event.target.closest("#canvas") !== null;
      for (const [key, way] of Object.entries(WAYS)) {
        app.keys.add(key, "keyMove", (event) => {
          if (!onMap(event)) return false;
          if (app.selected === null) {
            const first = page.starts.find((id) => canvas.has(id)) || [...canvas.concepts.keys()][0];
            app.select(first, { show: true, part: null });
          } else {
            const [next] = canvas.neighbours(app.selected, way);
            if (next !== undefined) app.select(next, { show: true, part: null });
          }
          return true;
        });
      }
      app.keys.add("Enter", "keyOpen", (event) => {
        if (!onMap(event) || app.selected === null) return false;
        app.showPart("concept");
        document.getElementById("panel").focus();
        return true;
      });
      app.keys.add("w", "keyWhy", () => {
        if (app.selected === null) return false;
        const n = app.panel.toggleReasons();
        app.announce(n ? app.say("whyShown", { n }) : app.say("whyHidden"));
        return true;
      });
      if (page.endpoint) app.keys.add("c", "keyCompare", () => app.compareWith(app.selected));
      openHelp(app);
    },
  });
})(window.NoteAtlas);
