// The topics as a tree: what the headings of the notes put where. A branch is read when it is opened first. It is one
// stop of the Tab key, with the keys of the ARIA pattern for trees: arrows, Home, End, Enter.
"use strict";
(function (atlas) {
  atlas.parts.push({
    name: "tree",
    words: {
      en: {
        noTopics: "The notes have no topics.",
        treeMore: "Show more",
        inIt: (v) => `${v.n} ${v.n === 1 ? "concept" : "concepts"}`,
        otherTopics: "Other topics",
        otherTopicsLabel: (v) => `Other topics: ${v.n} that nothing is in`,
      },
      zh: {
        noTopics: "笔记里没有主题。",
        treeMore: "显示更多",
        inIt: (v) => `${v.n} 个概念`,
        otherTopics: "其他主题",
        otherTopicsLabel: (v) => `其他主题：${v.n} 个没有内容的主题`,
      },
    },
    start(app) {
      const { data, el, say, page } = app;
      const { kinds } = page.style;
      const FEW_ROWS = 14; // a tree that has fewer opens by itself, and only topics that hold no more
      const MOST_OPENED = 6;
      const tree = document.getElementById("tree");
      const read = new WeakMap(); // an item -> the promise of its branch
      const byItself = new Set(); // items that a reveal opened: the next one closes them again
      let reveals = 0; // the number of the last reveal: earlier ones stop

      const itemOf = (element) => element.closest("[role=treeitem]");
      const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
      const groupOf = (item) => item.querySelector(":scope > [role=group]");
      const items = () => [...tree.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));

      /** In the order of the notes, but topics with nothing in them last. */
      const fullFirst = (topics) => [...topics.filter((t) => t.count), ...topics.filter((t) => !t.count)];

      function row(...content) {
        return el("span", { class: "row" }, ...content);
      }

      function topicItem(topic, level) {
        const count = page.topics[topic.id] ?? topic.count; // as many as its own map shows
        const label = `${topic.name}, ${say("inIt", { n: count })}`;
        const item = el("li", { role: "treeitem", "aria-level": level, "aria-label": label, tabindex: "-1", "data-topic": topic.id, "data-held": topic.count, class: topic.count ? "" : "bare" },
          row(el("span", { class: "twisty", "aria-hidden": "true" }), el("bdi", { class: "name" }, topic.name),
            topic.count ? el("span", { class: "count" }, atlas.number(count)) : null));
        if (topic.count) item.setAttribute("aria-expanded", "false");
        return item;
      }

      function conceptItem(concept, level) {
        const { family } = kinds[concept.kind] || kinds.other;
        return el("li", { role: "treeitem", "aria-level": level, "aria-label": concept.name, tabindex: "-1", "data-concept": concept.id },
          row(el("span", { class: `mark-${family}`, "aria-hidden": "true" }), el("bdi", { class: "name" }, concept.name)));
      }

      /** One closed branch for the topics at the top that nothing is in: it is there at once, nothing is read for it. */
      function othersItem(topics) {
        const item = el("li", { role: "treeitem", "aria-level": 1, "aria-label": say("otherTopicsLabel", { n: topics.length }), "aria-expanded": "false", tabindex: "-1", "data-others": "" },
          row(el("span", { class: "twisty", "aria-hidden": "true" }), el("span", { class: "name" }, say("otherTopics")), el("span", { class: "count" }, atlas.number(topics.length))),
          el("ul", { role: "group" }, ...topics.map((t) => topicItem(t, 2))));
        read.set(item, Promise.resolve());
        return item;
      }

      function moreItem(topic, level, after) {
        return el("li", { role: "treeitem", "aria-level": level, tabindex: "-1", "data-more": topic, "data-after": after },
          row(el("span", { class: "name" }, say("treeMore"))));
      }

      async function membersInto(group, topic, level, after) {
        const found = await data.members(topic, after);
        group.append(...found.concepts.map((c) => conceptItem(c, level)), ...(found.after ? [moreItem(topic, level, found.after)] : []));
      }

      /** Read a branch, once; what could not be read is asked for again the next time. */
      function fill(item) {
        if (!read.has(item)) {
          const level = Number(item.getAttribute("aria-level")) + 1;
          const group = el("ul", { role: "group" });
          const work = (async () => {
            const topics = fullFirst(await data.topics(item.dataset.topic));
            group.append(...topics.map((t) => topicItem(t, level)));
            await membersInto(group, item.dataset.topic, level, null);
            item.append(group);
          })();
          work.catch(() => read.delete(item));
          read.set(item, work);
        }
        return read.get(item);
      }

      async function open(item) {
        item.classList.add("busy");
        try {
          await fill(item);
          item.setAttribute("aria-expanded", "true");
          markSelected(app.selected);
        } catch (error) {
          app.trouble(say("failed", { why: atlas.reason(error) }), () => open(item));
        } finally {
          item.classList.remove("busy");
        }
      }

      const close = (item) => item.setAttribute("aria-expanded", "false");

      const toggle = (item) => (isOpen(item) ? close(item) : open(item));

      async function act(item) {
        const { topic, concept, more, after, others } = item.dataset;
        if (others !== undefined) toggle(item);
        else if (topic !== undefined) app.openTopic(topic);
        else if (concept !== undefined) app.select(concept, { show: true });
        else {
          const group = item.parentElement;
          const at = [...group.children].indexOf(item);
          try {
            await membersInto(group, more, item.getAttribute("aria-level"), after);
          } catch (error) {
            app.trouble(say("failed", { why: atlas.reason(error) }), () => act(item));
            return;
          }
          item.remove();
          focus(group.children[at]);
        }
      }

      function stop(item) {
        for (const other of tree.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
        item.tabIndex = 0;
      }

      function focus(item) {
        if (!item) return;
        stop(item);
        item.focus();
      }

      tree.addEventListener("click", (event) => {
        const item = itemOf(event.target);
        if (!item) return;
        stop(item);
        for (let own = item; own; own = own.parentElement.closest("[role=treeitem]")) byItself.delete(own); // a hand was here
        if (event.target.closest(".twisty") && item.hasAttribute("aria-expanded")) toggle(item);
        else act(item);
      });

      tree.addEventListener("keydown", (event) => {
        const item = itemOf(event.target);
        if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
        const all = items();
        const at = all.indexOf(item);
        const branch = item.hasAttribute("aria-expanded");
        const moves = {
          ArrowDown: () => focus(all[at + 1]),
          ArrowUp: () => focus(all[at - 1]),
          Home: () => focus(all[0]),
          End: () => focus(all[all.length - 1]),
          ArrowRight: () => (branch && isOpen(item) ? focus(groupOf(item).firstElementChild) : branch && open(item)),
          ArrowLeft: () => (branch && isOpen(item) ? close(item) : focus(item.parentElement.closest("[role=treeitem]"))),
          Enter: () => act(item),
          " ": () => act(item),
        };
        if (!moves[event.key]) return;
        event.preventDefault();
        moves[event.key]();
      });

      function markSelected(id) {
        for (const item of tree.querySelectorAll("[aria-selected]")) item.removeAttribute("aria-selected");
        if (id === null) return null;
        const here = [...tree.querySelectorAll("[role=treeitem]")].filter((item) => item.dataset.concept === id || item.dataset.topic === id);
        for (const item of here) item.setAttribute("aria-selected", "true");
        return here[0] || null;
      }

      /** Open what leads to a concept, and mark it. Not being able to is no trouble: it is only an aid. */
      async function reveal(id) {
        reveals += 1;
        const mine = reveals;
        let found = markSelected(id);
        if (!found) {
          try {
            await topLevel;
            const above = await data.above(id);
            let within = tree;
            for (const topic of above) {
              if (mine !== reveals) return;
              const item = [...within.children].find((child) => child.dataset.topic === topic);
              if (!item) return;
              if (!isOpen(item)) {
                await open(item);
                byItself.add(item);
              }
              within = groupOf(item);
            }
          } catch {
            return;
          }
          if (mine !== reveals) return;
          found = markSelected(id);
        }
        for (let item = found && found.parentElement.closest("[role=treeitem]"); item; item = item.parentElement.closest("[role=treeitem]")) {
          if (isOpen(item)) continue;
          item.setAttribute("aria-expanded", "true");
          byItself.add(item);
        }
        for (const item of byItself) {
          if (found && item.contains(found)) continue;
          close(item);
          if (item.querySelector('[tabindex="0"]')) stop(item); // what is closed away is no stop
          byItself.delete(item);
        }
        if (found) {
          stop(found);
          found.querySelector(".row").scrollIntoView({ block: "nearest" });
        }
      }

      /** While the tree is short, open what leads to topics that have an area on the map: both show the same topics. */
      async function openToAreas() {
        const heads = new Set(page.areas.map((area) => area.head).filter((head) => head !== null));
        for (let turn = 0; turn < MOST_OPENED && items().length < FEW_ROWS; turn += 1) {
          for (const item of items()) heads.delete(item.dataset.topic);
          const closed = items().filter((item) => item.dataset.topic !== undefined && item.getAttribute("aria-expanded") === "false" && Number(item.dataset.held) <= FEW_ROWS
            && !tree.querySelector(`[data-topic="${CSS.escape(item.dataset.topic)}"][aria-expanded="true"]`));
          if (!heads.size || !closed.length) return;
          await open(closed.reduce((a, b) => (page.topics[b.dataset.topic] > page.topics[a.dataset.topic] ? b : a)));
        }
      }

      async function readTop() {
        try {
          const topics = await data.topics(null);
          const full = topics.filter((t) => t.count);
          const others = full.length ? topics.filter((t) => !t.count) : [];
          tree.replaceChildren(...(full.length ? full : topics).map((t) => topicItem(t, 1)), ...(others.length ? [othersItem(others)] : []));
          if (topics.length) tree.firstElementChild.tabIndex = 0;
          else tree.replaceWith(el("p", { class: "quiet" }, say("noTopics")));
          if (full.length === 1) await open(tree.firstElementChild);
          await openToAreas();
        } catch (error) {
          app.trouble(say("failed", { why: atlas.reason(error) }), () => {
            topLevel = readTop();
          });
        }
      }

      let topLevel = readTop();
      app.on("select", reveal);
      app.on("relation", () => markSelected(null));
      app.on("deselect", () => {
        reveals += 1;
        markSelected(null);
      });
    },
  });
})(window.NoteAtlas);
