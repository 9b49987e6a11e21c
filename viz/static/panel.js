// What is said about the thing selected: a concept with its text and relations, or one relation with its evidence.
// All text of the notes goes in as text nodes: nothing here parses HTML.
"use strict";
(function (atlas) {
  const FEW_PASSAGES = 4;
  const FEW_SENTENCES = 2;

  /** A new element: attributes by name, children as nodes or text. */
  atlas.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const el = atlas.el;

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

  /** `text` as nodes, with every place where one of `names` stands marked. */
  function marked(text, names) {
    const sought = [...new Set(names)].filter((name) => name.length > 1 && name.length < 200);
    if (!sought.length) return [text];
    sought.sort((a, b) => b.length - a.length);
    const word = (name) => {
      const before = /^[A-Za-z0-9]/.test(name) ? "(?<![A-Za-z0-9])" : "";
      return before + escaped(name) + (/[A-Za-z0-9]$/.test(name) ? "(?![A-Za-z0-9])" : "");
    };
    const pattern = new RegExp(sought.map(word).join("|"), "gi");
    const parts = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      parts.push(text.slice(from, match.index), el("mark", {}, match[0]));
      from = match.index + match[0].length;
    }
    return [...parts, text.slice(from)];
  }

  atlas.openPanel = function (box, style, events) {
    const typeWords = (type, inverse) => atlas.pick(inverse ? style.types[type].inverse : style.types[type].label);
    const kindWord = (kind) => atlas.pick((style.kinds[kind] || style.kinds.other).label);
    const rowOrder = new Map(style.rows.map((row, index) => [row.type, index]));
    const colourOf = new Map(style.rows.map((row) => [row.type, row.colour]));

    function conceptButton(concept) {
      const button = el("button", { type: "button", class: "to" }, el("bdi", {}, concept.name));
      button.addEventListener("click", () => events.onConcept(concept.id));
      return button;
    }

    const place = (where) => el("span", { class: "place" }, where.line ? `${where.path}:${where.line}` : where.path);

    function quote(evidence, names) {
      return el("figure", { class: "quote" },
        el("blockquote", { dir: "auto" }, ...marked(evidence.text, names)),
        el("figcaption", {}, place(evidence), ` · ${atlas.say("rule", evidence)}`));
    }

    function folded(items, few, word) {
      if (items.length <= few) return items;
      const rest = el("details", {}, el("summary", {}, atlas.say(word, { n: items.length - few })), ...items.slice(few));
      return [...items.slice(0, few), rest];
    }

    function sentence(relation) {
      return el("span", { class: "sentence" }, conceptButton(relation.source), ` ${typeWords(relation.type, false)} `,
        conceptButton(relation.target));
    }

    /** Why a relation is believed: its sentences, or the relations it follows from, and how sure it is. */
    function reasons(relation) {
      const names = [relation.source, relation.target].flatMap((c) => [c.name, ...c.aliases]);
      const quotes = relation.evidence.map((evidence) => quote(evidence, names));
      const because = relation.because.map((b) => el("p", { class: "because" }, `${atlas.say("because")} `, sentence(b)));
      const none = !quotes.length && !because.length ? [el("p", { class: "quiet" }, atlas.say("noEvidence"))] : [];
      const sure = `${atlas.say(relation.origin)} · ${atlas.say("confidence", { n: relation.confidence.toFixed(2) })}`;
      return [...folded(quotes, FEW_SENTENCES, "morePassages"), ...because, ...none, el("p", { class: "sure" }, sure)];
    }

    function relationItem(relation, concept) {
      const other = relation.source.id === concept.id ? relation.target : relation.source;
      return el("li", { "data-relation": atlas.keyOf(relation.source.id, relation.type, relation.target.id) },
        conceptButton(other), ...reasons(relation));
    }

    function section(title, type, items) {
      const heading = el("h3", {}, title, " ", el("span", { class: "count" }, String(items.length)));
      heading.style.setProperty("--c", `var(--${colourOf.get(type)})`);
      return el("section", { class: "group" }, heading, el("ul", { class: "relations" }, ...items));
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
        const order = group.type === "PREREQUISITE_OF";
        const title = order ? atlas.say(group.inverse ? "first" : "unlocks")
          : group.type === "IN_TOPIC" ? atlas.say(group.inverse ? "holds" : "inTopic") : typeWords(group.type, group.inverse);
        if (group.type === "IN_TOPIC") {
          const ends = group.relations.map((r) => el("li", {}, conceptButton(group.inverse ? r.source : r.target)));
          const box = section(title, group.type, ends);
          box.querySelector("ul").classList.add("plain");
          return box;
        }
        group.relations.sort((a, b) => b.confidence - a.confidence);
        return section(title, group.type, group.relations.map((r) => relationItem(r, concept)));
      });
    }

    function header(title, under) {
      const close = el("button", { type: "button", class: "close", "aria-label": atlas.say("close"), title: atlas.say("close") }, "×");
      close.addEventListener("click", events.onClose);
      return el("div", { class: "panel-head" }, el("h2", { tabindex: "-1" }, ...title), close, ...under);
    }

    return {
      /** What to do, before anything is selected. `starts` are concepts to begin with. */
      showWelcome(starts) {
        box.replaceChildren(
          el("h2", {}, atlas.say("welcome")), el("p", {}, atlas.say("welcomeText")),
          ...(starts.length ? [el("h3", { class: "plain-head" }, atlas.say("start")),
            el("ul", { class: "relations plain" }, ...starts.map((c) => el("li", {}, conceptButton(c))))] : []),
        );
      },
      showWaiting(name) {
        box.replaceChildren(header([el("bdi", {}, name)], [el("p", { class: "quiet" }, "…")]));
      },
      showError(text) {
        box.replaceChildren(header([text], []));
      },
      /** A concept; `missing` is how many of its neighbours the map lacks, `before` a link to its learning map or null. */
      showConcept(concept, { missing, before }) {
        const family = (style.kinds[concept.kind] || style.kinds.other).family;
        const names = [concept.name, ...concept.aliases];
        const under = [
          concept.aliases.length ? el("p", { class: "aliases" }, ...concept.aliases.flatMap((a, i) => [i ? " · " : "", el("bdi", {}, a)])) : null,
          el("p", { class: "kind" }, el("span", { class: `mark-${family}`, "aria-hidden": "true" }), ` ${kindWord(concept.kind)}`),
        ].filter(Boolean);
        const expand = el("button", { type: "button", class: "action" }, atlas.say(missing === 1 ? "expandOne" : "expand", { n: missing }));
        expand.addEventListener("click", () => events.onExpand(concept.id));
        const actions = [missing ? expand : null, before ? el("a", { class: "action", href: before }, atlas.say("before")) : null].filter(Boolean);
        const passages = concept.passages.map((p) => el("figure", { class: "quote" },
          el("blockquote", { dir: "auto" }, ...marked(p.text, names)), el("figcaption", {}, place(p))));
        box.replaceChildren(
          header([el("bdi", {}, concept.name)], under),
          ...(concept.definition ? [el("p", { class: "definition", dir: "auto" }, concept.definition)] : []),
          ...(concept.place ? [el("p", { class: "where" }, `${atlas.say("introduced")} `, place(concept.place))] : []),
          ...(actions.length ? [el("p", { class: "actions" }, ...actions)] : []),
          ...(concept.relations.length ? groups(concept) : [el("p", { class: "quiet" }, atlas.say("noRelations"))]),
          ...(concept.more ? [el("p", { class: "quiet" }, atlas.say("moreRelations"))] : []),
          ...(passages.length ? [el("section", { class: "group passages" },
            el("h3", {}, atlas.say("passages"), " ", el("span", { class: "count" }, String(passages.length))),
            ...folded(passages, FEW_PASSAGES, "morePassages"))] : []),
        );
        box.scrollTop = 0;
      },
      showRelation(relation) {
        const heading = el("h3", {}, atlas.say("evidence"));
        heading.style.setProperty("--c", `var(--${colourOf.get(relation.type)})`);
        box.replaceChildren(header([sentence(relation)], []), el("section", { class: "group" }, heading, ...reasons(relation)));
        box.scrollTop = 0;
      },
    };
  };
})(window.NoteAtlas);
