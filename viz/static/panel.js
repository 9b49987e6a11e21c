// What is said about the thing selected: a concept with its text and relations, or one relation with its evidence.
// A relation is one line, the other concept and the sentence that says so; all that is known about it opens below.
"use strict";
(function (atlas) {
  const FEW_PASSAGES = 3;
  const FEW_SENTENCES = 2;
  const FEW_RELATIONS = 12;
  const { el, marked, excerpt, place } = atlas;

  atlas.openPanel = function (box, style, events) {
    const typeWords = (type, inverse) => atlas.pick(inverse ? style.types[type].inverse : style.types[type].label);
    const kindWord = (kind) => atlas.pick((style.kinds[kind] || style.kinds.other).label);
    const rowOrder = new Map(style.rows.map((row, index) => [row.type, index]));
    const colourOf = new Map(style.rows.map((row) => [row.type, row.colour]));
    let numbers = 0; // of the things that open, for their ids

    function conceptButton(concept) {
      const button = el("button", { type: "button", class: "to" }, el("bdi", {}, concept.name));
      button.addEventListener("click", () => events.onConcept(concept.id));
      return button;
    }

    const namesOf = (relation) => [relation.source, relation.target].flatMap((c) => [c.name, ...(c.aliases || [])]);

    function quote(evidence, names) {
      return el("figure", { class: "quote" },
        el("blockquote", { dir: "auto" }, ...marked(evidence.text, names)),
        el("figcaption", {}, place(evidence), evidence.rule ? ` · ${atlas.say("rule", evidence)}` : null));
    }

    function folded(items, few, word) {
      if (items.length <= few) return items;
      const rest = el("details", { class: "rest" }, el("summary", {}, atlas.say(word, { n: items.length - few })), ...items.slice(few));
      return [...items.slice(0, few), rest];
    }

    function sentence(relation) {
      return el("span", { class: "sentence" }, conceptButton(relation.source), ` ${typeWords(relation.type, false)} `,
        conceptButton(relation.target));
    }

    /** What opens below `button`, and closes again. */
    function disclose(button, content) {
      numbers += 1;
      content.id = `more-${numbers}`;
      content.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-controls", content.id);
      button.addEventListener("click", () => {
        content.hidden = !content.hidden;
        button.setAttribute("aria-expanded", String(!content.hidden));
        button.closest("li").classList.toggle("open", !content.hidden);
      });
    }

    /** The sentence that says a relation best: the first that says more than a name. */
    const bestOf = (relation) => relation.evidence.find((e) => atlas.saysSo(e) && atlas.isSentence(e.text, namesOf(relation))) || null;

    /** That only the field says a relation, and where the notes introduce what it is about; null if a sentence says it. */
    function fieldOf(relation) {
      const known = relation.evidence.find((e) => !atlas.saysSo(e));
      if (!known) return null;
      const alone = !relation.because.length && !relation.evidence.some(atlas.saysSo);
      const key = relation.type === "PREREQUISITE_OF" ? (alone ? "fieldOrder" : "fieldOrderToo") : "fieldKnows";
      const about = relation.type === "PREREQUISITE_OF" ? relation.target : relation.source;
      return el("p", { class: "field" }, atlas.say(key, { name: about.name }), " ", place(known));
    }

    /** Why a relation is believed: its sentences, or the relations it follows from with theirs, and how sure it is; then
        what judges it, `whole` where the panel is about that relation. */
    function reasons(relation, whole = false) {
      const names = namesOf(relation);
      const read = relation.evidence.filter(atlas.saysSo);
      const said = read.filter((e) => atlas.isSentence(e.text, names));
      const quotes = (said.length || relation.because.length ? said : read).map((evidence) => quote(evidence, names));
      const because = relation.because.map((b) => el("div", { class: "because" },
        el("p", {}, `${atlas.say("because")} `, sentence(b)),
        ...(b.evidence || []).filter((e) => atlas.isSentence(e.text, namesOf(b))).slice(0, 1).map((e) => quote(e, namesOf(b)))));
      const field = fieldOf(relation);
      const rules = read.filter((e) => !said.includes(e) && relation.because.length).map((e) => el("p", { class: "sure" }, place(e), ` · ${atlas.say("rule", e)}`));
      const none = !quotes.length && !because.length && field === null ? [el("p", { class: "quiet" }, atlas.say("noEvidence"))] : [];
      const sure = `${atlas.say(relation.origin)} · ${atlas.say("confidence", { n: relation.confidence.toFixed(2) })}`;
      return [...folded(quotes, FEW_SENTENCES, "morePassages"), ...because, ...(field === null ? [] : [field]), ...none, ...rules, el("p", { class: "sure" }, sure),
        ...(judge === null ? [] : [judge(relation, whole)])];
    }

    /** A relation in one line: the other concept, and the sentence or what it follows from; the rest opens below. */
    function relationItem(relation, concept) {
      const other = relation.source.id === concept.id ? relation.target : relation.source;
      const best = bestOf(relation);
      const words = best !== null ? marked(`“${excerpt(best.text, namesOf(relation))}”`, namesOf(relation))
        : [relation.because.length ? atlas.say("inferredFrom", { n: relation.because.length })
          : atlas.say(relation.evidence.length && !relation.evidence.some(atlas.saysSo) ? "fieldShort" : relation.origin)];
      const said = el("button", { type: "button", class: best !== null ? "said" : "said plain-said", dir: "auto" }, ...words);
      const why = el("div", { class: "why" }, ...reasons(relation));
      disclose(said, why);
      return el("li", { class: "relation", "data-relation": atlas.keyOf(relation.source.id, relation.type, relation.target.id) },
        el("div", { class: "line-of" }, conceptButton(other), said), why);
    }

    /** What comes before or after, as names that follow each other; the reason of each opens below them. */
    function orderItem(relation, concept) {
      const other = relation.source.id === concept.id ? relation.target : relation.source;
      const ask = el("button", { type: "button", class: "ask", "aria-label": atlas.say("whyOf", other), title: atlas.say("whyOf", other) }, "?");
      const why = el("div", { class: "why" }, ...reasons(relation));
      disclose(ask, why);
      return el("li", { "data-relation": atlas.keyOf(relation.source.id, relation.type, relation.target.id) },
        el("span", { class: "pair" }, conceptButton(other), ask), why);
    }

    function section(title, type, items, className = "relations", arrow = "") {
      const heading = el("h3", {}, title, arrow ? ` ${arrow} ` : " ", el("span", { class: "count" }, atlas.number(items.length)));
      heading.style.setProperty("--c", `var(--${colourOf.get(type)})`);
      const list = (some) => el("ul", { class: className }, ...some);
      const rest = items.slice(FEW_RELATIONS);
      return el("section", { class: "group", "data-type": type }, heading, list(items.slice(0, FEW_RELATIONS)),
        rest.length ? el("details", { class: "rest" }, el("summary", {}, atlas.say("morePassages", { n: rest.length })), list(rest)) : null);
    }

    /** The relations in groups of one type and direction: order first, topics last, the others as in the legend. */
    function groups(concept) {
      const found = new Map();
      for (const relation of concept.relations) {
        const inverse = relation.target.id === concept.id && !style.types[relation.type].symmetric;
        const key = `${relation.type} ${inverse}`;
        if (!found.has(key)) found.set(key, { type: relation.type, inverse, relations: [] });
        found.get(key).relations.push(relation);
      }
      const rank = (g) => (g.type === "PREREQUISITE_OF" ? -2 + Number(!g.inverse) : rowOrder.get(g.type) + Number(g.inverse) / 2);
      return [...found.values()].sort((a, b) => rank(a) - rank(b)).map((group) => {
        group.relations.sort((a, b) => b.confidence - a.confidence);
        if (group.type === "PREREQUISITE_OF") {
          const title = atlas.say(group.inverse ? "first" : "unlocks");
          return section(title, group.type, group.relations.map((r) => orderItem(r, concept)), "relations plain", "→");
        }
        if (group.type === "IN_TOPIC") {
          const ends = group.relations.map((r) => el("li", {}, conceptButton(group.inverse ? r.source : r.target)));
          return section(atlas.say(group.inverse ? "holds" : "inTopic"), group.type, ends, "relations plain");
        }
        return section(typeWords(group.type, group.inverse).replace(/[:：]$/, ""), group.type, group.relations.map((r) => relationItem(r, concept)));
      });
    }

    function header(title, under) {
      const close = el("button", { type: "button", class: "close", "aria-label": atlas.say("close"), title: atlas.say("close") }, "×");
      close.addEventListener("click", events.onClose);
      return el("div", { class: "panel-head" }, el("h2", { tabindex: "-1" }, ...title), close, ...under);
    }

    /** The names beside the preferred one: two of them, the others folded. */
    function aliases(concept) {
      if (!concept.aliases.length) return [];
      const shown = atlas.otherNames(concept);
      if (!shown.length) shown.push(concept.aliases[0]);
      const rest = concept.aliases.filter((alias) => !shown.includes(alias));
      const spread = (names) => names.flatMap((name, i) => [i ? " · " : "", el("bdi", {}, name)]);
      return [el("p", { class: "aliases" }, ...spread(shown)),
        ...(rest.length ? [el("details", { class: "names" }, el("summary", {}, atlas.say("moreNames", { n: rest.length })), el("p", {}, ...spread(rest)))] : [])];
    }

    function kindLine(concept, passages) {
      const { family } = style.kinds[concept.kind] || style.kinds.other;
      const files = new Set(passages.map((p) => p.path)).size;
      const numbersOf = passages.length ? ` · ${atlas.say("inFiles", { n: atlas.number(passages.length), files })}` : "";
      return el("p", { class: "kind" }, el("span", { class: `mark-${family}`, "aria-hidden": "true" }), ` ${kindWord(concept.kind)}${numbersOf}`);
    }

    function definition(concept) {
      const where = concept.definition && concept.passages.find((p) => p.text.includes(concept.definition));
      return [
        concept.definition ? el("p", { class: "definition", dir: "auto" }, concept.definition) : null,
        where ? el("p", { class: "where" }, place(where))
          : concept.place ? el("p", { class: "where" }, `${atlas.say("introduced")} `, place(concept.place)) : null,
      ];
    }

    let judge = null; // makes what judges a relation, where the reader may
    const actions = []; // {key, label, run, shown}, in the order in which they came
    const sections = []; // {order, render}, by order

    /** The buttons that parts add for a concept. */
    function addedActions(concept) {
      return actions.filter((action) => !action.shown || action.shown(concept)).map((action) => {
        const label = typeof action.label === "function" ? action.label(concept) : atlas.say(action.label);
        const button = el("button", { type: "button", class: "action", "data-action": action.key }, label);
        button.addEventListener("click", () => action.run(concept));
        return button;
      });
    }

    let home = null; // what stands here while nothing is selected, in place of a welcome

    return {
      /** Show `element` while nothing is selected. */
      setHome(element) {
        home = element;
      },
      /** The sentences of a relation, or what it follows from, as elements. */
      reasons,
      /** Show what `make(relation, whole)` makes below the evidence of every relation. */
      addJudge(make) {
        judge = make;
      },
      /** Add a button for concepts: `label` is the key of a word, or a function of the concept; `key` names it. */
      addAction(action) {
        actions.push(action);
      },
      /** Add a section for concepts: `render(concept)` makes its element, or null; a smaller `order` stands higher.
          Relations have the order 50, the notes' passages 100. */
      addSection(section) {
        sections.push(section);
        sections.sort((a, b) => a.order - b.order);
      },
      /** What to do, before anything is selected. `starts` are concepts to begin with. */
      showWelcome(starts) {
        if (home !== null) {
          box.replaceChildren(home);
          return;
        }
        box.replaceChildren(
          el("h2", {}, atlas.say("welcome")), el("p", {}, atlas.say("welcomeText", { keys: atlas.hasKeys() })),
          ...(starts.length ? [el("h3", { class: "plain-head" }, atlas.say("start")),
            el("ul", { class: "relations plain" }, ...starts.map((c) => el("li", {}, conceptButton(c))))] : []),
        );
      },
      /** What is known of a concept before it is read: its names, as the map has them. */
      showWaiting(concept) {
        box.replaceChildren(header([el("bdi", {}, concept.name || "…")], [...aliases({ aliases: [], ...concept }),
          el("p", { class: "quiet slow" }, atlas.say("reading"))]));
      },
      /** That nothing is called so, with what may have been meant. */
      showUnknown(name, meant) {
        box.replaceChildren(header([atlas.say(meant.length ? "noSuchBut" : "noSuch", { name })], []),
          el("ul", { class: "relations plain" }, ...meant.map((c) => el("li", {}, conceptButton(c)))));
      },
      /** One line that says what went wrong; `again` tries it anew. */
      showError(text, again = null) {
        const button = again === null ? null : el("button", { type: "button", class: "action" }, atlas.say("again"));
        if (button !== null) button.addEventListener("click", again);
        box.replaceChildren(header([text], button === null ? [] : [el("p", { class: "actions" }, button)]));
      },
      /** A concept; `missing` is how many of its neighbours the map lacks, `before` a link to its learning map or null. */
      showConcept(concept, { missing, before }) {
        const names = [concept.name, ...concept.aliases];
        const expand = el("button", { type: "button", class: "action" }, atlas.say(missing === 1 ? "expandOne" : "expand", { n: missing }));
        expand.addEventListener("click", () => events.onExpand(concept.id));
        const buttons = [missing ? expand : null, before ? el("a", { class: "action", href: before }, atlas.say("before")) : null,
          ...addedActions(concept)].filter(Boolean);
        const added = (low, high) => sections.filter((s) => s.order >= low && s.order < high)
          .map((s) => s.render(concept)).filter(Boolean);
        const passages = concept.passages.map((p) => quote({ ...p, rule: null }, names));
        box.replaceChildren(
          header([el("bdi", {}, concept.name)], [...aliases(concept), kindLine(concept, concept.passages)]),
          ...definition(concept).filter(Boolean),
          ...(buttons.length ? [el("p", { class: "actions" }, ...buttons)] : []),
          ...added(-Infinity, 50),
          ...(concept.relations.length ? groups(concept) : [el("p", { class: "quiet" }, atlas.say("noRelations"))]),
          ...(concept.more ? [el("p", { class: "quiet" }, atlas.say("moreRelations"))] : []),
          ...added(50, 100),
          ...(passages.length ? [el("section", { class: "group passages" },
            el("h3", {}, atlas.say("passages"), " ", el("span", { class: "count" }, atlas.number(passages.length))),
            ...folded(passages, FEW_PASSAGES, "morePassages"))] : []),
          ...added(100, Infinity),
        );
      },
      /** A relation with its evidence, and below it others between the same two concepts. */
      showRelation(relation, others = []) {
        const evidence = (one, title, whole) => {
          const heading = el("h3", {}, ...title);
          heading.style.setProperty("--c", `var(--${colourOf.get(one.type)})`);
          return el("section", { class: "group", "data-relation": atlas.keyOf(one.source.id, one.type, one.target.id) }, heading, ...reasons(one, whole));
        };
        box.replaceChildren(header([sentence(relation)], []), evidence(relation, [atlas.say("evidence")], true),
          ...others.map((other) => evidence(other, [sentence(other)], false)));
      },
      /** Bring a passage of the concept that is shown into sight, {text, path, line}, and mark it. */
      showPassage({ text, path, line }) {
        const { textContent } = place({ path, line });
        const found = [...box.querySelectorAll(".passages .quote")]
          .find((figure) => figure.querySelector(".place").textContent === textContent && figure.firstElementChild.textContent === text);
        if (!found) return;
        const rest = found.closest("details");
        if (rest) rest.open = true;
        found.classList.add("sought");
        found.scrollIntoView({ block: "center" });
      },
      /** Open the reasons of what comes first, of everything where nothing does; or close them. How many there are. */
      toggleReasons() {
        const first = [...box.querySelectorAll('[data-type="PREREQUISITE_OF"] [aria-expanded]')];
        const all = first.length ? first : [...box.querySelectorAll("li [aria-expanded]")];
        const closed = all.filter((button) => button.getAttribute("aria-expanded") === "false");
        for (const button of closed.length ? closed : all) button.click();
        return closed.length;
      },
    };
  };
})(window.NoteAtlas);
