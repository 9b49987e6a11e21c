// The legend, which is also the filter: relations by type, where they come from, how sure they are, kinds of concept.
// It opens on demand. What is switched is in the address, so that a link shows the same; it never changes which
// concepts are drawn, as types=, origin= and min= do, which the server reads (page.off, page.asked):
//   on=KEY, off=KEY   a row of relations, a family of kinds or an origin that is not as the page came
//   least=0..1        the least confidence
"use strict";
(function (atlas) {
  const ORIGINS = ["curated", "stated", "structural", "inferred"];
  const MORE = 300; // so many more at a time, and never more than there are already
  const STEP = 0.05;

  atlas.parts.push({
    name: "legend",
    words: {
      en: {
        "family-builds": "Builds on",
        "family-is": "Is",
        "family-compares": "Compares",
        "family-acts": "Does",
        "family-order": "Learn first",
        "family-topic": "Topics",
        kinds: "Concepts",
        lines: "Where relations come from",
        sureAtLeast: "How sure at least",
        surely: (v) => (v.n <= 0 ? "any" : v.n < 0.5 ? "even a guess" : v.n < 0.7 ? "likely" : v.n < 0.9 ? "quite sure" : "sure"),
        layoutTitle: "Layout",
        radiusTitle: "How far from it",
        around: "What is around it",
        "layout-areas": "areas",
        "layout-force": "force",
        "layout-circle": "circle",
        "layout-layers": "layers",
        "layout-radial": "rings",
        "layout-columns": "columns",
        inferredRow: "(inferred)",
        off: "hidden",
        on: "shown",
        reset: "Reset the filters",
        filtered: "filtered",
        showMore: (v) => `show ${v.n} more`,
        cutLine: "set aside: the order goes against it",
      },
      zh: {
        "family-builds": "基于",
        "family-is": "属于",
        "family-compares": "对比",
        "family-acts": "作用",
        "family-order": "先学",
        "family-topic": "主题",
        kinds: "概念",
        lines: "关系的来源",
        sureAtLeast: "最低可信程度",
        surely: (v) => (v.n <= 0 ? "不限" : v.n < 0.5 ? "含猜测" : v.n < 0.7 ? "较可能" : v.n < 0.9 ? "较确定" : "确定"),
        layoutTitle: "布局",
        radiusTitle: "距离",
        around: "查看周围",
        "layout-areas": "分区",
        "layout-force": "力导向",
        "layout-circle": "环形",
        "layout-layers": "分层",
        "layout-radial": "环绕",
        "layout-columns": "分栏",
        inferredRow: "（推断）",
        off: "已隐藏",
        on: "已显示",
        reset: "清除筛选",
        filtered: "已筛选",
        showMore: (v) => `再显示 ${v.n} 个`,
        cutLine: "未采用：顺序与它相反",
      },
    },
    start(app) {
      const { canvas, el, say, state, page } = app;
      if (page.endpoint) {
        app.panel.addAction({ key: "around", label: "around", shown: ({ id }) => page.view !== "neighborhood" || !page.focus.includes(id),
          run: ({ id }) => app.go({ focus: id, "#": app.hashOf(id) }) });
      }
      const { style } = page;
      const box = document.getElementById("legend");
      const body = box.querySelector(".legend-body") || box;
      const families = style.families.map((f) => f.key);
      const rowWords = (row) => {
        const words = atlas.pick(style.types[row.type].label).replace(/[:：]$/, "");
        return row.inferred ? `${words} ${say("inferredRow")}` : words;
      };

      // -- the address ----------------------------------------------------------------------------------------------

      const switches = [...style.rows.map((row) => ["rows", row.key]), ...families.map((key) => ["families", key]),
        ...ORIGINS.map((key) => ["origins", key])];
      const came = new Map(); // what was on, by key, when the page came; keys of different sorts never are the same
      let cameLeast = 0;

      /** What the server was asked for: the state that `on`, `off` and `least` are told against. */
      function start() {
        const { origins, least } = page.asked;
        if (origins !== null) for (const origin of ORIGINS) canvas.toggle("origins", origin, origins.includes(origin));
        cameLeast = least;
        for (const [what, key] of switches) came.set(key, canvas.isOn(what, key));
        const named = ["on", "off", "least"].some((key) => state.get(key) !== null);
        if (page.switched && !named) for (const [key, values] of Object.entries(page.switched)) state.set(key, values);
      }

      /** Switch everything as the address says. */
      function read() {
        const [on, off] = ["on", "off"].map((key) => new Set(state.getAll(key)));
        for (const [what, key] of switches) {
          const wanted = on.has(key) || (came.get(key) && !off.has(key));
          if (canvas.isOn(what, key) !== wanted) canvas.toggle(what, key, wanted);
        }
        const least = state.get("least") === null ? cameLeast : Math.min(1, Math.max(0, Number(state.get("least")) || 0));
        if (canvas.least() !== least) canvas.least(least);
        tellWhetherFiltered();
      }

      function write() {
        const changed = (wanted) => switches.filter(([what, key]) => canvas.isOn(what, key) === wanted && came.get(key) !== wanted)
          .map(([, key]) => key);
        state.set("on", changed(true));
        state.set("off", changed(false));
        state.set("least", canvas.least() === cameLeast ? null : canvas.least().toFixed(2));
        tellWhetherFiltered();
        app.emit("filter");
      }

      const SWITCHED = ["on", "off", "least"];
      const ASKED = ["types", "origin", "min"];
      const filtered = () => [...SWITCHED, ...ASKED].some((key) => state.get(key) !== null && !(key === "types" && page.view === "order"));

      // -- rows -----------------------------------------------------------------------------------------------------

      function lineMark(colour, dash) {
        const mark = el("span", { class: `line ${dash}`, "aria-hidden": "true" });
        mark.style.setProperty("--c", `var(--${colour})`);
        return mark;
      }

      function switchRow(what, key, label, mark, count) {
        const button = el("button", { type: "button", class: "switch", "aria-pressed": String(canvas.isOn(what, key)), "data-key": key },
          mark, el("span", { class: "switch-label" }, label), el("span", { class: "count" }, atlas.number(count)));
        button.addEventListener("click", () => {
          const on = !canvas.isOn(what, key);
          canvas.toggle(what, key, on);
          button.setAttribute("aria-pressed", String(on));
          app.announce(`${label}: ${say(on ? "on" : "off")}`);
          write();
        });
        return el("li", {}, button);
      }

      const counted = (items, keyOf) => {
        const counts = new Map();
        for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) || 0) + 1);
        return counts;
      };

      function relationGroups() {
        const counts = counted(canvas.relations.values(), (r) => r.row);
        const rows = style.rows.filter((row) => counts.has(row.key));
        return [...new Set(rows.map((row) => row.colour))].flatMap((family) => [
          el("h2", {}, say(`family-${family}`)),
          el("ul", {}, ...rows.filter((row) => row.colour === family).map((row) => (
            switchRow("rows", row.key, rowWords(row), lineMark(row.colour, row.inferred ? "inferred" : "stated"), counts.get(row.key))))),
        ]);
      }

      /** What an arrow against the order of a path looks like, if one is drawn. */
      function cutLine() {
        if (![...canvas.relations.values()].some((r) => r.cut)) return [];
        return [el("p", { class: "cut-key" }, lineMark("k-problem", "cut"), " ", say("cutLine"))];
      }

      function originGroup() {
        const counts = counted(canvas.relations.values(), (r) => r.origin);
        return [el("h2", {}, say("lines")), el("ul", { id: "line-rows" }, ...ORIGINS.filter((o) => counts.has(o)).map((origin) => (
          switchRow("origins", origin, say(origin), lineMark("quiet", origin), counts.get(origin)))))];
      }

      function sureGroup() {
        const range = el("input", { type: "range", id: "least", min: "0", max: "0.95", step: String(STEP), value: String(canvas.least()) });
        const words = el("output", { for: "least" });
        const tell = () => {
          const n = Number(range.value);
          words.textContent = n > 0 ? `${say("surely", { n })} (${n.toFixed(2)})` : say("surely", { n });
          range.setAttribute("aria-valuetext", words.textContent);
        };
        range.addEventListener("input", () => {
          tell();
          canvas.least(Number(range.value));
          write();
        });
        tell();
        return [el("h2", {}, el("label", { for: "least" }, say("sureAtLeast"))), el("p", { class: "range" }, range, words)];
      }

      function kindGroup() {
        const counts = counted(canvas.concepts.values(), (c) => (style.kinds[c.kind] || style.kinds.other).family);
        return [el("h2", {}, say("kinds")), el("ul", {}, ...style.families.filter((f) => counts.has(f.key)).map((f) => (
          switchRow("families", f.key, atlas.pick(f.label), el("span", { class: `mark-${f.key}`, "aria-hidden": "true" }), counts.get(f.key)))))];
      }

      // -- other views of the same ----------------------------------------------------------------------------------

      /** The address as it is, but for one key. */
      function withKey(key, value) {
        const query = new URLSearchParams(location.search);
        query.delete(key);
        if (value !== null) query.set(key, value);
        return `?${query}${location.hash}`;
      }

      /** Links to the same view with one key otherwise, as a choice under a title; the value `usual` is not named. */
      function choice(title, key, values, current, word, { usual = null, chosen = () => {} } = {}) {
        const links = values.map((value) => {
          const point = () => withKey(key, value === usual ? null : value);
          const link = el("a", { href: point() }, word(value));
          if (value === current) link.setAttribute("aria-current", "true");
          link.addEventListener("click", () => {
            chosen(value);
            link.href = point();
          });
          return link;
        });
        return [el("h2", {}, say(title)), el("p", { class: "choice" }, ...links)];
      }

      function layoutGroup() {
        if (!page.endpoint || !page.layouts) return [];
        const [usual] = page.layouts;
        return choice("layoutTitle", "layout", page.layouts, page.layout, (name) => say(`layout-${name}`),
          { usual, chosen: (name) => atlas.keepLayout(page.view, name === usual ? null : name) });
      }

      function radiusGroup() {
        if (!page.endpoint || page.view !== "neighborhood") return [];
        return choice("radiusTitle", "radius", ["1", "2", "3"], String(page.asked.radius), atlas.number);
      }

      /** "show 300 more" beside the counts, where the view has more than it draws. */
      function offerMore() {
        document.getElementById("show-more")?.remove();
        const shown = page.nodes.length;
        const left = Math.min(page.reach || 0, page.mostNodes) - shown;
        if (!page.endpoint || left <= 0) return;
        const most = shown + Math.min(MORE, shown, left);
        const link = el("a", { id: "show-more", href: withKey("most", String(most)) }, say("showMore", { n: atlas.number(most - shown) }));
        link.addEventListener("click", () => {
          link.href = withKey("most", String(most));
        });
        document.getElementById("hidden").after(" ", link);
      }

      const reset = el("button", { type: "button", class: "action", id: "reset" }, say("reset"));
      reset.addEventListener("click", () => {
        const served = page.view === "order" ? [] : ASKED.filter((key) => state.get(key) !== null);
        for (const key of [...SWITCHED, ...served]) state.set(key, null);
        if (served.length) {
          app.emit("leave");
          location.reload(); // what is on without them, only the server knows
        } else show();
        if (reset.hidden) box.querySelector("summary")?.focus(); // no focus stays on what is gone
      });

      function tellWhetherFiltered() {
        reset.hidden = !filtered();
        const summary = box.querySelector("summary");
        if (!summary) return;
        summary.querySelector(".filtered")?.remove();
        if (filtered()) summary.append(el("span", { class: "filtered" }, ` · ${say("filtered")}`));
      }

      function draw() {
        const open = document.activeElement?.closest?.("#legend") ? document.activeElement.dataset.key : null;
        body.replaceChildren(...relationGroups(), ...cutLine(), ...originGroup(), ...sureGroup(), ...kindGroup(), ...radiusGroup(), ...layoutGroup(), reset);
        if (open) body.querySelector(`[data-key="${open}"]`)?.focus();
      }

      function show() {
        read();
        draw();
        app.emit("filter");
      }

      start();
      read();
      app.on("address", show);
      app.on("change", () => {
        draw();
        offerMore();
      });
      if (box.tagName === "DETAILS") {
        box.addEventListener("keydown", (event) => {
          if (event.key !== "Escape" || !box.open) return;
          event.stopPropagation();
          box.open = false;
          box.querySelector("summary").focus();
        });
      }
    },
  });
})(window.NoteAtlas);
