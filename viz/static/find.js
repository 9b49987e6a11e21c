// Searching a saved page, which has everything in itself: atlas.openFinder(document) -> {search, passages}. A service
// searches better (graph/searching.py); this finds what is called so, be it in a question or beside other names.
"use strict";
(function (atlas) {
  const MOST_UNITS = 40; // of a query that are looked at for names
  const MOST_IN_NAME = 8;
  const UNIT = /\p{Script=Han}|[^\P{L}\p{Script=Han}]+[+#]*|[\p{N}]+/gu;
  const WORD = /\p{Script=Han}+|[^\P{L}\p{Script=Han}]+|\p{N}+/gu;

  /** The form of a name in which two spellings of it are equal. */
  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[\s\-_·"'“”‘’`*]+/g, "");
  }

  /** The words of a text and its stretches of Chinese, each once. */
  atlas.wordsOf = (text) => [...new Set(text.normalize("NFKC").toLowerCase().match(WORD) || [])];

  /** How many typing errors a name of this length may have: none in three letters, one in three Chinese characters. */
  const allowed = (text) => (text.length < (/\p{Script=Han}/u.test(text) ? 3 : 4) ? 0 : text.length < 8 ? 1 : 2);

  /** Whether two texts differ by at most `most` letters: put in, left out, replaced, or swapped with the next. */
  function near(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return false;
    let [before, above] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i += 1) {
      const row = [i];
      for (let j = 1; j <= b.length; j += 1) {
        const same = a[i - 1] === b[j - 1];
        row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + Number(!same));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      if (Math.min(...row) > most) return false;
      [before, above] = [above, row];
    }
    return above[b.length] <= most;
  }

  atlas.openFinder = function (doc) {
    const names = doc.concepts.map((c) => [c.name, ...c.aliases].map((name) => [name, plain(name)]));
    const called = new Map(); // key -> places in doc.concepts, those of preferred names first
    for (const preferred of [true, false]) {
      names.forEach((some, index) => some.forEach(([, key], at) => {
        if (key && (at === 0) === preferred) called.set(key, [...(called.get(key) || []), index]);
      }));
    }

    /** The names in a query, in order, the longest of those that overlap: {name, index}; and the words beside them. */
    function understand(text) {
      const units = [...text.normalize("NFKC").matchAll(UNIT)].slice(0, MOST_UNITS);
      const stretches = [];
      units.forEach((unit, i) => units.slice(i, i + MOST_IN_NAME).forEach((last, more) => {
        const from = unit.index;
        const to = last.index + last[0].length;
        const name = text.normalize("NFKC").slice(from, to);
        const key = [plain(name), plain(name).replace(/s$/, "")].find((k) => called.has(k));
        if (key !== undefined && (key.length > 1 || units.length === 1)) stretches.push({ from, to, key, size: to - from, more });
      }));
      stretches.sort((a, b) => b.size - a.size || a.from - b.from);
      const taken = [];
      for (const one of stretches) if (!taken.some((other) => one.from < other.to && other.from < one.to)) taken.push(one);
      taken.sort((a, b) => a.from - b.from);
      let rest = text.normalize("NFKC");
      for (const { from, to } of [...taken].reverse()) rest = `${rest.slice(0, from)} ${rest.slice(to)}`;
      return { named: taken.map(({ key }) => called.get(key)[0]), rest: atlas.wordsOf(rest) };
    }

    /** 3 for a whole name, 2 for its beginning, 1 for all words, 0.7 for one with slips, 0.5 in the definition. */
    function score(index, query, words) {
      let best = [0, ""];
      for (const [name, key] of names[index]) {
        const value = key === query ? 3 : key.startsWith(query) ? 2 : words.every((w) => key.includes(w)) ? 1 : 0;
        if (value > best[0]) best = [value, name];
      }
      if (!best[0] && allowed(query)) {
        const meant = names[index].find(([, key]) => near(query, key, allowed(query)) || near(query, key.slice(0, query.length), 1));
        if (meant) best = [0.7, meant[0]];
      }
      const definition = doc.concepts[index].definition;
      if (!best[0] && definition && words.every((w) => plain(definition).includes(w))) best = [0.5, definition];
      return best;
    }

    return {
      search(text, most) {
        const query = plain(text);
        const words = text.split(/\s+/).map(plain).filter(Boolean);
        if (!query) return [];
        const { named, rest } = understand(text);
        const slips = named.length ? rest.filter((word) => allowed(word)) : [];
        const hits = [];
        doc.concepts.forEach((concept, index) => {
          let [value, matched] = score(index, query, words);
          const place = named.indexOf(index);
          if (place >= 0 && value < 2.5) [value, matched] = [2.5 - place / 100, concept.name];
          const slip = value ? undefined : names[index].find(([, key]) => slips.some((word) => near(word, key, allowed(word))));
          if (slip) [value, matched] = [0.6, slip[0]];
          if (value) hits.push({ concept, matched, value, named: place >= 0 });
        });
        hits.sort((a, b) => b.value - a.value || a.concept.name.length - b.concept.name.length
          || (a.concept.id < b.concept.id ? -1 : 1));
        return hits.slice(0, most);
      },
      /** Passages by how many of the names and words of the query they have, as they stand in the notes. */
      passages(text, most) {
        const { named, rest } = understand(text);
        const has = (passage, word) => passage.text.toLowerCase().includes(word);
        const known = rest.filter((word) => word.length > 1 && doc.passages.some((p) => has(p, word)));
        const sought = [...named.map((index) => names[index].map(([name]) => name.toLowerCase()).filter((name) => name.length > 1)),
          ...(known.length || named.length ? known : rest).map((word) => [word])];
        const hits = [];
        doc.passages.forEach((passage, order) => {
          const found = sought.map((ways) => ways.find((way) => has(passage, way))).filter(Boolean);
          if (found.length * 2 > sought.length || (found.length && named.length > 1)) hits.push({ passage, found, order });
        });
        hits.sort((a, b) => b.found.length - a.found.length || a.order - b.order);
        return hits.slice(0, most);
      },
    };
  };
})(window.NoteAtlas);
