// The comparison of two or three concepts as tables beside its map: how they relate to each other, what they share,
// where they differ, each relation in words with its sentences on demand. It is what the panel shows in that view while
// nothing is selected.
//
// Everything is made from the relations of the compared concepts (data.concept), which come with their sentences.
"use strict";
(function (atlas) {
  const MOST_COMPARED = 3;
  const MOST_ALONE = 12; // relations of one concept alone that are listed before the fold

  /** What relates to several of the compared, and what to one only: [{other, rows: relations per compared}]. */
  atlas.sharedAndOwn = function (compared, isShown) {
    const others = new Map();
    const ids = new Set(compared.map((c) => c.id));
    compared.forEach((concept, at) => {
      for (const r of concept.relations) {
        const other = r.source.id === concept.id ? r.target : r.source;
        if (ids.has(other.id) || !isShown(r)) continue;
        if (!others.has(other.id)) others.set(other.id, { other, rows: compared.map(() => []) });
        others.get(other.id).rows[at].push(r);
      }
    });
    const found = [...others.values()].map((entry) => ({ ...entry, rows: entry.rows.map(atlas.byTelling) }));
    const width = (entry) => entry.rows.filter((rows) => rows.length).length;
    const shared = found.filter((entry) => width(entry) > 1).sort((a, b) => width(b) - width(a));
    return { shared, own: found.filter((entry) => width(entry) === 1) };
  };

  function openCompare(app) {
    const { page, data, canvas, el, say } = app;
    const { style } = page;
    const ids = page.compare.ids;
    const off = new Set(page.off);
    const rowOf = (r) => (r.type === "PREREQUISITE_OF" && r.origin === "inferred" ? `${r.type}:inferred` : r.type);
    const verb = (r, from) => atlas.pick(r.source.id === from ? style.types[r.type].label : style.types[r.type].inverse).replace(/[:：]$/, "");
    const root = el("div", { id: "compare" });
    const shortOf = (id) => (canvas.has(id) ? atlas.shortName(canvas.concepts.get(id)) : id);

    const toConcept = (concept) => {
      const name = atlas.cutName(concept.name, 80);
      const made = el("button", { type: "button", class: "to", ...(name === concept.name ? {} : { title: concept.name }) }, el("bdi", {}, name));
      made.addEventListener("click", () => app.select(concept.id, { show: true }));
      return made;
    };

    /** A verb that shows the sentences behind it below the row that it stands in. */
    function said(r, from, place) {
      const open = el("button", { type: "button", class: "verb", "aria-expanded": "false", title: say("sentence") }, verb(r, from));
      open.addEventListener("click", () => {
        const mine = open.getAttribute("aria-expanded") !== "true";
        for (const other of place.owner.querySelectorAll('.verb[aria-expanded="true"]')) other.setAttribute("aria-expanded", "false");
        open.setAttribute("aria-expanded", String(mine));
        place.box.hidden = !mine;
        if (mine) place.show(el("p", { class: "fact" }, el("bdi", {}, r.source.name), ` ${verb(r, r.source.id)} `, el("bdi", {}, r.target.name)), ...app.panel.reasons(r));
      });
      return open;
    }

    const verbs = (rows, from, place) => rows.flatMap((r, i) => (i < rows.length - 1
      ? [el("span", { class: "verb-part" }, said(r, from, place), say("comma").trim()), " "] : [said(r, from, place)]));

    /** How they relate to each other: a line for each two and direction, the most telling first. */
    function between(compared) {
      const names = new Map(compared.map((c) => [c.id, c]));
      const ways = new Map(); // the two ends in order -> relations
      const keys = new Set();
      const rows = compared.flatMap((c) => c.relations).filter((r) => {
        const key = atlas.keyOf(r.source.id, r.type, r.target.id);
        const fresh = names.has(r.source.id) && names.has(r.target.id) && !keys.has(key);
        keys.add(key);
        return fresh;
      });
      for (const r of atlas.byTelling(rows)) {
        const back = JSON.stringify([r.target.id, r.source.id]);
        const way = style.types[r.type].symmetric && ways.has(back) ? back : JSON.stringify([r.source.id, r.target.id]);
        ways.set(way, [...(ways.get(way) || []), r]);
      }
      const items = [...ways].map(([way, said]) => {
        const [from, to] = JSON.parse(way);
        const item = el("li", { "data-between": way });
        const box = el("div", { hidden: "" });
        const place = { owner: item, box, show: (...content) => box.replaceChildren(...content) };
        item.append(el("bdi", {}, names.get(from).name), " ", ...verbs(said, from, place), " ", el("bdi", {}, names.get(to).name), box);
        return item;
      });
      return el("section", { class: "group", id: "between" }, el("h3", {}, say("betweenThem")),
        items.length ? el("ul", { class: "relations" }, ...items) : el("p", { class: "quiet" }, say("nothingBetween")));
    }

    function definitions(compared) {
      return el("section", { class: "group" }, el("h3", {}, say("whatTheyAre")), el("dl", {}, ...compared.flatMap((c) => [
        el("dt", {}, toConcept(c)), el("dd", { dir: "auto" }, c.definition || el("span", { class: "quiet" }, say("noDefinition")))])));
    }

    function sharedTable(compared, shared) {
      if (!shared.length) return el("section", { class: "group", id: "shared" }, el("h3", {}, say("shared")), el("p", { class: "quiet" }, say("nothingShared")));
      const rows = shared.flatMap(({ other, rows: per }) => {
        const cell = el("td", { colspan: String(compared.length + 1) });
        const box = el("tr", { class: "quotes", hidden: "" }, cell);
        const row = el("tr", { "data-shared": other.id });
        const place = { owner: row, box, show: (...content) => cell.replaceChildren(...content) };
        row.append(el("th", { scope: "row" }, toConcept(other)),
          ...per.map((own, at) => el("td", {}, ...(own.length ? verbs(own, compared[at].id, place) : [el("span", { class: "quiet", "aria-label": say("notRelated") }, "–")]))));
        return [row, box];
      });
      return el("section", { class: "group", id: "shared" }, el("h3", {}, say("shared"), " ", el("span", { class: "count" }, String(shared.length))),
        el("table", {}, el("thead", {}, el("tr", {}, el("td", {}), ...compared.map((c) => el("th", { scope: "col", title: c.name }, el("bdi", {}, atlas.cutName(atlas.shortName(c), 24)))))), el("tbody", {}, ...rows)));
    }

    function ownLists(compared, own) {
      const lists = compared.map((c, at) => {
        const mine = own.filter((entry) => entry.rows[at].length).map(({ other, rows }) => {
          const item = el("li", { "data-own": other.id });
          const box = el("div", { hidden: "" });
          const place = { owner: item, box, show: (...content) => box.replaceChildren(...content) };
          item.append(...verbs(rows[at], c.id, place), " ", toConcept(other), box);
          return item;
        });
        const rest = mine.slice(MOST_ALONE);
        return el("div", { class: "only", "data-only": c.id }, el("h4", {}, el("bdi", {}, c.name), " ", el("span", { class: "count" }, String(mine.length))),
          mine.length ? el("ul", { class: "relations" }, ...mine.slice(0, MOST_ALONE)) : el("p", { class: "quiet" }, say("nothingOwn")),
          ...(rest.length ? [el("details", {}, el("summary", {}, say("morePassages", { n: rest.length })), el("ul", { class: "relations" }, ...rest))] : []));
      });
      return el("section", { class: "group", id: "own" }, el("h3", {}, say("differ")), ...lists);
    }

    function chips(compared) {
      const items = compared.map((c) => {
        const rest = ids.filter((id) => id !== c.id);
        const off = rest.length > 1 && page.endpoint
          ? [el("a", { class: "off", href: app.hrefOf({ compare: rest }), "aria-label": say("dropCompared", { name: c.name }) }, "×")] : [];
        return el("li", { class: "chip" }, toConcept(c), ...off);
      });
      if (page.endpoint && ids.length < MOST_COMPARED) {
        const more = el("button", { type: "button", class: "action" }, say("compareMore"));
        more.addEventListener("click", async () => {
          let found = await app.pick(say("compareWhat"));
          while (found && ids.includes(found.id)) {
            app.announce(say("comparedAlready", { name: atlas.cutName(found.name) }), true);
            found = await app.pick(say("compareWhat"));
          }
          if (found) app.go({ compare: [...ids, found.id] });
        });
        items.push(el("li", {}, more));
      }
      return el("ul", { class: "chips" }, ...items);
    }

    async function draw() {
      const names = ids.map(shortOf);
      root.replaceChildren(el("h2", { tabindex: "-1", title: names.join(say("comma")) }, say("comparing", { names: names.map((name) => atlas.cutName(name)).join(say("comma")) })), el("p", { class: "quiet" }, "…"));
      try {
        const compared = (await Promise.all(ids.map((id) => data.concept(id)))).filter(Boolean);
        const { shared, own } = atlas.sharedAndOwn(compared, (r) => !off.has(rowOf(r)));
        root.lastChild.remove(); // the heading stays: it may have the focus
        root.append(chips(compared), between(compared), definitions(compared), sharedTable(compared, shared), ownLists(compared, own));
      } catch (error) {
        root.lastChild.remove();
        root.append(el("p", { role: "alert" }, say("failed", { why: atlas.reason(error) })));
      }
    }
    return { root, draw };
  }

  atlas.parts.push({
    name: "compare",
    words: {
      en: {
        comparing: (v) => `Compared: ${v.names}`,
        betweenThem: "Between them",
        nothingBetween: "The notes relate them to each other in no sentence.",
        whatTheyAre: "What they are",
        noDefinition: "not said",
        shared: "What they share",
        nothingShared: "Nothing that the notes relate to more than one of them.",
        notRelated: "not related",
        differ: "Where they differ",
        nothingOwn: "Nothing of its own.",
        dropCompared: (v) => `Without ${v.name}`,
        compareMore: "Compare with one more…",
        compareWhat: "Compare with what?",
        comparedAlready: (v) => `${v.name} is compared already. Choose another concept.`,
        backToCompare: "← Comparison",
        tabCompare: "Comparison",
      },
      zh: {
        comparing: (v) => `对比：${v.names}`,
        betweenThem: "彼此的关系",
        nothingBetween: "笔记没有直接说它们的关系。",
        whatTheyAre: "各是什么",
        noDefinition: "没有说明",
        shared: "共同之处",
        nothingShared: "笔记里没有与其中多个都相关的概念。",
        notRelated: "无关系",
        differ: "不同之处",
        nothingOwn: "没有独有的关系。",
        dropCompared: (v) => `去掉 ${v.name}`,
        compareMore: "再加一个对比…",
        compareWhat: "与什么对比？",
        comparedAlready: (v) => `${v.name} 已在对比中，请另选一个概念。`,
        backToCompare: "← 对比",
        tabCompare: "异同",
      },
    },
    start(app) {
      if (!app.page.compare) return;
      const { root, draw } = openCompare(app);
      app.panel.setHome(root);
      app.panel.addSection({ order: -20, render: () => {
        const back = app.el("button", { type: "button", class: "back" }, app.say("backToCompare"));
        back.addEventListener("click", () => app.deselect());
        return app.el("p", {}, back);
      } });
      atlas.nameTab(app, app.say("tabCompare"));
      draw();
    },
  });
})(window.NoteAtlas);
