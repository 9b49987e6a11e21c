// Where one has been: the last concepts that were selected, kept for this visit, as a line of links above the concept.
"use strict";
(function (atlas) {
  const KEPT = "noteatlas.trail";
  const MOST = 12;

  atlas.parts.push({
    name: "trail",
    words: {
      en: { trail: "Where you have been", keyBack: "Back", keyForward: "Forward" },
      zh: { trail: "浏览足迹", keyBack: "后退", keyForward: "前进" },
    },
    start(app) {
      const { el } = app;
      const box = document.getElementById("trail");
      let steps = read(); // [id, name], the latest last

      function read() {
        try {
          const kept = JSON.parse(sessionStorage.getItem(KEPT));
          return Array.isArray(kept) ? kept.filter((step) => Array.isArray(step) && step.length === 2 && step.every((s) => typeof s === "string")) : [];
        } catch {
          return []; // nothing is kept here, or something else wrote it
        }
      }

      function keep() {
        try {
          sessionStorage.setItem(KEPT, JSON.stringify(steps));
        } catch {
          // a browser that keeps nothing: the trail lasts until the page is left
        }
      }

      function draw() {
        const links = [...steps].reverse().map(([id, name]) => {
          const link = el("a", { href: `#${app.hashOf(id)}` }, el("bdi", {}, name));
          if (id === app.selected) link.setAttribute("aria-current", "true");
          link.addEventListener("click", (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            app.select(id, { show: true });
          });
          return el("li", {}, link);
        });
        box.replaceChildren(el("ol", {}, ...links));
        box.hidden = steps.length < 2;
      }

      app.on("select", (id) => {
        const { name } = app.canvas.concepts.get(id);
        steps = [...steps.filter(([other]) => other !== id), [id, name.slice(0, 200)]].slice(-MOST);
        keep();
        draw();
      });
      for (const event of ["deselect", "relation"]) app.on(event, draw);
      app.keys.add("[", "keyBack", () => {
        app.emit("leave");
        history.back();
      });
      app.keys.add("]", "keyForward", () => {
        app.emit("leave");
        history.forward();
      });
      draw();
    },
  });
})(window.NoteAtlas);
