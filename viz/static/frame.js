// What stands around the map: the views in the header, the tabs of the left side, and on a
// narrow screen the tabs that show the concept, the map or the topics.
"use strict";
(function (atlas) {
  /** The links of the header: the map of everything, what comes before the selected concept, the comparison. */
  function openViews(app) {
    const links = { map: "view-map", path: "view-path", compare: "view-compare" };
    for (const [view, id] of Object.entries(links)) links[view] = document.getElementById(id);
    const { page, state } = app;
    if (!links.map) return; // a saved file has one view
    const view = page.view || (page.order ? "order" : "overview");
    const here = { path: links.path, order: links.path, compare: links.compare }[view] || links.map;
    here.setAttribute("aria-current", "page");
    document.getElementById("brand").href = app.hrefOf({});

    function point() {
      const compared = state.getAll("compare");
      const [id] = [app.selected];
      links.map.href = app.hrefOf({});
      links.path.href = app.hrefOf(id === null ? { types: "PREREQUISITE_OF" } : { path: id, "#": app.hashOf(id) });
      links.compare.href = view === "compare" ? app.hrefOf({ compare: compared }) : app.hrefOf({});
    }
    links.compare.addEventListener("click", (event) => {
      if (view === "compare" || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      app.compareWith(app.selected);
    });
    for (const event of ["select", "deselect", "relation", "state"]) app.on(event, point);
    point();
  }

  /** Tabs as the ARIA patterns describe them; returns a function that shows one of them. */
  function openSide() {
    const tabs = [...document.querySelectorAll("#side [role=tab]")];
    const show = function (chosen) {
      for (const tab of tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
      }
    };
    for (const [index, tab] of tabs.entries()) {
      tab.addEventListener("click", () => show(tab));
      tab.addEventListener("keydown", (event) => {
        const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (!tabs[next]) return;
        event.preventDefault();
        show(tabs[next]);
        tabs[next].focus();
      });
    }
    return (name) => show(document.getElementById(`tab-${name}`));
  }

  /** On a narrow screen one part is shown at a time; on a wide one this changes nothing that can be seen. */
  function openTabs(app) {
    const frame = document.getElementById("app");
    const buttons = [...document.querySelectorAll("#tabs button")];
    app.showPart = function (name) {
      frame.dataset.tab = name;
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.to === name));
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        app.showPart(button.dataset.to);
        if (button.dataset.to === "map") app.canvas.show();
      });
    }
    const label = document.getElementById("tab-concept");
    const rename = (id) => {
      const concept = id === null ? null : app.canvas.concepts.get(id);
      label.textContent = concept ? concept.name : app.say("tabConcept");
    };
    app.on("select", rename);
    for (const event of ["deselect", "relation"]) app.on(event, () => rename(null));
  }

  atlas.parts.push({
    name: "frame",
    words: {
      en: {
        viewsLabel: "Views",
        compareThis: "Compare with…",
        viewMap: "Map",
        viewPath: "Path",
        viewCompare: "Compare",
        tabsLabel: "Parts of the page",
        tabConcept: "Concept",
        tabMap: "Map",
        tabSide: "Topics",
        topics: "Topics",
        sideLabel: "Topics and list",
        legendTitle: "Legend",
      },
      zh: {
        viewsLabel: "视图",
        compareThis: "与……对比",
        viewMap: "地图",
        viewPath: "路径",
        viewCompare: "对比",
        tabsLabel: "页面分区",
        tabConcept: "概念",
        tabMap: "地图",
        tabSide: "主题",
        topics: "主题",
        sideLabel: "主题与列表",
        legendTitle: "图例",
      },
    },
    start(app) {
      if (app.page.endpoint) app.panel.addAction({ key: "compare", label: "compareThis", run: ({ id }) => app.compareWith(id) });
      atlas.openTheme(app.announce);
      app.on("state", atlas.openLanguage());
      openViews(app);
      openTabs(app);
      app.showSide = openSide();
      document.getElementById("skip").addEventListener("click", (event) => {
        event.preventDefault(); // the address keeps what is selected
        app.showPart("side");
        app.showSide("list");
        const list = document.getElementById("list");
        (list.querySelector('[tabindex="0"]') || list).focus();
      });
    },
  });
})(window.NoteAtlas);
