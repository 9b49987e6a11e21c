// Study: the path to one or several goals as a list beside its map, each step with its reason in words, and what can be
// learnt next. It is what the panel shows on a path while nothing is selected.
//
// What is left of the path, and why, steps.js works out.
"use strict";
(function (atlas) {
  const DETAILS = [["essential", null], ["usual", 0.5], ["everything", 0]];
  const MOST_NEXT = 8;
  const MOST_UNKNOWN = 50; // ids of other notes among what is known, that are left out one by one

  /** Put a text on the clipboard; false if the browser lets no page do so. */
  atlas.copyText = async function (text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = atlas.el("textarea", { "aria-hidden": "true", class: "visually-hidden" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  /** On a narrow screen, the tab of the panel is called after its pane while nothing is selected. */
  atlas.nameTab = function (app, name) {
    const label = document.getElementById("tab-concept");
    if (!label) return;
    const rename = () => {
      label.textContent = name;
    };
    app.on("deselect", rename);
    rename();
  };

  // -- the pane ---------------------------------------------------------------------------------------------------

  function openStudy(app) {
    const { page, data, canvas, el, say, announce } = app;
    const { path } = page;
    const background = new Map((path ? path.background : []).map((row) => [row.id, row]));
    const known = app.known.has;
    const conceptOf = (id) => canvas.concepts.get(id) || background.get(id) || { name: id, aliases: [] };
    const nameOf = (id) => conceptOf(id).name;
    const verb = (type) => atlas.pick(page.style.types[type].label).replace(/[:：]$/, "");
    const words = atlas.openReasons({ say, verb, shortOf: (id) => atlas.shortName(conceptOf(id)) });
    const button = (label, run, attributes = {}) => {
      const made = el("button", { type: "button", class: "action", ...attributes }, label);
      made.addEventListener("click", () => run(made));
      return made;
    };
    const toConcept = (id, name = nameOf(id)) => {
      const made = el("button", { type: "button", class: "to" }, el("bdi", {}, name));
      made.addEventListener("click", () => app.select(id, { show: true }));
      return made;
    };
    const goalNames = () => path.targets.map(nameOf);
    const pathTo = (targets, sure) => app.hrefOf({ path: targets, sure: sure === null ? null : String(sure) });
    const strange = new Set(); // known ids that these notes do not have

    // -- goals, detail

    function goals() {
      const chips = path.targets.map((id) => {
        const rest = path.targets.filter((other) => other !== id);
        const off = rest.length && page.endpoint ? [el("a", { class: "off", href: pathTo(rest, path.sure), "aria-label": say("dropGoal", { name: nameOf(id) }) }, "×")] : [];
        return el("li", { class: "chip" }, toConcept(id), ...off);
      });
      const more = el("li", {}, button(say("addGoal"), chooseGoal));
      return el("ul", { class: "chips", "aria-label": say("goals") }, ...(chips.length > 1 ? chips : []), ...(page.endpoint ? [more] : []));
    }

    async function chooseGoal() {
      const found = await app.pick(say("whichGoal"));
      if (!found) return;
      const targets = path ? [...new Set([...path.targets, found.id])] : [found.id];
      app.go(pathTo(targets, path ? path.sure : null));
    }

    function detail() {
      if (!page.endpoint) return null;
      const links = DETAILS.map(([key, sure]) => {
        const link = el("a", { href: pathTo(path.targets, sure) }, say(key));
        if (path.sure === sure) link.setAttribute("aria-current", "true");
        return link;
      });
      return el("p", { class: "choice" }, el("span", { class: "quiet" }, `${say("howMuch")} `), ...links);
    }

    // -- steps

    const spoken = (pairs) => pairs.map(([text, isName]) => (isName ? el("bdi", {}, text) : text));

    /** Why a step comes before another. What no sentence says has none to show. */
    function reasonLine(b) {
      const said = spoken(words.reason(b));
      if (b.taught) return [el("p", { class: "why" }, ...said)];
      const via = atlas.viaOf(b) || b;
      const box = el("div", { hidden: "" });
      const open = el("button", { type: "button", class: "cite", "aria-expanded": "false", "aria-label": say("sentence"), title: say("sentence") }, "❝");
      open.addEventListener("click", async () => {
        const now = open.getAttribute("aria-expanded") !== "true";
        open.setAttribute("aria-expanded", String(now));
        box.hidden = !now;
        if (!now || box.childElementCount) return;
        try {
          const relation = await data.relation(via.source, via.type, via.target);
          box.replaceChildren(...(relation ? app.panel.reasons(relation) : [el("p", { class: "quiet" }, say("noEvidence"))]));
        } catch (error) {
          box.replaceChildren(el("p", { role: "alert" }, say("failed", { why: atlas.reason(error) })));
        }
      });
      return [el("p", { class: "why" }, open, " ", ...said), box];
    }

    const tick = (id) => app.known.box(id, el("span", { class: "visually-hidden" }, say("iKnowThat", { name: nameOf(id) })));

    function stepItem(step, among) {
      const b = atlas.reasonOf(step, among);
      const others = step.because.filter((other) => other !== b && (among === null || among.has(other.target)));
      const more = others.length ? [el("details", { class: "also" }, el("summary", {}, say("alsoBefore", { n: others.length })),
        ...others.flatMap(reasonLine))] : [];
      const why = b === null ? [el("p", { class: "why" }, say("goal"))] : [...reasonLine(b), ...more];
      return el("li", { value: String(step.step), "data-step": step.id, class: atlas.isTaught(step) ? "taught" : "" },
        tick(step.id), el("div", {}, toConcept(step.id), ...why));
    }

    function folded(title, ...content) {
      return el("details", { class: "folded" }, el("summary", {}, ...[title].flat()), ...content);
    }

    function steps() {
      const { left, done } = atlas.stepsLeft(path, known);
      const among = new Set(left.map((s) => s.id));
      const held = done.filter((s) => known(s.id));
      const spared = done.filter((s) => !known(s.id));
      const list = (some) => el("ol", { class: "steps" }, ...some.map((s) => stepItem(s, null)));
      return [
        el("p", { class: "quiet", id: "steps-left" }, left.length ? say("stepsLeft", { n: left.length, known: held.length }) : say("allKnown")),
        el("ol", { class: "steps" }, ...left.map((s) => stepItem(s, among))),
        ...(held.length ? [folded(say("knownOnes", { n: held.length }), list(held))] : []),
        ...(spared.length ? [folded(say("spared", { n: spared.length }), list(spared))] : []),
        ...backgroundGroups(left),
      ];
    }

    /** What the field teaches before the steps and the notes ask for nowhere: folded, by the step that needs it. */
    function backgroundGroups(left) {
      const groups = atlas.backgroundOf(path, left, known);
      if (!groups.length) return [];
      const count = groups.reduce((sum, { rows }) => sum + rows.length, 0);
      return [el("section", { class: "group background" }, el("h3", {}, `${say("background")} `, el("span", { class: "count" }, atlas.number(count))),
        el("p", { class: "quiet" }, say("backgroundText")),
        ...groups.map(({ step, rows }) => folded([say("beforeStep", { name: nameOf(step.id) }), " ", el("span", { class: "count" }, atlas.number(rows.length))],
          el("ul", { class: "ticks" }, ...rows.map((row) => el("li", { "data-background": row.id }, toConcept(row.id), tick(row.id)))))))];
    }

    /** A round of concepts that each need the next: who needs whom, which sentence says so, and which need gives way. */
    function ringOf(arrows) {
      const cut = arrows[arrows.length - 1];
      const others = arrows.slice(0, -1);
      const least = Math.min(...others.map((b) => b.confidence));
      const item = (b) => el("li", { class: b === cut ? "cut" : "", "data-relation": atlas.keyOf(b.source, b.type, b.target) },
        el("p", {}, toConcept(b.source, b.name), ` ${say("comesBefore")} `, toConcept(b.target, b.to), ...(b.said && !b.via.length ? [] : spoken(words.ground(b))),
          b === cut ? el("strong", {}, ` ${say("setAside")}`) : ""),
        b.said ? el("blockquote", { dir: "auto" }, `“${atlas.excerpt(b.said.text, [b.name])}” `, atlas.place(b.said)) : null);
      const why = say(cut.confidence < least ? "leastSure" : "equallySure", { n: cut.confidence.toFixed(2), least: least.toFixed(2) });
      return el("section", { class: "cycle" }, el("p", {}, say("ring", { n: arrows.length })), el("ol", {}, ...arrows.map(item)), el("p", {}, why));
    }

    // -- to take away

    const title = () => say("pathTo", { names: goalNames().join(say("and")) });

    async function copy() {
      const done = await atlas.copyText(atlas.markdownOfPath({ path, isKnown: known, title: title(), say, nameOf, reason: words.reason }));
      announce(say(done ? "copied" : "notCopied"), true);
    }

    async function cards(made) {
      made.disabled = true;
      try {
        const { deck, cards: n, steps } = await data.deck(path.targets, app.known.all(), path.sure);
        if (deck) atlas.saveFile("note-atlas.apkg", deck, deck.type);
        announce(say("cardsMade", { n, without: steps - n }), true);
      } catch (error) {
        announce(say("failed", { why: atlas.reason(error) }), true);
      } finally {
        made.disabled = false;
      }
    }

    const takeAway = () => el("p", { class: "actions" }, button(say("copyMarkdown"), copy), ...(page.endpoint ? [button(say("anki"), cards)] : []), button(say("print"), () => print()));

    // -- what comes next

    let asked = 0;
    /** Show what can be learnt next: what is on the way to the goals, then what else the known has opened. */
    async function next(box) {
      asked += 1;
      const mine = asked;
      const knows = app.known.all().length > 0;
      if (path && !knows) { // where to start, the path says
        box.replaceChildren();
        return;
      }
      const { left } = path ? atlas.stepsLeft(path, known) : { left: [] };
      const own = atlas.nextOf(left).map(({ id, opens }) => ({ id, name: nameOf(id), opens: opens.map(nameOf), onPath: true })).slice(0, MOST_NEXT);
      const title = el("h3", {}, say(knows ? "next" : "startWith"));
      const show = (found, ...more) => box.replaceChildren(title, el("ul", { class: "relations" }, ...found.map(nextItem)), ...more);
      if (own.length) show(own);
      if (!page.endpoint) return;
      try {
        const found = await frontier();
        if (mine !== asked) return;
        const named = new Set([...own.map(({ id }) => id), ...left.map(({ id }) => id)]);
        const others = found.filter(({ concept }) => !named.has(concept.id))
          .map(({ concept, unlocks }) => ({ id: concept.id, name: concept.name, opens: unlocks.map((c) => c.name), onPath: false }));
        const all = [...own, ...others].slice(0, MOST_NEXT);
        show(all, ...(all.length ? [] : [el("p", { class: "quiet" }, say("nothingNext"))]));
      } catch (error) {
        if (mine === asked) show(own, el("p", { class: "quiet" }, say("failed", { why: atlas.reason(error) })));
      }
    }

    function nextItem({ id, name, opens, onPath }) {
      const told = [...(onPath ? [say("onPath")] : []), ...(opens.length ? [[`${say("opens")} `,
        ...opens.slice(0, 4).flatMap((opened, i) => [i ? say("comma") : "", el("bdi", {}, opened)]),
        opens.length > 4 ? ` ${say("andMore", { n: opens.length - 4 })}` : ""]] : [])];
      return el("li", { "data-next": id }, toConcept(id, name),
        told.length ? el("p", { class: "why" }, ...told.flatMap((part, i) => [i ? " · " : "", part].flat())) : null);
    }

    /** Ask for what can be learnt next; ids that these notes do not have are left out of what is known. */
    async function frontier() {
      for (let time = 0; time < MOST_UNKNOWN; time += 1) {
        try {
          const known = app.known.all().filter((id) => !strange.has(id));
          return await app.data.frontier(known, MOST_NEXT);
        } catch (error) {
          if (error.code !== "UNKNOWN_CONCEPT" || strange.has(error.unknown)) throw error;
          strange.add(error.unknown);
        }
      }
      return [];
    }

    // -- all of it

    const root = el("div", { id: "study" });
    function draw() {
      const opened = [...root.querySelectorAll("details.folded")].map((d) => d.open);
      const boxes = () => [...root.querySelectorAll(".steps > li > .known input")].filter((box) => !box.closest("details:not([open])"));
      const at = boxes().indexOf(document.activeElement);
      const ahead = root.querySelector(".next") || el("section", { class: "group next" });
      const top = path
        ? [el("h2", { tabindex: "-1" }, title()), goals(), detail(), ...path.rings.map(ringOf), ...steps(), takeAway()]
        : [el("h2", { tabindex: "-1" }, say("noGoal")), el("p", {}, say("noGoalText")), ...(page.endpoint ? [el("p", { class: "actions" }, button(say("chooseGoal"), chooseGoal))] : [])];
      root.replaceChildren(...top.filter(Boolean), ahead, el("section", { class: "group" }, el("h3", {}, say("whatIKnow", { n: app.known.all().length })), app.known.fileButtons()));
      [...root.querySelectorAll("details.folded")].forEach((d, i) => {
        d.open = opened[i] || false;
      });
      if (at >= 0) (boxes()[at] || boxes().pop())?.focus(); // the step that took the place of the one just ticked
      next(ahead);
    }
    return { root, draw, chooseGoal };
  }

  atlas.parts.push({
    name: "study",
    words: {
      en: {
        pathTo: (v) => `What to learn for ${v.names}`,
        goals: "Goals",
        goal: "your goal",
        addGoal: "Add a goal…",
        chooseGoal: "Choose a goal…",
        whichGoal: "What do you want to understand?",
        dropGoal: (v) => `Without ${v.name}`,
        asGoal: "Add as a goal",
        backToPath: "← Path",
        tabPath: "Steps",
        keyPath: "Path to the selected concept",
        noGoal: "What do you want to understand?",
        noGoalText: "Choose a goal: the map shows what to learn for it, in order, each step with its reason.",
        howMuch: "Detail:",
        essential: "essential",
        usual: "usual",
        everything: "everything",
        stepsLeft: (v) => `${v.n} ${v.n === 1 ? "step" : "steps"}${v.known ? `, ${v.known} known` : ""}. Tick what you know.`,
        allKnown: "You know all of it.",
        iKnowThat: (v) => `I know ${v.name}`,
        knownOnes: (v) => `Known: ${v.n}`,
        spared: (v) => `Not needed any more: ${v.n}`,
        beforeThat: "before ",
        sinceThat: ", because ",
        asUsual: ", by the usual order of the field; no sentence of these notes says so",
        asStated: ", as the notes say",
        asSaid: ", as a person said",
        asDefined: ", whose definition speaks of it",
        background: "Background",
        backgroundText: "The field usually teaches these first. No sentence of these notes asks for them: look up what is new to you.",
        beforeStep: (v) => `Before ${v.name}:`,
        alsoBefore: (v) => `and before ${v.n} more`,
        sentence: "Show the sentence",
        and: " and ",
        comma: ", ",
        ring: (v) => `The notes go in a circle here. These ${v.n} cannot all hold:`,
        comesBefore: "comes before",
        setAside: "– set aside",
        leastSure: (v) => `The path keeps the others and sets the last one aside, because it is the least sure: ${v.n}, the others at least ${v.least}.`,
        equallySure: (v) => `The path keeps the others and sets the last one aside. It is as sure as the least sure of them, ${v.n}: that it gives way is only the order of names.`,
        copyMarkdown: "Copy as Markdown",
        copied: "Copied as Markdown",
        notCopied: "This browser lets no page copy; use Print instead.",
        anki: "Anki cards",
        cardsMade: (v) => `${v.n ? `${v.n} ${v.n === 1 ? "card" : "cards"} saved; import the file in Anki.` : "No cards."}`
          + `${v.without ? ` ${v.without} ${v.without === 1 ? "step has" : "steps have"} no card: the notes have no sentence to put on one.` : ""}`,
        print: "Print",
        next: "You can learn next",
        startWith: "You can start with",
        nothingNext: "Nothing that the notes put in an order.",
        onPath: "on this path",
        opens: "opens up",
        andMore: (v) => `and ${v.n} more`,
        whatIKnow: (v) => `What you know: ${v.n}`,
      },
      zh: {
        pathTo: (v) => `${v.names}的学习路径`,
        goals: "目标",
        goal: "目标",
        addGoal: "添加目标…",
        chooseGoal: "选择目标…",
        whichGoal: "想弄懂什么？",
        dropGoal: (v) => `去掉 ${v.name}`,
        asGoal: "加为目标",
        backToPath: "← 路径",
        tabPath: "步骤",
        keyPath: "到所选概念的学习路径",
        noGoal: "想弄懂什么？",
        noGoalText: "选一个目标：地图会按顺序显示要先学什么，每一步都有理由。",
        howMuch: "详细程度：",
        essential: "必要",
        usual: "一般",
        everything: "全部",
        stepsLeft: (v) => `${v.n} 步${v.known ? `，已掌握 ${v.known} 个` : ""}。勾选已掌握的。`,
        allKnown: "已全部掌握。",
        iKnowThat: (v) => `已掌握 ${v.name}`,
        knownOnes: (v) => `已掌握：${v.n}`,
        spared: (v) => `不再需要：${v.n}`,
        beforeThat: "先于 ",
        sinceThat: "，因为 ",
        asUsual: "，按本领域通常的顺序，笔记中没有句子这样说",
        asStated: "，笔记这样说",
        asSaid: "，由人指定",
        asDefined: "，它的定义提到了前者",
        background: "背景知识",
        backgroundText: "按本领域通常的顺序，这些内容在前。笔记中没有句子要求先学它们，遇到不熟的再看即可。",
        beforeStep: (v) => `先于 ${v.name}：`,
        alsoBefore: (v) => `还先于另外 ${v.n} 个`,
        sentence: "显示原句",
        and: "、",
        comma: "、",
        ring: (v) => `笔记在这里成环，以下 ${v.n} 条不可能同时成立：`,
        comesBefore: "先于",
        setAside: "——未采用",
        leastSure: (v) => `路径保留其余各条，未采用最后一条，因为它最不确定：置信度 ${v.n}，其余至少 ${v.least}。`,
        equallySure: (v) => `路径保留其余各条，未采用最后一条。它与其中最不确定的一条同样可信（${v.n}），只是按名称顺序取舍。`,
        copyMarkdown: "复制为 Markdown",
        copied: "已复制为 Markdown",
        notCopied: "浏览器不允许网页复制，请改用打印。",
        anki: "Anki 卡片",
        cardsMade: (v) => `${v.n ? `已保存 ${v.n} 张卡片，可在 Anki 中导入。` : "没有卡片。"}${v.without ? `另有 ${v.without} 步，笔记没有成句的说明。` : ""}`,
        print: "打印",
        next: "接下来可以学",
        startWith: "可以从这些开始",
        nothingNext: "笔记没有给出顺序。",
        onPath: "在本路径上",
        opens: "学完可学",
        andMore: (v) => `等另外 ${v.n} 个`,
        whatIKnow: (v) => `已掌握：${v.n}`,
      },
    },
    start(app) {
      const { page, panel, keys, say, el } = app;
      const onPath = page.view === "path" && page.path;
      if (page.endpoint) {
        panel.addAction({ key: "goal", label: "asGoal",
          shown: (c) => onPath && !page.path.targets.includes(c.id),
          run: ({ id }) => app.go({ path: [...page.path.targets, id], sure: page.path.sure === null ? null : String(page.path.sure) }) });
        keys.add("p", "keyPath", () => {
          if (app.selected === null) return false;
          app.go({ path: app.selected });
          return true;
        });
      }
      if (!onPath && page.view !== "order") return;
      const { root, draw, chooseGoal } = openStudy(app);
      app.askGoal = chooseGoal;
      panel.setHome(root);
      app.known.onChange(draw);
      panel.addSection({ order: -20, render: () => {
        const back = el("button", { type: "button", class: "back" }, say("backToPath"));
        back.addEventListener("click", () => app.deselect());
        return el("p", {}, back);
      } });
      atlas.nameTab(app, say("tabPath"));
      draw();
    },
  });
})(window.NoteAtlas);
