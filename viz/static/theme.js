// What the reader chose before and must be there before anything is drawn; it runs in the head. The theme ("system" is no
// choice at all), and the layout of this kind of view: a page that came in another is opened anew, unless its address
// names a layout. The root element says which view it is (data-view), how it came (data-layout), and what it could be.
"use strict";
(function () {
  const root = document.documentElement;
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // a browser that keeps nothing for this page: the system's theme, the view's layout
    }
  };

  const theme = kept("noteatlas.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const { view, layout, layouts } = root.dataset;
  const query = new URLSearchParams(location.search);
  if (!view || query.has("layout")) return;
  let wanted = layout;
  try {
    wanted = (JSON.parse(kept("noteatlas.layouts")) || {})[view];
  } catch {
    // something else wrote it
  }
  if (wanted === layout || !layouts.split(" ").includes(wanted)) return;
  query.set("layout", wanted);
  root.hidden = true; // the page that is on its way stands in for this one: page.js leaves it alone
  location.replace(`?${query}${location.hash}`);
})();
