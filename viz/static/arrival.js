// Coming to a page from another one of the map, by a key, a link or the browser's history: the focus goes to where reading
// goes on, and the live region says what is shown. A page opened from elsewhere is left as the browser opens it.
"use strict";
(function (atlas) {
  // {at: milliseconds, to: id of an element or null, byHand: whether a mouse or a finger led on}, for the page that comes
  const KEPT = "noteatlas.leaving";
  const FRESH_MS = 60_000;
  const SOON_MS = 250; // a live region is read when it changes, not when it comes with the page

  atlas.parts.push({
    name: "arrival",
    words: {
      en: {
        atOverview: (v) => `Map of the topics, ${v.n} concepts`,
        atTopic: (v) => `Topic ${v.names}, ${v.n} concepts`,
        atNear: (v) => `Around ${v.names}, ${v.n} concepts`,
        atPath: (v) => `Path to ${v.names}, ${v.steps} ${v.steps === 1 ? "step" : "steps"}`,
        atCompare: (v) => `Comparison of ${v.names}, ${v.n} concepts`,
        atAll: (v) => `Map of the most related, ${v.n} concepts`,
        atOrder: (v) => (v.names ? `What comes before ${v.names}, ${v.n} concepts` : `Learning order, ${v.n} concepts`),
      },
      zh: {
        atOverview: (v) => `主题地图，${v.n} 个概念`,
        atTopic: (v) => `主题 ${v.names}，${v.n} 个概念`,
        atNear: (v) => `${v.names} 的周围，${v.n} 个概念`,
        atPath: (v) => `到 ${v.names} 的路径，${v.steps} 步`,
        atCompare: (v) => `对比 ${v.names}，${v.n} 个概念`,
        atAll: (v) => `联系最多的 ${v.n} 个概念`,
        atOrder: (v) => (v.names ? `${v.names} 之前要学的 ${v.n} 个概念` : `学习顺序，${v.n} 个概念`),
      },
    },
    start(app) {
      const { page, canvas, say, announce } = app;
      const VIEWS = { overview: "atOverview", topic: "atTopic", neighborhood: "atNear", path: "atPath", compare: "atCompare", all: "atAll", order: "atOrder" };
      const isNarrow = matchMedia("(max-width: 62rem)").matches;

      /** What is shown, in a line. */
      function shown() {
        const shortOf = (id) => (canvas.has(id) ? atlas.shortName(canvas.concepts.get(id)) : id);
        const names = page.asked.names.map(shortOf).join(say("and"));
        return say(VIEWS[page.view], { names, n: atlas.number(canvas.concepts.size), steps: page.path ? page.path.steps.length : 0 });
      }

      let byHand = false;
      addEventListener("pointerdown", () => { byHand = true; }, true);
      addEventListener("keydown", () => { byHand = false; }, true);

      function leave(to) {
        try {
          sessionStorage.setItem(KEPT, JSON.stringify({ at: Date.now(), to, byHand }));
        } catch {
          // a browser that keeps nothing: the next page is opened as any other
        }
      }

      /** What the last page left for this one, once; null if nothing, or too long ago. */
      function left() {
        try {
          const kept = JSON.parse(sessionStorage.getItem(KEPT));
          sessionStorage.removeItem(KEPT);
          return kept !== null && Date.now() - kept.at < FRESH_MS ? kept : null;
        } catch {
          return null;
        }
      }

      app.on("leave", () => leave(null));
      document.addEventListener("click", (event) => {
        const link = event.target.closest?.("a[href]");
        if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || link.hasAttribute("download")) return;
        const { origin, pathname, search } = new URL(link.href);
        const isOther = origin === location.origin && pathname === location.pathname && search !== location.search;
        if (isOther) leave(link.id === "language" ? link.id : null);
      });
      addEventListener("popstate", left); // it led to a state of this page: nothing was left
      addEventListener("pageshow", (event) => {
        if (!event.persisted) return;
        left(); // the browser kept this page with its focus
        setTimeout(() => announce(shown()), SOON_MS);
      });

      const hasPane = page.path !== null || page.compare !== null;
      const selects = location.hash.length > 1 || (page.focus.length > 0 && !hasPane); // page.js does, in a moment

      /** Where reading goes on: the heading of a path, an order or a comparison, what is read about a concept on a narrow
          screen, else the map. */
      function place(to) {
        if (to !== null) return document.getElementById(to);
        const heading = hasPane || page.view === "order" ? document.querySelector("#shown h2[tabindex]") : null;
        if (heading && !selects) return heading;
        return document.querySelector(isNarrow || hasPane ? "#panel" : "#canvas .vis-network");
      }

      const [navigation] = performance.getEntriesByType("navigation");
      const came = left() || (navigation && navigation.type === "back_forward" ? { to: null, byHand: false } : null);
      if (came === null) return;
      app.on("ready", () => {
        const words = shown();
        const asks = page.view === "order" && page.endpoint && !page.asked.names.length && came.to === null && !isNarrow && !selects;
        if (asks) app.askGoal();
        else place(came.to)?.focus({ preventScroll: true, focusVisible: !came.byHand }); // no ring for whoever uses a mouse
        if (!selects) {
          setTimeout(() => announce(asks ? `${words}. ${say("whichGoal")}` : words), SOON_MS);
          return;
        }
        let said = false;
        app.on("shown", () => { // the concept is announced as well: both in one
          if (!said) announce(`${words}. ${document.getElementById("live").textContent}`);
          said = true;
        });
      });
    },
  });
})(window.NoteAtlas);
