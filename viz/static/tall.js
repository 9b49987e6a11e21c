// A path on a narrow screen: its steps one below the other in their order, each with its name beside it. Arrows run down;
// one that passes other steps bends round them on the left, away from the names.
"use strict";
(function (atlas) {
  const NARROW = "(max-width: 40rem)";
  const ROW = 46; // from a step to the next
  const CELLS = 32; // of a name beside its mark
  const LEFT = 74; // room for the arrows, and for numbers
  const BULGE = 22; // how far an arrow that passes one step bends; the next ones a little farther

  /** How narrow the window is, and `changed()` when that changes. */
  atlas.watchNarrow = function (changed) {
    const query = matchMedia(NARROW);
    query.addEventListener("change", () => changed(query.matches));
    return query.matches;
  };

  /** Where concepts stand, the steps first: concept id -> {x, y}. */
  atlas.tallPlaces = function (concepts) {
    const last = concepts.length + 1;
    const sorted = [...concepts].sort((a, b) => (a.step ?? last) - (b.step ?? last));
    return new Map(sorted.map((c, index) => [c.id, { x: 0, y: index * ROW }]));
  };

  /** How an arrow between two of these places runs, as vis-network takes it. */
  atlas.tallBend = function (from, to) {
    const far = Math.abs(to.y - from.y);
    const passed = Math.round(far / ROW) - 1;
    if (passed < 1) return false;
    const bulge = Math.min(LEFT - 20, BULGE + 9 * Math.sqrt(passed));
    const roundness = (2 / Math.PI) * Math.asin(Math.min(0.98, (4 * bulge) / far));
    return { enabled: true, type: to.y > from.y ? "curvedCCW" : "curvedCW", roundness };
  };

  /** A name in one line. */
  atlas.tallLabel = (name) => atlas.labelOf(name, CELLS);

  /** The room of a step with its arrows and its name. */
  atlas.tallRoom = function (at, label, size, font) {
    const { width } = atlas.labelRoom(label, size, font);
    return { x: at.x + (width + 2 * size + 12 - LEFT) / 2, y: at.y, width: width + LEFT + 2 * size + 12, up: ROW / 2, down: ROW / 2 };
  };
})(window.NoteAtlas);
