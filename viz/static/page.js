// The page: reads what the server wrote into it, builds `app` and starts the parts, in the order of the script list.
//
// A part is a script that says NoteAtlas.parts.push({name, words: {en, zh}, start(app)}). It gets everything it may
// touch through `app`, and parts hear of each other by events:
//   app.on("select", (id) => ...)        a concept was selected          app.on("deselect", () => ...)  nothing is now
//   app.on("relation", (row) => ...)     a relation was selected
//   app.on("change", () => ...)          what is on the map changed      app.on("filter", () => ...)    what is visible
//   app.on("address", () => ...)         back or forward led to another state of the same page
//   app.on("leave", () => ...)           another page is about to be loaded       app.on("ready", () => ...)   all is there
// The state that lasts is in the address: its query says what the map shows, its fragment what is selected, so that a
// link opens the same.
"use strict";
(function (atlas) {
  if (document.documentElement.hidden) return; // another page is on its way (theme.js)
  const { el, say } = atlas;
  const find = (id) => document.getElementById(id);
  const page = JSON.parse(find("page-data").textContent);
  if (matchMedia("(max-width: 62rem) and (orientation: portrait)").matches) {
    for (const item of [...page.nodes, ...page.areas]) if (item.tall) [item.x, item.y] = item.tall;
  }
  const notes = find("notes-data") ? JSON.parse(find("notes-data").textContent) : null;
  const data = atlas.openData(notes, page.endpoint);
  const site = document.title;
  let turn = 0; // the number of the last selection: answers for earlier ones are dropped

  for (const part of atlas.parts) atlas.addWords(part.words);
  atlas.keepLanguage();
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-say-label]")) {
    element.setAttribute("aria-label", say(element.dataset.sayLabel));
    if (element.tagName === "BUTTON") element.title = say(element.dataset.sayLabel);
  }

  // -- what parts are given -----------------------------------------------------------------------------------------

  const listeners = new Map(); // event -> functions, in the order in which they came

  function on(event, listener) {
    if (!listeners.has(event)) listeners.set(event, []);
    listeners.get(event).push(listener);
  }

  function emit(event, ...values) {
    for (const listener of listeners.get(event) || []) listener(...values);
  }

  /** Say something to screen readers; `loud` shows it to everybody, in a line above the map. */
  function announce(text, loud) {
    find("live").textContent = text;
    if (loud) showNotice(text);
  }

  /** A line above the map with buttons that do something about it, each given as [label, run]; returns the first. */
  function offer(text, ...ways) {
    const buttons = ways.map(([label, run]) => {
      const button = el("button", { type: "button", class: "action" }, label);
      button.addEventListener("click", () => {
        hideNotice();
        run();
      });
      return button;
    });
    showNotice(text, ...buttons.flatMap((button) => [" ", button]));
    return buttons[0];
  }

  /** Say that something failed, with a button to try it again. */
  const trouble = (text, again) => offer(text, [say("again"), again]);

  function hideNotice() {
    find("notice").hidden = true;
  }

  function showNotice(...content) {
    const close = el("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close") }, "×");
    close.addEventListener("click", hideNotice);
    find("notice").replaceChildren(el("span", {}, ...content), close);
    find("notice").hidden = false;
  }
  if (!find("notice").hidden) showNotice(...find("notice").childNodes);
  new ResizeObserver(() => { // on a narrow screen the map, which is fixed there, begins below
    document.documentElement.style.setProperty("--notice", `${find("notice").offsetHeight}px`);
  }).observe(find("notice"));

  /** The query of the address: `set` changes it without loading anything, and takes null, a value or a list of them;
      with `push` it makes a step that "back" returns from, with `hash` as its fragment. */
  const state = {
    get: (key) => new URLSearchParams(location.search).get(key),
    getAll: (key) => new URLSearchParams(location.search).getAll(key),
    set(key, values, { push = false, hash = location.hash } = {}) {
      const query = new URLSearchParams(location.search);
      query.delete(key);
      for (const value of values === null ? [] : [values].flat()) query.append(key, value);
      const text = query.toString();
      const now = `${location.pathname}${text ? `?${text}` : ""}${hash}`;
      if (push) history.pushState(null, "", now);
      else history.replaceState(history.state, "", now);
      emit("state");
    },
  };

  /** The address of another view: an object's values may be lists, null leaves a key out; the language stays, and the
      layout is the one that was chosen for such views. */
  function hrefOf(view) {
    const query = new URLSearchParams();
    for (const [key, values] of Object.entries(view)) {
      if (key !== "#") for (const value of values === null ? [] : [values].flat()) query.append(key, value);
    }
    const layout = atlas.keptLayout(view);
    if (layout !== null && !query.has("layout")) query.set("layout", layout);
    if (!query.has("lang") && state.get("lang") !== null) query.set("lang", state.get("lang"));
    const text = query.toString();
    return `./${text ? `?${text}` : ""}${view["#"] ? `#${view["#"]}` : ""}`;
  }

  /** Load another address: an object as `hrefOf` takes it, or a link. */
  function go(where) {
    emit("leave");
    location.assign(typeof where === "string" ? where : hrefOf(where));
  }

  const hashOf = (id) => `concept=${encodeURIComponent(id)}`;

  const app = {
    page, data, el, say, announce, offer, trouble, on, emit, state, hrefOf, hashOf, go, select, selectRelation, deselect, expand,
    collapse, compareWith,
    keys: atlas.openKeys(),
    selected: null, // the id of the selected concept
    shown: null, // the concept in the panel, whole
    known: null, // known.js puts what the reader knows here
  };

  app.canvas = atlas.openCanvas(find("canvas"), page, {
    onConcept: (id) => select(id, { part: null }),
    onRelation: (relation) => selectRelation(relation, { part: null }),
    onNothing: () => deselect(),
    onHover: hover,
  });
  app.panel = atlas.openPanel(find("shown"), page.style, {
    onConcept: (id) => select(id, { show: true }),
    onClose: () => deselect(),
    onExpand: (id) => expand(id),
  });
  app.openTopic = openTopic;
  const { canvas, panel } = app;
  app.expansion = atlas.openExpansion(app);

  // -- selecting ----------------------------------------------------------------------------------------------------

  const starts = () => page.starts.map((id) => canvas.concepts.get(id)).filter(Boolean);

  function missingOf(concept) {
    const types = app.expansion.types();
    const ends = concept.relations.filter((r) => types.has(r.type)).flatMap((r) => [r.source.id, r.target.id]);
    return new Set(ends.filter((id) => !canvas.has(id))).size;
  }

  function learningMap(concept) {
    const needs = concept.relations.some((r) => r.type === "PREREQUISITE_OF" && r.target.id === concept.id);
    if (!needs || !page.endpoint || (page.path && page.path.targets.includes(concept.id))) return null;
    return hrefOf({ path: concept.id });
  }

  /** Select a concept, bringing it onto the map if it is not there. `show` moves the map to it, `remember` makes a step
      that "back" returns from, `focus` moves the focus to what is said of it; `part` is what a narrow screen shows then,
      null for what it shows already. */
  async function select(id, { show = false, remember = true, focus = false, part = "concept" } = {}) {
    turn += 1;
    const mine = turn;
    const again = () => select(id, { show, remember, focus, part });
    const hash = `#${hashOf(id)}`;
    try {
      await app.expansion.settled();
      if (!canvas.has(id)) {
        panel.showWaiting({ name: "" });
        if (!(await app.expansion.open(id, { push: remember, hash: () => (mine === turn ? hash : location.hash) }))) {
          if (mine === turn) await sayUnknown(id, () => mine === turn);
          return;
        }
      }
      if (mine !== turn) return;
      canvas.selectConcept(id);
      if (show) canvas.show();
      app.selected = id;
      app.shown = null;
      if (remember && location.hash !== hash) history.pushState(null, "", location.pathname + location.search + hash);
      document.title = `${canvas.concepts.get(id).name.slice(0, 80)} · ${site}`;
      emit("select", id);
      if (part !== null) app.showPart(part);
      panel.showWaiting(canvas.concepts.get(id));
      find("panel").scrollTop = 0;
      if (focus) find("panel").focus({ preventScroll: true });
      const concept = await data.concept(id);
      if (mine !== turn) return;
      if (!concept) {
        panel.showError(say("unknown"));
        return;
      }
      app.shown = concept;
      panel.showConcept(concept, { missing: missingOf(concept), before: learningMap(concept) });
      announce(say("selected", { name: concept.name, n: concept.relations.length }));
      emit("shown", concept);
    } catch (error) {
      if (mine !== turn) return;
      if (error.code === "UNKNOWN_CONCEPT") await sayUnknown(id, () => mine === turn);
      else panel.showError(say("failed", { why: atlas.reason(error) }), again);
    }
  }

  /** Say that no concept has this id, with those whose names are like it. */
  async function sayUnknown(id, isStillAsked) {
    const found = await data.search(id.slice(0, 200).replace(/[-_]+/g, " ")).catch(() => []);
    if (!isStillAsked()) return;
    app.selected = null;
    canvas.clear();
    panel.showUnknown(id.slice(0, 200), found.slice(0, 5).map(({ concept }) => concept));
    announce(say("noSuch", { name: id.slice(0, 200) }));
  }

  /** Select a relation, {source, type, target}; its ends are brought onto the map if they are not there. */
  async function selectRelation(asked, { remember = true, part = "concept" } = {}) {
    turn += 1;
    const mine = turn;
    const key = atlas.keyOf(asked.source, asked.type, asked.target);
    const hash = `#relation=${encodeURIComponent(key)}`;
    try {
      await app.expansion.settled();
      let push = remember; // one step, however many of its ends are not there
      for (const end of [asked.source, asked.target]) {
        if (canvas.has(end)) continue;
        await app.expansion.open(end, { push, hash: () => (mine === turn ? hash : location.hash) });
        push = false;
      }
      if (mine !== turn) return;
      const row = canvas.relations.get(key);
      if (row) canvas.selectRelation(row);
      else canvas.clear();
      app.selected = null;
      app.shown = null;
      if (remember && location.hash !== hash) history.pushState(null, "", location.pathname + location.search + hash);
      emit("relation", asked);
      if (part !== null) app.showPart(part);
      const beside = row ? canvas.parallel(row).filter((other) => other.key !== key) : [];
      const [relation, ...others] = await Promise.all([asked, ...beside].map((r) => data.relation(r.source, r.type, r.target)));
      if (mine !== turn) return;
      if (relation) panel.showRelation(relation, others.filter(Boolean));
      else panel.showError(say("noRelation"));
      const words = relation && `${relation.source.name} ${atlas.pick(page.style.types[asked.type].label)} ${relation.target.name}`;
      announce(words || say("noRelation"));
    } catch (error) {
      if (mine === turn) panel.showError(say("failed", { why: atlas.reason(error) }), () => selectRelation(asked, { remember, part }));
    }
  }

  /** What the page is called while nothing is selected: after what the address asks for. */
  function titleOfView() {
    const asked = page.asked.names.map((id) => (canvas.concepts.get(id) || { name: id }).name);
    return asked.length ? `${asked.join(", ").slice(0, 80)} · ${site}` : site;
  }

  function showNothing() {
    turn += 1;
    canvas.clear();
    app.selected = null;
    app.shown = null;
    panel.showWelcome(starts());
    document.title = titleOfView();
    emit("deselect");
  }

  function deselect() {
    if (location.hash) history.pushState(null, "", location.pathname + location.search);
    showNothing();
  }

  // -- what is on the map -------------------------------------------------------------------------------------------

  /** Put the neighbours of a concept on the map and select it: one step that "back" returns from. */
  async function expand(id) {
    try {
      await app.expansion.open(id, { hash: () => `#${hashOf(id)}` });
      await select(id, { show: true, part: null });
    } catch (error) {
      trouble(say("failed", { why: atlas.reason(error) }), () => expand(id));
    }
  }

  /** Everything in a topic: a view of its own where there is a server, else the topic's concept. */
  function openTopic(id) {
    if (page.endpoint) go({ topic: id });
    else select(id, { show: true });
  }

  /** Compare a concept, or one still to be chosen (null), with another to be chosen. */
  async function compareWith(id) {
    const one = id !== null ? { id, name: canvas.concepts.get(id).name } : await app.pick(say("pickFirst"));
    const name = one && atlas.cutName(one.name);
    let other = one && await app.pick(say("pickOther", { name }));
    while (other && other.id === one.id) {
      announce(say("pickSame", { name }), true);
      other = await app.pick(say("pickOther", { name }));
    }
    hideNotice();
    if (other) go({ compare: [one.id, other.id] });
  }

  // -- the tool tip -------------------------------------------------------------------------------------------------

  function hover(concept, relation, point, others = []) {
    const tip = find("tip");
    tip.hidden = !concept && !relation;
    find("canvas").classList.toggle("pointing", !tip.hidden);
    if (concept) {
      tip.replaceChildren(el("bdi", { class: "tip-name" }, concept.name.slice(0, 200)), el("bdi", {}, concept.aliases.join(" · ").slice(0, 200)));
    } else if (relation) {
      const [a, b] = [relation.source, relation.target].map((id) => canvas.concepts.get(id).name.slice(0, 80));
      const more = others.length ? ` +${others.length}` : "";
      tip.replaceChildren(el("bdi", {}, a), ` ${atlas.pick(page.style.types[relation.type].label)} `, el("bdi", {}, b), more);
    }
    if (!tip.hidden) {
      const box = find("canvas").getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(point.x + 14, box.width - tip.offsetWidth - 4))}px`;
      tip.style.top = `${Math.max(4, Math.min(point.y + 16, box.height - tip.offsetHeight - 4))}px`;
    }
  }

  // -- counts, buttons, address -------------------------------------------------------------------------------------

  /** How many concepts can be seen: those of kinds that are switched on. */
  function visibleConcepts() {
    const familyOf = (kind) => (page.style.kinds[kind] || page.style.kinds.other).family;
    return [...canvas.concepts.values()].filter((c) => canvas.isOn("families", familyOf(c.kind))).length;
  }

  function drawCounts() {
    const counts = {
      n: visibleConcepts(), of: page.total, r: canvas.visible().length, rof: page.totalRelations,
    };
    for (const key of Object.keys(counts)) counts[key] = atlas.number(counts[key]);
    const hidden = page.total - canvas.concepts.size;
    find("counts").replaceChildren(say("shownConcepts", counts), el("span", { id: "relation-counts" }, say("shownRelations", counts)));
    find("hidden").textContent = hidden > 0 ? say("hidden", { n: atlas.number(hidden) }) : "";
    canvas.describe(say("map", { n: visibleConcepts() }));
  }
  on("change", drawCounts);
  on("filter", drawCounts);

  find("zoom-in").addEventListener("click", () => canvas.zoom(1.35));
  find("zoom-out").addEventListener("click", () => canvas.zoom(1 / 1.35));
  find("fit").addEventListener("click", () => canvas.fit());
  app.keys.add("Escape", "keyEscape", () => deselect());

  /** What the fragment of the address names: {concept: id}, {relation: {source, type, target}} or null. */
  function named() {
    const match = /^#(concept|relation)=(.+)$/.exec(location.hash);
    try {
      const value = match ? decodeURIComponent(match[2]) : null;
      if (!match || match[1] === "concept") return match ? { concept: value } : null;
      const [source, type, target] = JSON.parse(value);
      return [source, target].every((end) => typeof end === "string") && type in page.style.types ? { relation: { source, type, target } } : null;
    } catch {
      return null; // a link that someone typed, broken
    }
  }

  /** Take the neighbours of a concept off the map again, which may have brought itself as well. */
  function collapse(id) {
    app.expansion.close(id);
    if (canvas.has(id)) select(id, { part: null });
    else showNothing();
  }

  function followAddress(show) {
    const what = named();
    if (what === null) showNothing();
    else if (what.relation) selectRelation(what.relation, { remember: false });
    else select(what.concept, { show, remember: false });
  }
  addEventListener("popstate", () => {
    app.expansion.follow();
    emit("address");
    emit("state");
    followAddress(true);
  });

  for (const part of atlas.parts) part.start(app);
  emit("change");
  const hasPane = page.view === "path" || page.view === "compare"; // which is read before any one concept
  if (named() === null && page.focus.length && !hasPane) select(page.focus[0], { remember: false });
  else followAddress(true);
  atlas.canvas = canvas; // for the console, and for tests that must know where something is drawn
  atlas.app = app;
  emit("ready");
})(window.NoteAtlas);
