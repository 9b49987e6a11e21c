// Saying what is right: whoever may decide judges a relation where its evidence stands, and takes it back there.
//
// app.deciding = {decide(decision, ids), undo(decision, ids), sentence(decision), offer(decision, undo), reload(),
// again(decision, address)}: what other parts make decisions with. `ids` are the concepts whose relations may have become
// others: the map asks for them anew.
// A map whose picture is made for an order or a comparison is not changed under the reader; it offers to be drawn again.
"use strict";
(function (atlas) {
  const SAID = "noteatlas.said"; // what a page that is loaded again says first: {text, id, from}, the address before
  const PLAIN = new Set(["IN_TOPIC", "PREREQUISITE_OF"]); // what is not one of the types that a relation may rather have

  function openDeciding(app) {
    const { page, data, say } = app;
    const isMadeFor = Boolean(page.path || page.compare || page.order);
    const verb = (type) => atlas.pick(page.style.types[type].label);
    let isBehind = false; // whether the map lacks something that was decided here
    const between = (d) => say("saidOf", { source: d.source, verb: verb(d.type), target: d.target });

    /** Load the page again, at `address`; whoever reads on finds the place. */
    function reload(address = location.href) {
      app.emit("leave");
      history.replaceState(history.state, "", address);
      location.reload();
    }

    const redrawing = () => [say("redrawNow"), () => reload()];

    function redraw() {
      isBehind = true;
      app.offer(say("redraw"), redrawing());
    }

    /** Bring the map to what the store says now. What was decided holds, even if that fails. */
    async function settle({ decision, changes }, ids) {
      page.total += changes.conceptsAdded - changes.conceptsRemoved;
      page.totalRelations += changes.relationsAdded - changes.relationsRemoved;
      if (isMadeFor || changes.conceptsAdded || changes.conceptsRemoved) redraw();
      if (!isMadeFor) await app.expansion.reread(ids).catch(redraw);
      return decision;
    }

    return {
      /** Make a decision; returns it as it is kept, once the map shows it. */
      decide: async (decision, ids) => settle(await data.decide(decision), ids),
      /** Take one back. */
      undo: async ({ id }, ids) => settle(await data.undo(id), ids),
      /** What a decision says, in one sentence. */
      sentence(d) {
        const [source, target] = d.turn ? [d.target, d.source] : [d.source, d.target];
        const said = d.type === null ? "" : between({ source, type: d.to || d.type, target });
        return say(`says-${d.what}`, { ...d, out: d.out.join(say("comma")), said });
      },
      /** Say above the map what was decided, and whether the map lacks it; returns the button that runs `undo`. */
      offer(decision, undo) {
        const said = this.sentence(decision);
        return isBehind ? app.offer(say("saidNotDrawn", { said }), [say("undo"), undo], redrawing()) : app.offer(said, [say("undo"), undo]);
      },
      reload,
      /** Load the page again, at `address`; it says there what was decided, with a way to take it back. */
      again(decision, address) {
        try {
          sessionStorage.setItem(SAID, JSON.stringify({ id: decision.id, text: this.sentence(decision), from: location.href }));
        } catch {
          // a browser that keeps nothing: the decision is in the list of corrections
        }
        reload(address);
      },
    };
  }

  /** What the page before has left to be said, once. */
  function takeSaid() {
    try {
      const said = JSON.parse(sessionStorage.getItem(SAID));
      sessionStorage.removeItem(SAID);
      return said;
    } catch {
      return null;
    }
  }

  /** Run `work` while the buttons of `box` wait; what goes wrong is said in `line`. */
  atlas.whileWaiting = async function (box, line, say, work) {
    const buttons = [...box.querySelectorAll("button, input, select")].filter((button) => !button.disabled);
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    for (const button of buttons) button.disabled = true;
    line.textContent = "";
    try {
      await work();
    } catch (error) {
      line.textContent = say("notDecided", { why: atlas.reason(error) });
    } finally {
      for (const button of buttons) button.disabled = false;
      if (focused !== null && focused.isConnected && document.activeElement === document.body) focused.focus();
    }
  };

  /** The row of buttons that judges a relation. `whole` shows at once all that it could rather be, and asks why. */
  function openJudge(app, relation, whole) {
    const { el, say, deciding } = app;
    const { types } = app.page.style;
    const { source, type, target } = relation;
    const ids = [source.id, target.id];
    const box = el("div", { class: "judge", role: "group", "aria-label": say("judge") });
    const line = el("p", { role: "alert", class: "trouble" });

    function button(word, run, more = {}) {
      const made = el("button", { type: "button", class: "action", ...more }, word);
      made.addEventListener("click", run);
      return made;
    }

    const decide = (what, more = {}) => atlas.whileWaiting(box, line, say, async () => {
      const reason = box.querySelector("input")?.value.trim() || null;
      showMade(await deciding.decide({ what, source: source.id, type, target: target.id, reason, ...more }, ids));
    });

    /** What was decided, in place of what could be, with a way back. */
    function showMade(decision) {
      const back = button(say("undo"), () => atlas.whileWaiting(box, line, say, async () => {
        await deciding.undo(decision, ids);
        showChoice();
        app.announce(say("undone"));
        box.querySelector("button").focus();
      }), { "data-judge": "undo" });
      const said = deciding.sentence(decision);
      box.replaceChildren(el("p", { class: "made" }, el("span", {}, `✓ ${said}`), " ", back), line);
      app.announce(said);
      back.focus();
    }

    function rather() {
      const others = Object.keys(types).filter((other) => other !== type && !PLAIN.has(other));
      return el("p", { class: "rather" }, el("span", { class: "quiet" }, say("rather")),
        ...others.map((other) => button(atlas.pick(types[other].label).replace(/[:：]$/, ""), () => decide("EDIT", { toType: other }), { "data-judge": other })));
    }

    function showChoice() {
      const choices = [];
      if (relation.origin !== "curated") choices.push(button(say("right"), () => decide("ACCEPT"), { "data-judge": "right" }));
      choices.push(button(say("wrong"), () => decide("REJECT"), { "data-judge": "wrong" }));
      if (!types[type].symmetric && type !== "IN_TOPIC") choices.push(button(say("otherWay"), () => decide("EDIT", { turn: true }), { "data-judge": "turn" }));
      const more = [];
      if (!PLAIN.has(type) && whole) more.push(rather());
      else if (!PLAIN.has(type)) {
        choices.push(button(say("otherType"), (event) => {
          event.currentTarget.replaceWith(rather());
          box.querySelector(".rather button").focus();
        }, { "data-judge": "types" }));
      }
      if (whole) more.push(el("input", { type: "text", class: "reason", maxlength: "1000", placeholder: say("reasonHint"), "aria-label": say("reasonHint") }));
      box.replaceChildren(el("p", { class: "choices" }, ...choices), ...more, line);
    }

    showChoice();
    return box;
  }

  atlas.parts.push({
    name: "decide",
    words: {
      en: {
        judge: "Is that so?",
        right: "Right",
        wrong: "Wrong",
        otherWay: "Other way round",
        otherType: "Other type…",
        rather: "Rather:",
        reasonHint: "Reason (optional)",
        undo: "Undo",
        undone: "Taken back.",
        notDecided: (v) => `Nothing was changed: ${v.why}`,
        redraw: "That is kept. This map shows it once it is drawn again.",
        redrawNow: "Draw it again",
        saidNotDrawn: (v) => `${v.said}. This map shows it once it is drawn again.`,
        saidOf: (v) => `${v.source} ${v.verb} ${v.target}`,
        "says-ACCEPT": (v) => `Right: ${v.said}`,
        "says-REJECT": (v) => `Wrong: ${v.said}`,
        "says-ADD": (v) => `Added: ${v.said}`,
        "says-EDIT": (v) => `Changed: ${v.said}`,
        "says-RENAME": (v) => `${v.name} is called ${v.to}`,
        "says-MERGE": (v) => `${v.name} is the same as ${v.into}`,
        "says-SPLIT": (v) => `${v.out}: not the same as ${v.name}`,
        "says-SEPARATE": (v) => `${v.out}: never the same as ${v.name}`,
      },
      zh: {
        judge: "这样说对吗？",
        right: "对",
        wrong: "错",
        otherWay: "方向反了",
        otherType: "换类型…",
        rather: "应为：",
        reasonHint: "理由（可不填）",
        undo: "撤销",
        undone: "已撤销。",
        notDecided: (v) => `未作更改：${v.why}`,
        redraw: "决定已保存；重新绘制后，这张地图才会显示。",
        redrawNow: "重新绘制",
        saidNotDrawn: (v) => `${v.said}。重新绘制后，这张地图才会显示。`,
        saidOf: (v) => `${v.source} ${v.verb} ${v.target}`,
        "says-ACCEPT": (v) => `正确：${v.said}`,
        "says-REJECT": (v) => `错误：${v.said}`,
        "says-ADD": (v) => `已补充：${v.said}`,
        "says-EDIT": (v) => `已改为：${v.said}`,
        "says-RENAME": (v) => `${v.name} 改名为 ${v.to}`,
        "says-MERGE": (v) => `${v.name} 与 ${v.into} 是同一概念`,
        "says-SPLIT": (v) => `${v.out} 与 ${v.name} 不是同一概念`,
        "says-SEPARATE": (v) => `${v.out} 与 ${v.name} 永不合并`,
      },
    },
    start(app) {
      if (!app.page.endpoint) return;
      app.deciding = openDeciding(app);
      if (!app.page.mayDecide) return;
      app.panel.addJudge((relation, whole) => openJudge(app, relation, whole));
      app.on("ready", () => {
        const said = takeSaid();
        if (said === null) return;
        app.announce(said.text);
        const back = async () => {
          try {
            await app.data.undo(said.id);
            app.deciding.reload(said.from);
          } catch (error) {
            app.announce(app.say("notDecided", { why: atlas.reason(error) }), true);
          }
        };
        app.offer(said.text, [app.say("undo"), back]);
      });
    },
  });
})(window.NoteAtlas);
