// Correcting a concept: its name, what it is the same as or never is, which of its names are of something else, and
// what it relates to that the notes do not say. A section of the panel that its button opens.
"use strict";
(function (atlas) {
  const MOST = 300; // characters of a name

  /** The address of this page with another concept in place of one, wherever that is named. */
  function addressWith(old, fresh, hash) {
    const query = new URLSearchParams();
    for (const [key, value] of new URLSearchParams(location.search)) query.append(key, value === old ? fresh : value);
    const text = query.toString();
    return `${location.pathname}${text ? `?${text}` : ""}#${hash}`;
  }

  function openForm(app, concept) {
    const { el, say, data, deciding } = app;
    const { types } = app.page.style;
    const line = el("p", { role: "alert", class: "trouble" });
    const reason = el("input", { type: "text", class: "reason", maxlength: "1000", placeholder: say("reasonHint"), "aria-label": say("reasonHint") });
    const section = el("section", { class: "group correct", id: "correct", hidden: "" });

    function button(word, run, key) {
      const made = el("button", { type: "button", class: "action", "data-correct": key }, word);
      made.addEventListener("click", run);
      return made;
    }

    const attempt = (work) => atlas.whileWaiting(section, line, say, work);
    const decided = (decision) => deciding.decide({ reason: reason.value.trim() || null, ...decision }, [concept.id]);

    /** Decide what makes another concept of this one: the page is loaded again, at the concept called `name` then. */
    const become = (decision, name) => attempt(async () => {
      const made = (await data.decide({ reason: reason.value.trim() || null, ...decision })).decision;
      const found = await data.concept(name).catch(() => null);
      const id = found === null ? concept.id : found.id;
      deciding.again(made, addressWith(concept.id, id, app.hashOf(id)));
    });

    /** Ask for another concept than this one; null if none was chosen. */
    async function another(prompt) {
      let found = await app.pick(prompt);
      while (found && found.id === concept.id) {
        app.announce(say("pickSame", { name: concept.name }), true);
        found = await app.pick(prompt);
      }
      return found;
    }

    /** Say what was decided above the map, with a way back that has the focus, and read the concept again. */
    async function tell(made, ids) {
      await app.select(concept.id, { remember: false, part: null });
      app.announce(deciding.sentence(made));
      deciding.offer(made, async () => {
        try {
          await deciding.undo(made, ids);
          await app.select(concept.id, { remember: false, part: null, focus: true });
          app.announce(say("undone"));
        } catch (error) {
          app.announce(say("notDecided", { why: atlas.reason(error) }), true);
        }
      }).focus();
    }

    function rename() {
      const name = el("input", { type: "text", maxlength: String(MOST), required: "", "aria-label": say("itsName") });
      name.value = concept.name;
      const form = el("form", { class: "row" }, name, el("button", { type: "submit", class: "action", "data-correct": "rename" }, say("rename")));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const to = name.value.trim();
        if (to && to !== concept.name) become({ what: "RENAME", name: concept.id, to }, to);
      });
      return form;
    }

    async function merge() {
      const other = await another(say("sameAs", { name: concept.name }));
      if (other) become({ what: "MERGE", name: concept.id, into: other.id }, other.id);
    }

    async function separate() {
      const other = await another(say("neverAs", { name: concept.name }));
      if (other) attempt(async () => tell(await decided({ what: "SEPARATE", name: concept.name, out: [other.name] }), [concept.id]));
    }

    function split() {
      if (!concept.aliases.length) return null;
      const boxes = concept.aliases.map((alias) => el("label", {}, el("input", { type: "checkbox", value: alias }), " ", el("bdi", {}, alias)));
      const run = button(say("splitOff"), () => {
        const out = boxes.map((label) => label.querySelector("input")).filter((box) => box.checked).map((box) => box.value);
        if (out.length) become({ what: "SPLIT", name: concept.id, out }, concept.id);
        else line.textContent = say("tickNames");
      }, "split");
      return el("fieldset", {}, el("legend", {}, say("otherNames")), ...boxes, run);
    }

    /** A relation that the notes do not state: its type and direction, then the other concept. */
    function missing() {
      const words = (type, inverse) => atlas.pick(inverse ? types[type].inverse : types[type].label).replace(/[:：]$/, "");
      const ways = Object.keys(types).flatMap((type) => (types[type].symmetric ? [[type, false]] : [[type, false], [type, true]]));
      const order = ["PREREQUISITE_OF true", "PREREQUISITE_OF false"];
      const place = ([type, inverse]) => (order.includes(`${type} ${inverse}`) ? order.indexOf(`${type} ${inverse}`) : order.length);
      ways.sort((a, b) => place(a) - place(b));
      const special = { "PREREQUISITE_OF true": say("first"), "PREREQUISITE_OF false": say("unlocks") };
      const choice = el("select", { "aria-label": say("whichRelation") }, ...ways.map((way) => el("option", { value: way.join(" ") }, special[way.join(" ")] || words(...way))));
      const run = button(say("withWhat"), async () => {
        const [type, inverse] = choice.value.split(" ");
        const other = await another(say("relatedTo", { name: concept.name }));
        if (!other) return;
        const [source, target] = inverse === "true" ? [other.id, concept.id] : [concept.id, other.id];
        const ids = [concept.id, other.id];
        attempt(async () => tell(await deciding.decide({ what: "ADD", source, type, target, reason: reason.value.trim() || null }, ids), ids));
      }, "add");
      return el("div", { class: "row" }, choice, run);
    }

    const part = (title, ...content) => [el("h4", {}, say(title)), ...content];
    section.append(el("h3", {}, say("correctIt")), ...part("itsName", rename()),
      ...part("itself", el("p", { class: "actions" }, button(say("sameAsOther"), merge, "merge"), button(say("neverAsOther"), separate, "separate"))),
      ...[split()].filter(Boolean), ...part("missingRelation", missing()), reason, line);
    return section;
  }

  atlas.parts.push({
    name: "correct",
    words: {
      en: {
        correct: "Correct…",
        correctIt: "Correct",
        itsName: "Name",
        rename: "Rename",
        itself: "What it is",
        sameAsOther: "The same as…",
        neverAsOther: "Never the same as…",
        sameAs: (v) => `What is ${v.name} the same as?`,
        neverAs: (v) => `What is ${v.name} never the same as?`,
        otherNames: "Names that are of something else",
        splitOff: "Split them off",
        tickNames: "Tick the names that are of something else.",
        missingRelation: "What is missing",
        whichRelation: "Relation",
        withWhat: "Choose the concept…",
        relatedTo: (v) => `Which concept, for ${v.name}?`,
      },
      zh: {
        correct: "纠正…",
        correctIt: "纠正",
        itsName: "名称",
        rename: "改名",
        itself: "它是什么",
        sameAsOther: "与……相同",
        neverAsOther: "永远不同于……",
        sameAs: (v) => `${v.name} 与哪个概念相同？`,
        neverAs: (v) => `${v.name} 永远不同于哪个概念？`,
        otherNames: "属于别的概念的名称",
        splitOff: "拆分出去",
        tickNames: "请勾选属于别的概念的名称。",
        missingRelation: "缺少的关系",
        whichRelation: "关系",
        withWhat: "选择概念…",
        relatedTo: (v) => `${v.name} 的这个关系指向哪个概念？`,
      },
    },
    start(app) {
      if (!app.page.mayDecide) return;
      const { panel } = app;
      const opener = () => document.querySelector('[data-action="correct"]');
      panel.addSection({ order: -5, render: (concept) => openForm(app, concept) });
      panel.addAction({ key: "correct", label: "correct", run: () => {
        const form = document.getElementById("correct");
        form.hidden = !form.hidden;
        opener().setAttribute("aria-expanded", String(!form.hidden));
        if (!form.hidden) form.querySelector("input").focus();
      } });
      app.on("shown", () => {
        opener().setAttribute("aria-expanded", "false");
        opener().setAttribute("aria-controls", "correct");
      });
    },
  });
})(window.NoteAtlas);
