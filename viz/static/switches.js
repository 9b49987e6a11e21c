// The two switches of every page: its theme and its language.
"use strict";
(function (atlas) {
  const THEMES = ["system", "light", "dark"];
  const SIGNS = { system: "◐", light: "○", dark: "●" };
  const KEPT = "noteatlas.theme"; // theme.js reads it before anything is drawn

  /** Let the button change the theme; `announce` says it to screen readers. */
  atlas.openTheme = function (announce) {
    const button = document.getElementById("theme");
    let theme = document.documentElement.dataset.theme || "system";

    function name() {
      const label = atlas.say("theme", { now: atlas.say(`theme-${theme}`) });
      button.setAttribute("aria-label", label);
      button.title = label;
      button.textContent = SIGNS[theme];
    }

    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      if (theme === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      try {
        if (theme === "system") localStorage.removeItem(KEPT);
        else localStorage.setItem(KEPT, theme);
      } catch {
        // a browser that keeps nothing: the theme holds until the page is left
      }
      name();
      announce(atlas.say("theme", { now: atlas.say(`theme-${theme}`) }));
    });
    name();
  };

  /** Let the link lead to the same address in the other language. Returns what to call when the address has changed. */
  atlas.openLanguage = function () {
    const link = document.getElementById("language");
    function point() {
      const query = new URLSearchParams(location.search);
      query.set("lang", atlas.lang === "zh" ? "en" : "zh");
      link.href = `?${query}${location.hash}`;
    }
    link.textContent = atlas.say("otherLanguage");
    link.lang = atlas.lang === "zh" ? "en" : "zh-Hans";
    link.addEventListener("click", point);
    link.addEventListener("focus", point);
    point();
    return point;
  };
})(window.NoteAtlas);
