// A page without a map: leave one of its two languages, open its switches, copy a command.
"use strict";
(function (atlas) {
  const announce = (text) => {
    document.getElementById("live").textContent = text;
  };

  /** Copy the command; a browser that does not let us has it selected, for the reader's own copying. */
  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = atlas.say("commandCopied");
      announce(atlas.say("commandCopied"));
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector("code"));
      announce(atlas.say("copyByHand"));
    }
  }

  addEventListener("DOMContentLoaded", () => {
    atlas.keepLanguage();
    atlas.openTheme(announce);
    atlas.openLanguage();
    document.getElementById("theme").hidden = false;
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.textContent = atlas.say("copy");
      button.addEventListener("click", () => copy(button));
    }
  });
})(window.NoteAtlas);
