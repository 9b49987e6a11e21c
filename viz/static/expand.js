// What joins the map: the neighbours of a concept that is opened on it, and the concept itself if it was not there.
//
// app.expansion keeps what was opened, in order, and the address does as well (add=ID, one for each): a link to the map
// opens the same concepts again, and back and forward follow. What opening brings is said by the relations that were
// switched on when the page came, not by what the legend hides since: a link must bring the same. Closing one takes
// away what it brought and nothing else brings, and what was opened from there.
"use strict";
(function (atlas) {
  atlas.openExpansion = function (app) {
    const { page, data, canvas, state, say, announce } = app;
    const opened = []; // entries in the order of the address: {id, brings: ids that are not on the map by themselves}
    const known = new Map((page.opened || []).map((entry) => [entry.id, entry])); // every entry there ever was, by id
    const brought = new Set([...known.values()].flatMap((entry) => entry.brings));
    const base = new Set([...canvas.concepts.keys()].filter((id) => !brought.has(id))); // what stays in any case
    const away = { concepts: new Map(), relations: new Map() }; // what was taken off, to be put back where it stood
    const off = new Set(page.off);
    const types = new Set(page.style.rows.filter((row) => !off.has(row.key)).map((row) => row.type));

    let last = Promise.resolve(); // whatever changes the map waits for what changes it already
    function inTurn(run) {
      last = last.then(run, run);
      return last;
    }

    const remember = (options) => state.set("add", opened.map(({ id }) => id), options);

    /** Put a concept and its neighbours on the map: the entry and what was not there, or null if it cannot be there. */
    async function bring(id, quietly) {
      const { concepts, relations } = await data.around(id, types);
      const self = concepts.find((c) => c.id === id);
      if (!self) {
        announce(say("unknown"), true);
        return null;
      }
      const room = page.mostNodes - canvas.concepts.size;
      const near = concepts.filter((c) => c.id !== id);
      const fresh = near.filter((c) => !canvas.has(c.id));
      const wanted = fresh.length + Number(!canvas.has(id));
      if (wanted > room) announce(say("full", { n: atlas.number(page.mostNodes) }), true);
      if (!canvas.has(id) && room < 1) return null;
      const joined = canvas.has(id) ? [] : canvas.add([self], relations, null);
      const before = opened.find((one) => one.id === id);
      const itself = before ? before.brings.includes(id) : joined.length > 0;
      joined.push(...canvas.add(fresh.slice(0, Math.max(0, room - joined.length)), relations, id));
      if (wanted <= room && !quietly) announce(say("added", { n: wanted }));
      const brings = near.map((c) => c.id).filter((other) => canvas.has(other) && !base.has(other));
      const entry = { id, brings: itself ? [id, ...brings] : brings };
      known.set(id, entry);
      return { entry, joined };
    }

    /** The entries of a list that hang together: each was opened on what the map has by itself or others bring. */
    function rooted(list) {
      const there = new Set(base);
      const kept = new Set();
      for (let grown = true; grown;) {
        grown = false;
        for (const entry of list) {
          if (kept.has(entry) || !(there.has(entry.id) || entry.brings.includes(entry.id))) continue;
          kept.add(entry);
          for (const id of entry.brings) there.add(id);
          grown = true;
        }
      }
      return list.filter((entry) => kept.has(entry));
    }

    /** What is on the map now and would not be if only these entries were open. */
    function surplus(list) {
      const wanted = new Set(list.flatMap((entry) => entry.brings));
      return [...new Set(opened.flatMap((entry) => entry.brings))].filter((id) => !wanted.has(id) && canvas.has(id));
    }

    /** Make these the entries that are open, of which all were open before: nothing is asked for and nothing moves. */
    function become(list) {
      const gone = surplus(list);
      opened.splice(0, opened.length, ...list);
      if (gone.length) {
        const taken = canvas.remove(gone);
        for (const c of taken.concepts) away.concepts.set(c.id, c);
        for (const r of taken.relations) away.relations.set(r.key, r);
      }
      for (const { id, brings } of list) {
        const back = brings.filter((other) => !canvas.has(other)).map((other) => away.concepts.get(other)).filter(Boolean);
        if (back.length) canvas.add(back, [...away.relations.values()], canvas.has(id) ? id : null);
      }
      app.emit("change");
      return gone;
    }

    /** Open a concept: whether it is on the map then. `push` makes a step that "back" returns from, with the fragment
        that `hash()` gives when it is made. */
    const open = (id, { push = true, hash = () => location.hash } = {}) => inTurn(async () => {
      const found = await bring(id, false);
      if (found === null) return canvas.has(id);
      if (found.joined.length) {
        const at = opened.findIndex((entry) => entry.id === id);
        if (at < 0) opened.push(found.entry);
        else opened[at] = found.entry;
        remember({ push, hash: hash() });
      }
      app.emit("change");
      return true;
    });

    const without = (id) => rooted(opened.filter((entry) => entry.id !== id));

    function close(id) {
      if (!surplus(without(id)).length) {
        announce(say("nothingToClose"));
        return;
      }
      const gone = become(without(id));
      remember({ push: true, hash: canvas.has(id) ? location.hash : "" });
      announce(say("closed", { n: gone.length }));
    }

    /** Make the map what a list of opened concepts says; what was never open here is asked for. */
    async function reach(ids) {
      const there = new Set(base);
      const list = [];
      for (const id of ids) {
        if (!known.has(id)) continue;
        const others = known.get(id).brings.filter((other) => other !== id);
        const entry = { id, brings: there.has(id) ? others : [id, ...others] };
        if (!entry.brings.every((other) => canvas.has(other) || away.concepts.has(other))) continue;
        for (const other of entry.brings) there.add(other);
        list.push(entry);
      }
      become(list);
      for (const id of ids) {
        if (opened.some((entry) => entry.id === id)) continue;
        const found = await bring(id, true);
        if (found !== null && found.joined.length) opened.push(found.entry);
        app.emit("change");
      }
    }

    /** Ask again for all that relates to these concepts, and show it as it is now; no concept comes, goes or moves. Where
        one has too many relations to read them all, only those are shown anew whose other end has not; fails if all
        have too many. */
    const reread = (ids) => inTurn(async () => {
      const { relations: rows, whole } = await data.touching(ids);
      if (!whole.length) throw new Error("too many relations to read them all");
      const now = new Map(rows.map((r) => [atlas.keyOf(r.source, r.type, r.target), r]));
      const touches = (r) => whole.includes(r.source) || whole.includes(r.target);
      const same = (r, row) => row !== undefined && row.origin === r.origin && row.confidence === r.confidence;
      const gone = [...canvas.relations.values()].filter((r) => touches(r) && !same(r, now.get(r.key)));
      canvas.unlink(gone.map((r) => r.key));
      for (const r of gone) if (now.has(r.key)) Object.assign(now.get(r.key), { smooth: r.smooth });
      for (const [key, r] of away.relations) if (touches(r)) away.relations.delete(key);
      for (const [key, r] of now) {
        if (canvas.has(r.source) && canvas.has(r.target)) canvas.link(r);
        else away.relations.set(key, r);
      }
      canvas.refresh();
      app.emit("change");
    });

    const told = (work) => work.catch((error) => announce(say("failed", { why: atlas.reason(error) }), true));

    /** Follow the address, to which back or forward has led. */
    function follow() {
      const same = (ids) => ids.length === opened.length && ids.every((id, at) => id === opened[at].id);
      told(inTurn(async () => {
        if (!same(state.getAll("add"))) await reach(state.getAll("add"));
      }));
    }

    /** Open again what the address names. A page that has drawn it already says so in page.opened, by ids. */
    async function restore() {
      const drawn = (page.opened || []).map(({ id }) => id);
      const named = state.getAll("add");
      opened.push(...known.values());
      if (!page.opened || (!page.endpoint && named.length)) await reach(named);
      if (drawn.length || named.length) remember({});
    }

    canvas.on("onExpand", (id) => app.expand(id));
    canvas.on("onTopic", (id) => {
      if (page.endpoint) app.go({ topic: id });
      else app.select(id, { show: true });
    });
    told(inTurn(restore));
    return {
      open,
      close,
      follow,
      reread,
      /** The relation types by which opening a concept brings others. */
      types: () => types,
      /** Whether closing a concept would take anything away. */
      isOpen: (id) => surplus(without(id)).length > 0,
      /** A promise: the map is as the address says. */
      settled: () => last.catch(() => {}),
    };
  };

  atlas.parts.push({
    name: "expand",
    words: {
      en: {
        closed: (v) => `${v.n} ${v.n === 1 ? "concept" : "concepts"} taken off the map again`,
        nothingToClose: "Nothing was added to the map from here.",
        collapse: "Take its neighbours off again",
        keyExpand: "Add the neighbours of the selected concept",
        keyCollapse: "Take them off again",
      },
      zh: {
        closed: (v) => `已从地图移除 ${v.n} 个概念`,
        nothingToClose: "没有从这里加入过概念。",
        collapse: "收起加入的相邻概念",
        keyExpand: "把所选概念的相邻概念加入地图",
        keyCollapse: "收起加入的相邻概念",
      },
    },
    start(app) {
      app.panel.addAction({ key: "collapse", label: "collapse", shown: ({ id }) => app.expansion.isOpen(id), run: ({ id }) => app.collapse(id) });
      const onSelected = (run) => () => {
        if (app.selected === null) return false;
        run(app.selected);
        return true;
      };
      app.keys.add("+", "keyExpand", onSelected((id) => app.expand(id)));
      app.keys.add("-", "keyCollapse", onSelected((id) => app.collapse(id)));
    },
  });
})(window.NoteAtlas);
