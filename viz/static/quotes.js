// Text of the notes as nodes of the page. It goes in as text nodes only: nothing here parses HTML.
"use strict";
(function (atlas) {
  const LEAD = 14; // characters kept before the first name in an excerpt
  const HAN = /[\u3400-\u9fff\uf900-\ufaff]/;

  /** A new element: attributes by name, children as nodes or text; null children are left out. */
  atlas.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const { el } = atlas;

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

  /** A pattern that finds any of `names` as whole words, the longest first; null if none can be looked for. */
  function patternOf(names) {
    const sought = [...new Set(names)].filter((name) => name.length > 1 && name.length < 200);
    if (!sought.length) return null;
    sought.sort((a, b) => b.length - a.length);
    const word = (name) => {
      const before = /^[A-Za-z0-9]/.test(name) ? "(?<![A-Za-z0-9])" : "";
      return before + escaped(name) + (/[A-Za-z0-9]$/.test(name) ? "(?![A-Za-z0-9])" : "");
    };
    return new RegExp(sought.map(word).join("|"), "gi");
  }

  /** `text` as nodes, with every place where one of `names` stands marked. */
  atlas.marked = function (text, names) {
    const pattern = patternOf(names);
    if (pattern === null) return [text];
    const parts = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      parts.push(text.slice(from, match.index), el("mark", {}, match[0]));
      from = match.index + match[0].length;
    }
    return [...parts, text.slice(from)];
  };

  /** `text` as nodes, with every place marked where one of these words begins a word, or a Chinese one stands. */
  atlas.found = function (text, sought) {
    const words = [...new Set(sought)].filter((word) => /[^\s-]/.test(word)).sort((a, b) => b.length - a.length);
    if (!words.length) return [text];
    // Letters and digits, but not Chinese characters, may join a word to what stands before it; hyphens are spaces.
    const begins = (word) => (HAN.test(word) ? "" : "(?<![^\\P{L}\\p{Script=Han}]|\\p{N})")
      + word.split(/[\s-]+/).filter(Boolean).map(escaped).join("[\\s-]*");
    const parts = text.split(new RegExp(`(${words.map(begins).join("|")})`, "giu"));
    return parts.map((part, index) => (index % 2 ? el("mark", {}, part) : part));
  };

  /** One line of `text` that begins shortly before the first of `names` in it; style cuts its end. */
  atlas.excerpt = function (text, names) {
    const line = text.replace(/\s+/g, " ").trim();
    const pattern = patternOf(names);
    let at = pattern === null ? -1 : line.search(pattern);
    if (at < 0 && names.length) at = line.toLowerCase().indexOf(names[0].toLowerCase());
    if (at <= LEAD + 4) return line;
    const from = at - LEAD;
    const space = line.slice(from, at).search(/[\s，。；：,;:]/); // begin with a word, if one begins there
    return `…${line.slice(space < 0 ? from : from + space + 1).trimStart()}`;
  };

  /** Whether `text` says more than one of these names alone, as a heading or a label does. */
  atlas.isSentence = (text, names) => {
    const bare = text.trim().toLowerCase();
    return bare.length > 1 && !names.some((name) => name.toLowerCase() === bare);
  };

  /** Whether the text of a piece of evidence says it: a rule of the lexicon knows it from the field, and only names the
      place where the notes introduce the concept. */
  atlas.saysSo = ({ rule }) => !(rule || "").startsWith("lexicon.");

  /** The one or two names to show beside the preferred one: it in the other script, and its short or long form. */
  atlas.otherNames = function ({ name, aliases }) {
    const other = aliases.find((alias) => HAN.test(alias) !== HAN.test(name));
    const short = /^[A-Z0-9][A-Za-z0-9/+-]{1,8}$/;
    const isShort = (text) => short.test(text) && (text.match(/[A-Z]/g) || []).length > 1;
    const isLong = (text) => text.includes(" ") && !HAN.test(text);
    const forms = aliases.filter((alias) => alias !== other && (isShort(name) ? isLong(alias) : isShort(alias)));
    const [form] = forms.sort((a, b) => a.length - b.length);
    return [other, form].filter((alias) => alias !== undefined);
  };

  /** Where something stands in the notes: the file and the line. */
  atlas.place = (where) => el("span", { class: "place" }, where.line ? `${where.path}:${where.line}` : where.path);
})(window.NoteAtlas);
