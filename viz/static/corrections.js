// The list of what people decided, the latest first: who, when and why, what it says, whether it still means anything.
"use strict";
(function (atlas) {
  function openList(app) {
    const { data, el, say, deciding } = app;
    const dialog = el("dialog", { class: "keys corrections", "aria-labelledby": "corrections-title" });
    const line = el("p", { role: "alert", class: "trouble" });
    const list = el("ul", { class: "relations" });
    let changed = false; // whether something was taken back, which the map does not show yet
    document.body.append(dialog);

    const when = (time) => (Number.isNaN(Date.parse(time)) ? time : new Date(time).toLocaleString(atlas.lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" }));

    function item(decision) {
      const about = [decision.author, decision.time && when(decision.time), decision.reason].filter(Boolean).join(" · ");
      const back = el("button", { type: "button", class: "action" }, say("undo"));
      const row = el("li", { "data-decision": decision.id },
        el("p", {}, el("bdi", {}, deciding.sentence(decision)), ...(app.page.mayDecide ? [" ", back] : [])),
        about ? el("p", { class: "quiet" }, el("bdi", {}, about)) : null,
        decision.stale ? el("p", { class: "stale" }, say("staleNow", { why: decision.stale })) : null);
      back.addEventListener("click", () => atlas.whileWaiting(dialog, line, say, async () => {
        await data.undo(decision.id);
        changed = true;
        if (!dialog.open) deciding.reload(); // it was closed meanwhile
        const next = (row.nextElementSibling || row.previousElementSibling)?.querySelector("button");
        row.remove();
        app.announce(say("undone"));
        (next || dialog.querySelector(".close")).focus();
        if (!list.childElementCount) list.replaceWith(el("p", { class: "quiet" }, say("noDecisions")));
      }));
      return row;
    }

    async function show() {
      const close = el("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close") }, "×");
      close.addEventListener("click", () => dialog.close());
      const content = el("p", { class: "quiet" }, say("reading"));
      line.textContent = "";
      dialog.replaceChildren(el("h2", { id: "corrections-title" }, say("corrections")), close, el("p", { class: "quiet" }, say("correctionsHold")), content, line);
      dialog.showModal();
      close.focus();
      try {
        const decisions = await data.decisions();
        if (!decisions.length) {
          content.textContent = say("noDecisions");
          return;
        }
        list.replaceChildren(...decisions.map(item));
        content.replaceWith(list);
        if (decisions.length === atlas.MOST_DECISIONS) list.after(el("p", { class: "quiet" }, say("onlyLatest", { n: decisions.length })));
      } catch (error) {
        content.remove();
        line.textContent = say("failed", { why: atlas.reason(error) });
      }
    }

    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // the ground around it
    });
    dialog.addEventListener("close", () => {
      if (changed) deciding.reload();
    });
    return show;
  }

  atlas.parts.push({
    name: "corrections",
    words: {
      en: {
        corrections: "Corrections",
        correctionsHold: "What people decided. It holds after every load of the notes.",
        noDecisions: "Nobody has corrected anything yet.",
        onlyLatest: (v) => `These are the latest ${v.n}. “noteatlas curate list” shows all.`,
        staleNow: (v) => `Changes nothing at present: ${v.why}.`,
      },
      zh: {
        corrections: "纠正记录",
        correctionsHold: "人工作出的决定，每次载入笔记后依然有效。",
        noDecisions: "还没有任何纠正。",
        onlyLatest: (v) => `只列出最近 ${v.n} 条；全部请用 noteatlas curate list 查看。`,
        staleNow: (v) => `目前不起作用：${v.why}`,
      },
    },
    start(app) {
      const place = document.getElementById("tools");
      if (!app.page.endpoint || !place) return;
      const open = app.el("button", { type: "button", id: "corrections" }, app.say("corrections"));
      open.addEventListener("click", openList(app));
      place.append(open);
    },
  });
})(window.NoteAtlas);
