// The search box: type, arrows, Enter. A combobox with a list box, as the ARIA patterns describe it; what is found
// stands in groups: concepts, topics, where to go with those that the query names (their comparison, the path to the
// last), passages of the notes. Hits of an earlier text are pale and cannot be chosen while those of the new one are on
// their way. app.pick(prompt) uses the same box to ask for a concept.
"use strict";
(function (atlas) {
  const WAIT_MS = 120;
  const SLOW_MS = 350;
  const GROUPS = { concept: "groupConcepts", topic: "groupTopics", go: "groupGo", passage: "groupPassages" };
  const MOST_COMPARED = 3;
  const HAS_KEYS = matchMedia("(hover: hover) and (min-width: 700px)"); // a phone has no key to press

  function start(app) {
    const { data, announce, el, say } = app;
    const input = document.getElementById("query");
    const list = document.getElementById("hits");
    let hits = []; // {kind, id, name, ...} in the order in which they are shown; of kind go: {label, where}
    let active = -1;
    let asked = 0; // the number of the last question: answers to earlier ones come too late
    let timer = 0;
    let shown = ""; // the text that `hits` answers
    let picking = null; // {prompt, settle}: who waits for a concept

    const options = () => [...list.querySelectorAll("[role=option]")];

    function close() {
      list.hidden = true;
      list.removeAttribute("aria-busy");
      hits = [];
      shown = "";
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function activate(index) {
      active = index;
      options().forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
      if (active < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", `hit-${active}`);
        options()[active].scrollIntoView({ block: "nearest" });
      }
    }

    function endPick(concept) {
      if (picking === null) return;
      const { settle } = picking;
      picking = null;
      hint();
      input.closest(".search").classList.remove("picking");
      settle(concept);
    }

    function hint() {
      if (picking === null) input.placeholder = say(HAS_KEYS.matches ? "searchHint" : "searchHintTouch");
    }

    const isCurrent = () => hits.length > 0 && shown === input.value.trim();

    function choose(index) {
      if (!isCurrent()) return; // what is shown answers another text
      const hit = hits[index];
      close();
      input.value = "";
      if (picking !== null) {
        endPick(hit);
        input.blur();
      } else if (hit.kind === "go") app.go(hit.where);
      else if (hit.kind === "topic" && app.page.endpoint) app.go({ topic: hit.id, "#": app.hashOf(hit.id) });
      else if (hit.id !== null) read(hit);
    }

    /** Select what was found; of a passage, go on to where it stands in the concept's text. */
    async function read(hit) {
      await app.select(hit.id, { show: true, focus: true });
      if (hit.kind === "passage" && app.selected === hit.id) app.panel.showPassage(hit);
    }

    /** Where to go with the concepts that a query names, two or three: {kind, label, where}. */
    async function places(concepts) {
      if (!app.page.endpoint || picking !== null) return [];
      const named = concepts.filter((hit, i) => hit.named && concepts.findIndex((h) => h.matched === hit.matched) === i);
      if (named.length < 2 || named.length > MOST_COMPARED) return [];
      const ids = named.map(({ concept }) => concept.id);
      const names = named.map(({ matched }) => matched);
      const last = await data.last(ids);
      return [{ kind: "go", id: null, key: "compare", label: say("goCompare", { names }), where: { compare: ids } },
        { kind: "go", id: null, key: "path", label: say("goPath", { name: names[ids.indexOf(last)] }), where: { path: last, "#": app.hashOf(last) } }];
    }

    function option(hit, index, text) {
      const item = el("div", { role: "option", id: `hit-${index}`, "aria-selected": "false", class: "hit" });
      if (hit.kind === "go") {
        item.dataset.go = hit.key;
        item.append(el("bdi", { class: "hit-name" }, hit.label));
      } else if (hit.kind === "passage") {
        item.append(el("bdi", { class: "hit-text" }, ...atlas.found(atlas.excerpt(hit.text, hit.found), hit.found)),
          el("span", { class: "hit-other" }, hit.name ? el("bdi", {}, hit.name) : null, hit.name ? " · " : "", atlas.place(hit)));
      } else {
        const other = hit.matched === hit.name ? hit.aliases.join(" · ") : hit.matched;
        const words = [text, ...atlas.wordsOf(text).filter((word) => word.length > 1)];
        item.append(el("bdi", { class: "hit-name" }, ...atlas.found(hit.name, words)), el("bdi", { class: "hit-other" }, ...atlas.found(other, words)));
      }
      item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
      item.addEventListener("click", () => choose(index));
      return item;
    }

    /** A line that is no hit, as a list box may have it. */
    const remark = (...words) => el("div", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "hit-none" }, ...words);

    /** Show what was found, the group with the best answer first, where to go next, passages last. */
    function show(found, text) {
      const kept = active > 0 ? hits[active] : null; // who has moved to one stays on it when more letters come
      const groups = ["concept", "topic"].map((kind) => [kind, found.filter((hit) => hit.kind === kind)]);
      groups.sort((a, b) => found.indexOf(a[1][0]) - found.indexOf(b[1][0]));
      for (const kind of ["go", "passage"]) groups.push([kind, found.filter((hit) => hit.kind === kind)]);
      const ordered = groups.filter(([, some]) => some.length);
      hits = ordered.flatMap(([, some]) => some);
      shown = text;
      list.removeAttribute("aria-busy");
      let index = 0;
      list.replaceChildren(...ordered.map(([kind, some]) => {
        const label = say(GROUPS[kind]);
        const items = some.map((hit) => {
          const item = option(hit, index, text);
          index += 1;
          return item;
        });
        return el("div", { role: "group", "aria-label": label }, el("p", { class: "hit-group", "aria-hidden": "true" }, label), ...items);
      }));
      if (!hits.length) list.replaceChildren(remark(say("nothing")));
      open();
      const counts = Object.fromEntries(Object.keys(GROUPS).map((kind) => [kind, found.filter((hit) => hit.kind === kind).length]));
      announce(hits.length ? say("results", counts) : say("nothing"));
      const again = kept === null ? -1 : hits.findIndex((hit) => ["kind", "id", "text", "label"].every((part) => hit[part] === kept[part]));
      activate(hits.length ? Math.max(again, 0) : -1);
    }

    function open() {
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }

    function fail(error) {
      close();
      list.replaceChildren(remark(say("failed", { why: atlas.reason(error) }), " ", say("typeAgain")));
      open();
      announce(say("failed", { why: atlas.reason(error) }));
    }

    async function search() {
      const text = input.value.trim();
      asked += 1;
      const mine = asked;
      if (!text) {
        close();
        return;
      }
      const slow = setTimeout(() => {
        if (mine !== asked || hits.length) return;
        list.replaceChildren(remark(say("searching")));
        open();
      }, SLOW_MS);
      try {
        const [concepts, passages] = await Promise.all([data.search(text), picking === null ? data.searchPassages(text) : []]);
        const next = mine === asked ? await places(concepts) : [];
        if (mine !== asked) return;
        const found = concepts.map(({ concept, matched }) => ({ ...concept, matched, kind: concept.kind === "topic" ? "topic" : "concept" }));
        const texts = passages.map((p) => ({ ...p, kind: "passage", id: p.concept ? p.concept.id : null, name: p.concept ? p.concept.name : "" }));
        show([...found, ...next, ...texts], text);
      } catch (error) {
        if (mine === asked) fail(error);
      } finally {
        clearTimeout(slow);
      }
    }

    const searchSoon = () => {
      asked += 1; // what is under way answers another text
      if (hits.length) {
        list.setAttribute("aria-busy", String(!isCurrent()));
        input.removeAttribute("aria-activedescendant");
      }
      clearTimeout(timer);
      timer = setTimeout(search, WAIT_MS);
    };
    input.addEventListener("input", (event) => {
      if (!event.isComposing) searchSoon(); // an input method is still choosing characters
    });
    input.addEventListener("compositionend", searchSoon);
    input.addEventListener("keydown", async (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (isCurrent()) activate((active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
        else await search();
      } else if (event.key === "Enter") {
        event.preventDefault();
        clearTimeout(timer);
        if (!isCurrent()) await search();
        choose(Math.max(active, 0));
      } else if (event.key === "Escape") {
        event.preventDefault();
        const idle = list.hidden && !input.value;
        close();
        input.value = "";
        if (idle || picking !== null) input.blur();
      }
    });
    input.addEventListener("blur", () => {
      asked += 1;
      close();
      endPick(null);
    });

    /** Ask for a concept in the search box: a promise of {id, name, ...}, or null if nothing was chosen. */
    app.pick = (prompt) => new Promise((settle) => {
      endPick(null);
      input.value = "";
      input.focus();
      picking = { prompt, settle };
      input.placeholder = prompt;
      input.closest(".search").classList.add("picking");
      announce(prompt);
    });
    hint();
    HAS_KEYS.addEventListener("change", hint);
    app.keys.add("/", "keySearch", () => input.focus());
  }

  atlas.parts.push({
    name: "search",
    words: {
      en: {
        search: "Search concepts, sentences",
        searchHint: "Search concepts, sentences…  ( / )",
        searchHintTouch: "Search concepts, sentences…",
        groupGo: "Go to",
        goCompare: ({ names }) => `Compare ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`,
        goPath: ({ name }) => `Path to ${name}`,
        nothing: "Nothing is called that, and no sentence says it. Try another name or fewer words.",
        searching: "Searching…",
        typeAgain: "Type to try again.",
        groupConcepts: "Concepts",
        groupTopics: "Topics",
        groupPassages: "In the notes",
        results: ({ concept, topic, passage }) => [
          concept ? `${concept} ${concept === 1 ? "concept" : "concepts"}` : "",
          topic ? `${topic} ${topic === 1 ? "topic" : "topics"}` : "",
          passage ? `${passage} ${passage === 1 ? "passage" : "passages"}` : "",
        ].filter(Boolean).join(", ").concat(" found"),
      },
      zh: {
        search: "搜索概念、原句",
        searchHint: "搜索概念、原句…（ / ）",
        searchHintTouch: "搜索概念、原句…",
        groupGo: "前往",
        goCompare: ({ names }) => `对比 ${names.join("、")}`,
        goPath: ({ name }) => `通往 ${name} 的学习路径`,
        nothing: "没有叫这个名字的概念，也没有句子提到它。换个名称或少输几个字试试。",
        searching: "正在搜索…",
        typeAgain: "继续输入即可重试。",
        groupConcepts: "概念",
        groupTopics: "主题",
        groupPassages: "笔记原文",
        results: ({ concept, topic, passage }) => "找到 ".concat([
          concept ? `${concept} 个概念` : "",
          topic ? `${topic} 个主题` : "",
          passage ? `${passage} 处原文` : "",
        ].filter(Boolean).join("、")),
      },
    },
    start,
  });
})(window.NoteAtlas);
