// Taking the map away: the menu at the foot of the map. Pictures are made here, from what is drawn; the other forms are
// written by the server, from the address, which says what was opened and what is switched off.
"use strict";
(function (atlas) {
  const FORMATS = [["export.html", "exportHtml"], ["export.graphml", "exportGraphml"], ["export.gexf", "exportGexf"], ["export.mmd", "exportMermaid"]];

  /** What the server said instead of a file: a line, or an answer for programs that holds one. */
  async function reasonOf(response) {
    const text = await response.text();
    try {
      return JSON.parse(text).error || text;
    } catch {
      return text.slice(0, 300) || `HTTP ${response.status}`;
    }
  }

  /** A file of the server's: {name, blob}. What goes wrong is an Error that `atlas.reason` puts into words. */
  async function fileAt(href) {
    try {
      const response = await fetch(href, { headers: { accept: "application/json;q=0.5, */*;q=0.1" } });
      if (!response.ok) throw Object.assign(new Error(await reasonOf(response)), { said: true });
      const [, name] = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") || "") || [null, href.split("?")[0].slice(2)];
      return { name, blob: await response.blob() };
    } catch (error) {
      throw error.said ? error : atlas.unreachable(error);
    }
  }

  atlas.parts.push({
    name: "export",
    words: {
      en: {
        export: "Export",
        exportPng: "Picture (PNG)",
        exportSvg: "Drawing (SVG)",
        exportHtml: "Page in one file (HTML)",
        exportGraphml: "GraphML",
        exportGexf: "GEXF",
        exportMermaid: "Mermaid",
        exportNote: "Pictures show the map as you see it. The other files hold what is switched on, where the server puts it: "
          + "what you moved by hand and what you know stay in this browser.",
        exporting: (v) => `Saving: ${v.what}…`,
        exported: (v) => `${v.name} saved`,
        notExported: (v) => `${v.what} was not saved: ${v.why}`,
      },
      zh: {
        export: "导出",
        exportPng: "图片（PNG）",
        exportSvg: "矢量图（SVG）",
        exportHtml: "单文件网页（HTML）",
        exportGraphml: "GraphML",
        exportGexf: "GEXF",
        exportMermaid: "Mermaid",
        exportNote: "图片与所见一致。其他文件只含已显示的内容，位置由服务器计算：手动移动的位置和已掌握标记只留在本浏览器。",
        exporting: (v) => `正在保存：${v.what}…`,
        exported: (v) => `已保存 ${v.name}`,
        notExported: (v) => `${v.what}未能保存：${v.why}`,
      },
    },
    start(app) {
      const { page, canvas, el, say } = app;
      const place = document.getElementById("tools");
      if (!place) return;

      /** What the picture is of: the goals, the compared, the topic or the concept that the view is about. */
      function title() {
        const names = (page.focus || []).filter((id) => canvas.has(id)).map((id) => canvas.concepts.get(id).name.slice(0, 80));
        if (!names.length) return document.title;
        if (page.view === "path") return say("pathTo", { names: names.join(say("and")) });
        return names.join(" – ");
      }

      /** The map as it is now, as `atlas.pictureOf` gives it; `room` is what it must fit into, {width, height} in pixels. */
      app.picture = function ({ title: above = title(), room = null } = {}) {
        const drawing = canvas.drawing();
        const used = new Set(drawing.lines.map((line) => page.style.rows.find((row) => row.key === line.row).colour));
        const key = [...used].map((family) => [drawing.colours[family], say(`family-${family}`)]);
        return atlas.pictureOf(drawing, above, key, room);
      };

      const nameOf = (ending) => `${title().normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "map"}.${ending}`;

      /** Make a file and hand it to the reader; `make` gives {name, blob}. A failure is told with a way to try again. */
      async function save(label, make) {
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus(); // what has the focus is hidden now
        menu.open = false;
        app.announce(say("exporting", { what: say(label) }));
        try {
          const { name, blob } = await make();
          atlas.saveFile(name, blob);
          app.announce(say("exported", { name }));
        } catch (error) {
          app.trouble(say("notExported", { what: say(label), why: atlas.reason(error) }), () => save(label, make));
        }
      }

      function picture(label, make) {
        const button = el("button", { type: "button" }, say(label));
        button.addEventListener("click", () => save(label, make));
        return el("li", {}, button);
      }

      const links = FORMATS.map(([path, label]) => {
        const link = el("a", { download: "" }, say(label));
        const point = () => {
          link.href = `./${path}${location.search}`;
        };
        link.addEventListener("click", (event) => {
          point();
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault(); // the browser would say nothing on the page if the server did not answer
          const href = link.getAttribute("href");
          save(label, () => fileAt(href));
        });
        return { link, point };
      });
      const menu = el("details", { class: "menu", id: "export" }, el("summary", {}, `⤓ ${say("export")}`), el("ul", {},
        picture("exportPng", async () => ({ name: nameOf("png"), blob: await atlas.pngOf(app.picture()) })),
        picture("exportSvg", async () => ({ name: nameOf("svg"), blob: new Blob([app.picture().text], { type: "image/svg+xml" }) })),
        ...(page.endpoint ? [...links.map(({ link }) => el("li", {}, link)), el("li", { class: "note" }, say("exportNote"))] : [])));
      menu.addEventListener("toggle", () => {
        for (const { point } of links) point();
      });
      menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        event.stopPropagation();
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      document.addEventListener("click", (event) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
      place.append(menu);
    },
  });
})(window.NoteAtlas);
