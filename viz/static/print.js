// The map on paper: a drawing of it above what the panel holds, made when the browser is about to print. The page has the
// light theme's colours then, and the drawing is made for a sheet's width: names can be read there, and fewer have room.
"use strict";
(function (atlas) {
  const SHEET = { width: 980, height: 760 }; // pixels of the drawing; a sheet is about 720 wide, letters shrink by a quarter

  atlas.parts.push({
    name: "print",
    start(app) {
      const { canvas, el, say, page } = app;
      const root = document.documentElement;
      const box = el("figure", { id: "print-map" });
      document.getElementById("shown").before(box);
      let before = null; // the theme of the screen while the page is printed: {theme}

      function draw() {
        if (before !== null) return; // beforeprint and the media query both tell
        before = { theme: root.dataset.theme };
        root.dataset.theme = "light";
        canvas.retheme();
        const { text } = app.picture({ title: "", room: SHEET });
        const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", say("map", { n: canvas.concepts.size }));
        box.replaceChildren(svg);
      }

      function clear() {
        if (before === null) return;
        if (before.theme === undefined) delete root.dataset.theme;
        else root.dataset.theme = before.theme;
        before = null;
        canvas.retheme();
        box.replaceChildren();
      }

      if (!page.nodes.length) return;
      addEventListener("beforeprint", draw);
      addEventListener("afterprint", clear);
      matchMedia("print").addEventListener("change", ({ matches }) => (matches ? draw() : clear()));
    },
  });
})(window.NoteAtlas);
