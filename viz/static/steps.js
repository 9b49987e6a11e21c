// A study path as plain values: what is left of it, what can be learnt next, why a step is there, and all of it as
// Markdown. Nothing here touches the page; study.js shows it.
//
// The steps and their order come with the page (page.path); what is known is taken off here, so that the list follows
// every tick and a saved file can do it too: a step is needed if it is a goal, or if a needed step that is not known
// asks for it.
"use strict";
(function (atlas) {
  /** The steps of a path that are left when some are known, and those that are not needed any more. */
  atlas.stepsLeft = function (path, isKnown) {
    const before = new Map(path.steps.map((step) => [step.id, []])); // what is learnt before it
    for (const step of path.steps) for (const b of step.because) if (before.has(b.target)) before.get(b.target).push(step.id);
    const needed = new Set(path.targets.filter((id) => before.has(id) && !isKnown(id)));
    for (const id of needed) for (const first of before.get(id)) if (!isKnown(first)) needed.add(first); // grows as it goes
    return { left: path.steps.filter((s) => needed.has(s.id)), done: path.steps.filter((s) => !needed.has(s.id)) };
  };

  /** What the field teaches before the steps that are left, as [{step, rows}]: each under the first step that needs it. */
  atlas.backgroundOf = function (path, left, isKnown) {
    const owner = new Map(left.map((step, index) => [step.id, index]));
    for (const row of [...path.background].reverse()) { // what needs it comes later
      const owners = row.because.map((b) => owner.get(b.target)).filter((index) => index !== undefined);
      if (owners.length && !isKnown(row.id)) owner.set(row.id, Math.min(...owners));
    }
    return left.map((step, index) => ({ step, rows: path.background.filter((row) => owner.get(row.id) === index) }))
      .filter(({ rows }) => rows.length);
  };

  /** The steps that can be learnt next, as [{id, opens}]: those before which no other is left, with the steps that each
      is the last to wait for; first what opens most, then in the order of the path. */
  atlas.nextOf = function (left) {
    const ids = new Set(left.map((step) => step.id));
    const waits = new Map(left.map((step) => [step.id, new Set()])); // what is left before it
    const place = new Map(left.map((step, index) => [step.id, index]));
    for (const step of left) {
      for (const b of step.because) {
        if (ids.has(b.target) && place.get(step.id) < place.get(b.target)) waits.get(b.target).add(step.id);
      }
    }
    const opened = (id) => left.filter((step) => waits.get(step.id).size === 1 && waits.get(step.id).has(id)).map((step) => step.id);
    return left.filter((step) => !waits.get(step.id).size).map(({ id }) => ({ id, opens: opened(id) }))
      .sort((a, b) => b.opens.length - a.opens.length);
  };

  /** The reason to learn a step that says most: what the notes say before what only the field does, then the surest. */
  atlas.reasonOf = function (step, among) {
    const rows = step.because.filter((b) => among === null || among.has(b.target));
    const worth = (b) => [Number(!b.taught), Number(b.origin !== "inferred" || b.via.length > 0), b.confidence];
    const better = (a, b) => worth(b).map((value, index) => value - worth(a)[index]).find((difference) => difference !== 0) || 0;
    return [...(rows.length ? rows : step.because)].sort(better)[0] || null;
  };

  /** Whether nothing in the notes asks for a step: only the general order of the field puts it there. */
  atlas.isTaught = (step) => step.because.length > 0 && step.because.every((b) => b.taught);

  /** The relation that a prerequisite follows from, the most telling one; null if it follows from none. */
  atlas.viaOf = function (b) {
    const rows = b.via.map(([source, type, target]) => ({ source, type, target, origin: "stated", confidence: 1 }));
    return rows.length ? atlas.byTelling(rows)[0] : null;
  };

  /** Reasons in words. `shortOf` gives the short name of an id, `verb` the words of a type of relation. */
  atlas.openReasons = function ({ say, shortOf, verb }) {
    /** Why a prerequisite is believed, ", because GQA generalizes MHA", as pairs of a text and whether it is a name. */
    function ground(b) {
      const via = atlas.viaOf(b);
      if (via !== null) return [[say("sinceThat"), false], [shortOf(via.source), true], [` ${verb(via.type)} `, false], [shortOf(via.target), true]];
      return [[say(b.taught ? "asUsual" : b.origin === "curated" ? "asSaid" : b.origin === "inferred" ? "asDefined" : "asStated"), false]];
    }
    const aside = (b) => (b.cut ? [[` ${say("setAside")}`, false]] : []); // it stands after what it says it comes before
    return { ground, reason: (b) => [[say("beforeThat"), false], [shortOf(b.target), true], ...ground(b), ...aside(b)] };
  };

  const plain = (pairs) => pairs.map(([text]) => text).join("");
  const escapedMarkdown = (text) => text.replace(/[\\`*_[\]<>#|]/g, "\\$&").replace(/\s+/g, " ");

  /** A path as a Markdown list: its steps with their reasons, what is known, and what else the field teaches first. */
  atlas.markdownOfPath = function ({ path, isKnown, title, say, nameOf, reason }) {
    const { left, done } = atlas.stepsLeft(path, isKnown);
    const needed = new Set(left.map((s) => s.id));
    const line = (step, index, mark) => {
      const b = atlas.reasonOf(step, needed);
      return `${index + 1}. [${mark}] **${escapedMarkdown(nameOf(step.id))}** – ${escapedMarkdown(b === null ? say("goal") : plain(reason(b)))}`;
    };
    const known = done.filter((s) => isKnown(s.id));
    const groups = atlas.backgroundOf(path, left, isKnown).map(({ step, rows }) => (
      `- ${escapedMarkdown(say("beforeStep", { name: nameOf(step.id) }))} ${rows.map((row) => escapedMarkdown(row.name)).join(say("comma"))}`));
    return [`# ${escapedMarkdown(title)}`, "", ...left.map((s, i) => line(s, i, " ")),
      ...(known.length ? ["", `## ${say("knownOnes", { n: known.length })}`, "", ...known.map((s, i) => line(s, i, "x"))] : []),
      ...(groups.length ? ["", `## ${say("background")}`, "", say("backgroundText"), "", ...groups] : []), ""].join("\n");
  };
})(window.NoteAtlas);
