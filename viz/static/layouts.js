// The layout that the reader chose for each kind of view, kept in this browser. The address goes first: links made here
// carry the choice (`layout=`), and a page that is opened without it is opened anew by theme.js, before it is drawn.
"use strict";
(function (atlas) {
  const KEPT = "noteatlas.layouts"; // {view: layout}; theme.js reads it as well

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT));
      return kept !== null && typeof kept === "object" ? kept : {};
    } catch {
      return {}; // nothing is kept here, or something else wrote it
    }
  }

  /** The kind of view that an address's query asks for, given as an object of its keys. */
  function viewOf(query) {
    const named = ["path", "compare", "topic"].find((key) => query[key] && query[key].length);
    if (named) return named;
    const types = [query.types ?? []].flat();
    if (types.length && types.every((type) => type === "PREREQUISITE_OF")) return "order";
    return query.focus && query.focus.length ? "neighborhood" : query.view || "overview";
  }

  /** The layout to ask for with a query, null for the view's own. */
  atlas.keptLayout = function (query) {
    const kept = read()[viewOf(query)];
    return typeof kept === "string" && /^[a-z]+$/.test(kept) ? kept : null;
  };

  /** Keep the layout chosen for a view; null forgets it. */
  atlas.keepLayout = function (view, layout) {
    const { [view]: _, ...kept } = read();
    try {
      localStorage.setItem(KEPT, JSON.stringify(layout === null ? kept : { ...kept, [view]: layout }));
    } catch {
      // a browser that keeps nothing: the choice holds for the page that it leads to
    }
  };
})(window.NoteAtlas);
