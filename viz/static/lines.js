// The relations on the map as lines: one for every two concepts that relate, whatever the number of their relations.
//
// A line is {id, keys, first}: the keys of its relations and the one that it was laid out for. It is drawn as the most
// telling of those that are switched on, its lead. Nothing here draws.
"use strict";
(function (atlas) {
  // What tells two concepts apart or together comes before what is said of many: the order in which a line is named.
  const TELLING = ["EQUIVALENT_TO", "GENERALIZES", "EXTENDS", "COMBINES", "CONTRASTS_WITH", "SOLVES", "CAUSES", "IS_A",
    "PART_OF", "EVALUATES", "APPLIED_TO", "USES", "PREREQUISITE_OF", "IN_TOPIC"];
  const SURE = ["curated", "stated", "structural", "inferred"];
  const LAST = new Set(["PREREQUISITE_OF", "IN_TOPIC"]);

  const rank = (r) => [Number(LAST.has(r.type)), SURE.indexOf(r.origin), TELLING.indexOf(r.type), -(r.confidence ?? 0)];
  const compare = (a, b) => a.map((value, index) => value - b[index]).find((difference) => difference !== 0) || 0;

  /** Relations in the order in which they are worth saying, the most telling first. */
  atlas.byTelling = (relations) => relations.map((r) => [rank(r), r]).sort((a, b) => compare(a[0], b[0])).map(([, r]) => r);

  /** A concept's initials where one of its names is just that (GQA for Grouped-Query Attention), else its name. */
  atlas.shortName = function (concept) {
    const initials = (concept.name.match(/[A-Za-z]+/g) || []).map((word) => word[0]).join("").toUpperCase();
    return concept.aliases.find((alias) => initials.length > 1 && alias.toUpperCase() === initials) || concept.name;
  };

  /** A name that fits a heading: the whole is shown elsewhere, or on hover. */
  atlas.cutName = (name, most = 40) => ([...name].length <= most ? name : `${[...name].slice(0, most - 1).join("").replace(/\u200d$/, "").trimEnd()}…`);

  /** Where the two ends' line bends through, as vis-network bends it: null for a straight one. */
  atlas.bendOf = function (from, to, smooth) {
    if (!smooth) return null;
    const [dx, dy] = [to.x - from.x, from.y - to.y];
    const side = smooth.type === "curvedCW" ? 1 : -1;
    const turn = Math.atan2(dy, dx) + (side * smooth.roundness * 0.5 + 0.5) * Math.PI;
    const reach = (smooth.roundness * 0.5 + 0.5) * Math.hypot(dx, dy);
    return { x: from.x + reach * Math.sin(turn), y: from.y + reach * Math.cos(turn) };
  };

  /** The point a share `t` of the way along a line that bends through `via`, or is straight. */
  atlas.pointAlong = function (from, to, via, t) {
    if (via === null) return { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
    return { x: a * from.x + b * via.x + c * to.x, y: a * from.y + b * via.y + c * to.y };
  };

  atlas.openLines = function () {
    const relations = new Map(); // key -> {key, source, target, type, origin, confidence, row, arrows, dashes, smooth}
    const touching = new Map(); // concept id -> set of relation keys
    const lines = new Map(); // line id -> line

    // What the order of a path goes against has a line of its own, or one would not see that it is there.
    const lineId = ({ source, target, cut }) => JSON.stringify([...(source < target ? [source, target] : [target, source]), ...(cut ? ["cut"] : [])]);

    return {
      relations,
      lines,
      touching: (id) => touching.get(id) || new Set(),
      lineOf: (r) => lines.get(lineId(r)),
      /** Keep a relation; returns its line, made if it is the first between its ends. */
      keep(r) {
        relations.set(r.key, r);
        for (const end of [r.source, r.target]) {
          if (!touching.has(end)) touching.set(end, new Set());
          touching.get(end).add(r.key);
        }
        const id = lineId(r);
        if (!lines.has(id)) lines.set(id, { id, keys: [], first: r });
        lines.get(id).keys.push(r.key);
        return lines.get(id);
      },
      /** Forget a relation; returns its line's id if that has none left, else null. */
      drop(key) {
        const r = relations.get(key);
        const line = lines.get(lineId(r));
        relations.delete(key);
        for (const end of [r.source, r.target]) touching.get(end)?.delete(key);
        line.keys.splice(line.keys.indexOf(key), 1);
        if (line.keys.length) return null;
        lines.delete(line.id);
        return line.id;
      },
      /** Forget everything that touches a concept; returns the ids of the lines that are gone. */
      forget(concept) {
        const gone = new Set();
        for (const key of touching.get(concept) || []) {
          const r = relations.get(key);
          gone.add(lineId(r));
          relations.delete(key);
          touching.get(r.source === concept ? r.target : r.source)?.delete(key);
        }
        touching.delete(concept);
        for (const id of gone) lines.delete(id);
        return [...gone];
      },
      /** The relations of a line that `isOn` lets through, the most telling first. */
      shown: (line, isOn) => atlas.byTelling(line.keys.map((key) => relations.get(key)).filter(isOn)),
      /** How the line bends for a lead: as it was laid out, seen from the lead's own direction. */
      smoothFor(line, lead) {
        const { smooth } = line.first;
        if (!smooth || lead.source === line.first.source) return smooth;
        return { ...smooth, type: smooth.type === "curvedCW" ? "curvedCCW" : "curvedCW" };
      },
    };
  };
})(window.NoteAtlas);
