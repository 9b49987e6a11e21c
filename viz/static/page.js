// The page: reads what the server wrote into it, opens the parts and ties them together. The state that lasts is the
// selected concept, kept in the address as #concept=ID so that a link opens the same.
"use strict";
(function (atlas) {
  const { el, say } = atlas;
  const find = (id) => document.getElementById(id);
  const page = JSON.parse(find("page-data").textContent);
  const notes = find("notes-data") ? JSON.parse(find("notes-data").textContent) : null;
  const data = atlas.openData(notes, page.endpoint);
  const families = new Map(page.style.families.map((f) => [f.key, f]));
  let turn = 0; // the number of the last selection: answers for earlier ones are dropped

  document.documentElement.lang = atlas.lang === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-say-label]")) {
    element.setAttribute("aria-label", say(element.dataset.sayLabel));
    if (element.tagName === "BUTTON") element.title = say(element.dataset.sayLabel);
  }
  find("query").placeholder = say("searchHint");

  const announce = function (text, loud) {
    find("live").textContent = text;
    if (loud) {
      find("notice").textContent = text;
      find("notice").hidden = false;
    }
  };

  const canvas = atlas.openCanvas(find("canvas"), page, {
    onConcept: (id) => select(id),
    onRelation: (relation) => selectRelation(relation),
    onNothing: () => deselect(),
    onHover: hover,
  });
  const panel = atlas.openPanel(find("panel"), page.style, {
    onConcept: (id) => select(id, { show: true }),
    onClose: () => deselect(),
    onExpand: (id) => expand(id),
  });

  // -- selecting ----------------------------------------------------------------------------------------------------

  const shownTypes = () => new Set(page.style.rows.filter((row) => canvas.isOn("rows", row.key)).map((row) => row.type));
  const starts = () => page.starts.map((id) => canvas.concepts.get(id)).filter(Boolean);

  function missingOf(concept) {
    const types = shownTypes();
    const ends = concept.relations.filter((r) => types.has(r.type)).flatMap((r) => [r.source.id, r.target.id]);
    return new Set(ends.filter((id) => !canvas.has(id))).size;
  }

  function learningMap(concept) {
    const needs = concept.relations.some((r) => r.type === "PREREQUISITE_OF" && r.target.id === concept.id);
    if (!needs || !page.endpoint || (page.order && page.focus.includes(concept.id))) return null;
    const query = new URLSearchParams({ focus: concept.id, types: "PREREQUISITE_OF", lang: atlas.lang });
    return `./?${query}#concept=${encodeURIComponent(concept.id)}`;
  }

  async function select(id, { show = false, remember = true } = {}) {
    turn += 1;
    const mine = turn;
    try {
      if (!canvas.has(id) && !(await bring(id))) return;
      if (mine !== turn) return;
      canvas.selectConcept(id);
      if (show) canvas.show();
      markInList(id);
      const hash = `#concept=${encodeURIComponent(id)}`;
      if (remember && location.hash !== hash) history.pushState(null, "", hash);
      panel.showWaiting(canvas.concepts.get(id).name);
      const concept = await data.concept(id);
      if (mine !== turn) return;
      if (!concept) {
        panel.showError(say("unknown"));
        return;
      }
      panel.showConcept(concept, { missing: missingOf(concept), before: learningMap(concept) });
      announce(say("selected", { name: concept.name, n: concept.relations.length }));
    } catch (error) {
      if (mine === turn) panel.showError(say("failed", { why: error.message }));
    }
  }

  async function selectRelation(row) {
    turn += 1;
    const mine = turn;
    canvas.selectRelation(row);
    markInList(null);
    try {
      const relation = await data.relation(row.source, row.type, row.target);
      if (mine !== turn) return;
      if (relation) panel.showRelation(relation);
      else panel.showError(say("unknown"));
      const words = relation && `${relation.source.name} ${atlas.pick(page.style.types[row.type].label)} ${relation.target.name}`;
      announce(words || say("unknown"));
    } catch (error) {
      if (mine === turn) panel.showError(say("failed", { why: error.message }));
    }
  }

  function deselect() {
    turn += 1;
    canvas.clear();
    markInList(null);
    if (location.hash) history.pushState(null, "", location.pathname + location.search);
    panel.showWelcome(starts());
  }

  /** Put a concept and its neighbours on the map; false if there is no such concept or no room. */
  async function bring(id) {
    const { concepts, relations } = await data.around(id, shownTypes());
    const self = concepts.find((c) => c.id === id);
    if (!self) {
      announce(say("unknown"), true);
      return canvas.has(id);
    }
    const room = page.mostNodes - canvas.concepts.size;
    const fresh = concepts.filter((c) => c.id !== id && !canvas.has(c.id));
    const wanted = fresh.length + Number(!canvas.has(id));
    if (wanted > room) announce(say("full", { n: atlas.number(page.mostNodes) }), true);
    if (!canvas.has(id)) {
      if (room < 1) return false;
      canvas.add([self], relations, null);
    }
    const added = fresh.slice(0, Math.max(0, page.mostNodes - canvas.concepts.size));
    canvas.add(added, relations, id);
    if (wanted <= room) announce(say("added", { n: wanted }));
    drawLegend();
    drawList();
    drawCounts();
    return true;
  }

  async function expand(id) {
    try {
      await bring(id);
      await select(id, { show: true });
    } catch (error) {
      announce(say("failed", { why: error.message }), true);
    }
  }

  // -- the tool tip -------------------------------------------------------------------------------------------------

  function hover(concept, relation, point) {
    const tip = find("tip");
    tip.hidden = !concept && !relation;
    find("canvas").classList.toggle("pointing", !tip.hidden);
    if (concept) {
      tip.replaceChildren(el("bdi", { class: "tip-name" }, concept.name.slice(0, 200)), el("bdi", {}, concept.aliases.join(" · ").slice(0, 200)));
    } else if (relation) {
      const [a, b] = [relation.source, relation.target].map((id) => canvas.concepts.get(id).name.slice(0, 80));
      tip.replaceChildren(el("bdi", {}, a), ` ${atlas.pick(page.style.types[relation.type].label)} `, el("bdi", {}, b));
    }
    if (!tip.hidden) {
      const box = find("canvas").getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(point.x + 14, box.width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${Math.max(4, Math.min(point.y + 16, box.height - tip.offsetHeight - 4))}px`;
    }
  }

  // -- the legend ---------------------------------------------------------------------------------------------------

  function switchRow(what, key, label, mark, count) {
    const button = el("button", { type: "button", class: "switch", "aria-pressed": String(canvas.isOn(what, key)), "data-key": key },
      mark, el("span", { class: "switch-label" }, label), el("span", { class: "count" }, atlas.number(count)));
    button.addEventListener("click", () => {
      const on = !canvas.isOn(what, key);
      canvas.toggle(what, key, on);
      button.setAttribute("aria-pressed", String(on));
      announce(`${label}: ${say(on ? "on" : "off")}`);
      if (what === "families") drawList();
      drawCounts();
    });
    return el("li", {}, button);
  }

  function lineMark(colour, dash) {
    const mark = el("span", { class: `line ${dash}`, "aria-hidden": "true" });
    mark.style.setProperty("--c", `var(--${colour})`);
    return mark;
  }

  function drawLegend() {
    const perRow = new Map();
    for (const r of canvas.relations.values()) perRow.set(r.row, (perRow.get(r.row) || 0) + 1);
    find("relation-rows").replaceChildren(...page.style.rows.filter((row) => perRow.has(row.key)).map((row) => {
      const words = atlas.pick(page.style.types[row.type].label).replace(/[:：]$/, "");
      const label = row.inferred ? `${words} ${say("inferredRow")}` : words;
      return switchRow("rows", row.key, label, lineMark(row.colour, row.inferred ? "inferred" : "stated"), perRow.get(row.key));
    }));
    const perFamily = new Map();
    for (const c of canvas.concepts.values()) {
      const { family } = page.style.kinds[c.kind] || page.style.kinds.other;
      perFamily.set(family, (perFamily.get(family) || 0) + 1);
    }
    find("kind-rows").replaceChildren(...[...families.values()].filter((f) => perFamily.has(f.key)).map((f) => {
      const mark = el("span", { class: `mark-${f.key}`, "aria-hidden": "true" });
      return switchRow("families", f.key, atlas.pick(f.label), mark, perFamily.get(f.key));
    }));
    find("line-rows").replaceChildren(...["stated", "structural", "inferred"].map((origin) => (
      el("li", { class: "key" }, lineMark("quiet", origin), say(origin)))));
  }

  // -- the list that mirrors the map --------------------------------------------------------------------------------

  function drawList() {
    const listed = new Set();
    const item = (id) => {
      const concept = canvas.concepts.get(id);
      listed.add(id);
      const { family } = page.style.kinds[concept.kind] || page.style.kinds.other;
      if (!canvas.isOn("families", family)) return null;
      const button = el("button", { type: "button", tabindex: "-1", "data-concept": id },
        el("span", { class: `mark-${family}`, "aria-hidden": "true" }), el("bdi", {}, concept.name));
      button.addEventListener("click", () => select(id, { show: true }));
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
    find("list").replaceChildren(...blocks, ...block(say("joined"), later));
    const current = find("list").querySelector("[aria-current]") || find("list").querySelector("button");
    if (current) current.tabIndex = 0;
    const chosen = decodedHash();
    if (chosen !== null) markInList(chosen);
  }

  function markInList(id) {
    for (const button of find("list").querySelectorAll("button")) {
      const here = button.dataset.concept === id;
      if (here) {
        button.setAttribute("aria-current", "true");
        focusable(button);
        if (find("side").scrollHeight > find("side").clientHeight) button.scrollIntoView({ block: "nearest" });
      } else button.removeAttribute("aria-current");
    }
  }

  function focusable(button) {
    for (const other of find("list").querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    button.tabIndex = 0;
  }

  // One stop for the Tab key; arrows, Home and End move inside.
  find("list").addEventListener("keydown", (event) => {
    const buttons = [...find("list").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 };
    const next = buttons[moves[event.key]];
    if (at < 0 || !next) return;
    event.preventDefault();
    focusable(next);
    next.focus();
  });

  function drawCounts() {
    const counts = {
      n: canvas.concepts.size, of: page.total, r: canvas.visible().length, rof: page.totalRelations,
    };
    for (const key of Object.keys(counts)) counts[key] = atlas.number(counts[key]);
    const hidden = page.total - canvas.concepts.size;
    find("counts").textContent = say("shown", counts);
    find("hidden").textContent = hidden > 0 ? say("hidden", { n: atlas.number(hidden) }) : "";
    canvas.describe(say("map", { n: canvas.concepts.size }));
  }

  // -- keys, buttons, address ---------------------------------------------------------------------------------------

  atlas.openSearch(find("query"), find("hits"), data, (concept) => select(concept.id, { show: true }), announce);
  find("zoom-in").addEventListener("click", () => canvas.zoom(1.35));
  find("zoom-out").addEventListener("click", () => canvas.zoom(1 / 1.35));
  find("fit").addEventListener("click", () => canvas.fit());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement !== find("query")) deselect();
  });
  const language = find("language");
  function pointAtOtherLanguage() {
    const query = new URLSearchParams(location.search);
    query.set("lang", atlas.lang === "zh" ? "en" : "zh");
    language.href = `?${query}${location.hash}`;
  }
  language.textContent = say("otherLanguage");
  language.lang = atlas.lang === "zh" ? "en" : "zh-Hans";
  language.addEventListener("click", pointAtOtherLanguage);
  pointAtOtherLanguage();

  function decodedHash() {
    const match = /^#concept=(.+)$/.exec(location.hash);
    try {
      return match ? decodeURIComponent(match[1]) : null;
    } catch {
      return null; // a broken escape in a link someone typed
    }
  }

  function followAddress(show) {
    const id = decodedHash();
    if (id !== null) select(id, { show, remember: false });
    else {
      turn += 1;
      canvas.clear();
      markInList(null);
      panel.showWelcome(starts());
    }
  }
  addEventListener("popstate", () => followAddress(true));

  drawLegend();
  drawList();
  drawCounts();
  if (decodedHash() === null && page.focus.length) select(page.focus[0], { remember: false });
  else followAddress(true);
  atlas.canvas = canvas; // for the console, and for tests that must know where something is drawn
})(window.NoteAtlas);
