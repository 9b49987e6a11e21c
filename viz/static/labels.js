// The names on the map, drawn over vis-network's marks and lines as atlases do it: at a size that can be read whatever
// the zoom, the most important first, and only where there is room, so that no name covers another.
//
// How a name is cut into lines is the rule of viz/labels.py, which lays out the room for those drawn at first.
"use strict";
(function (atlas) {
  const LINE_CELLS = 18;
  const ONE_LINE_CELLS = 15;
  const CELL_EM = 0.56;
  const LINE_EM = 1.22;
  const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", '
    + '"Microsoft YaHei", sans-serif';
  const HUBS = 0.2; // the share of concepts whose names come before all marks
  const SPOTS = [0.58, 0.68, 0.48, 0.38, 0.78]; // where on its line a verb may stand, best first
  const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
  const PIECES = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|\s+|[^\s\-/\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+[-/]*|[-/]/gu;
  const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

  /** The font size of a name at zoom 1; topics that head an area have a larger one. */
  atlas.BODY_FONT = 12.5;

  const cellsOf = (text) => [...text].reduce((sum, c) => sum + (WIDE.test(c) ? 2 : 1), 0);

  function cut(text) {
    if (cellsOf(text) <= LINE_CELLS) return text;
    let kept = [...text];
    while (cellsOf(kept.join("")) > LINE_CELLS - 1) kept = kept.slice(0, -1);
    return `${kept.join("").trimEnd()}…`;
  }

  /** A name as one or two short lines. */
  atlas.labelOf = function (name) {
    const text = name.slice(0, 400).replace(UNSEEN, " ").trim().replace(/\s+/g, " ");
    if (!text) return "…";
    if (cellsOf(text) <= ONE_LINE_CELLS) return text;
    const pieces = text.match(PIECES) || [text];
    let best = null;
    for (let i = 1; i < pieces.length; i += 1) {
      const first = pieces.slice(0, i).join("").trim();
      const second = pieces.slice(i).join("").trim();
      const widest = Math.max(cellsOf(first), cellsOf(second));
      if (first && second && cellsOf(first) <= LINE_CELLS && (!best || widest < best.widest)) best = { first, second, widest };
    }
    return best ? `${best.first}\n${cut(best.second)}` : cut(text);
  };

  /** The room of a mark of half-width `size` with its label: its width, and how far it reaches up and down. */
  atlas.labelRoom = function (text, size, font) {
    const lines = text.split("\n");
    const width = Math.max(2 * size, ...lines.map((line) => cellsOf(line) * font * CELL_EM));
    return { width, up: size, down: size + 4 + lines.length * font * LINE_EM };
  };

  /** A colour `#rrggbb` with an opacity. */
  atlas.faded = function (hex, alpha) {
    const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${alpha})`;
  };

  /** Rooms sorted into cells, so that a look at what stands near one does not look at all. */
  function openGrid(side) {
    const cells = new Map();
    const keysOf = (room, gap) => {
      const keys = [];
      for (let i = Math.floor((room.left - gap) / side); i <= Math.floor((room.right + gap) / side); i += 1) {
        for (let j = Math.floor((room.top - gap) / side); j <= Math.floor((room.bottom + gap) / side); j += 1) keys.push(`${i},${j}`);
      }
      return keys;
    };
    const apart = (a, b, gap) => a.left > b.right + gap || a.right < b.left - gap || a.top > b.bottom + gap || a.bottom < b.top - gap;
    return {
      enter(room) {
        for (const key of keysOf(room, 0)) {
          if (cells.has(key)) cells.get(key).push(room);
          else cells.set(key, [room]);
        }
      },
      isFree: (room, gap) => keysOf(room, gap).every((key) => (cells.get(key) || []).every((other) => apart(other, room, gap))),
    };
  }

  /** Where a label may stand, best first: below its mark, above, to the right, to the left; never beyond the frame. */
  function roomsBeside({ x, y }, reach, width, height, frame) {
    const at = (left, top) => ({ left, top, right: left + width, bottom: top + height });
    const middle = Math.max(frame.left, Math.min(x - width / 2, frame.right - width));
    const rooms = [at(middle, y + reach), at(middle, y - reach - height)];
    if (x + reach + width <= frame.right) rooms.push(at(x + reach, y - height / 2));
    if (x - reach - width >= frame.left) rooms.push(at(x - reach - width, y - height / 2));
    return rooms;
  }

  /** Labels of what `view` shows; see canvas.js for what it offers. */
  atlas.openLabels = function (view) {
    const pencil = document.createElement("canvas").getContext("2d");
    const letterings = new Map(); // label -> its lines and its width in em
    let drawn = []; // the labels of the last frame, with the room they take, for clicks on them

    function letteringOf(text, bold) {
      const key = `${bold} ${text}`;
      if (!letterings.has(key)) {
        pencil.font = `${bold ? 650 : 400} 100px ${FONT}`;
        const lines = text.split("\n");
        letterings.set(key, { lines, width: Math.max(...lines.map((line) => pencil.measureText(line).width)) / 100 });
      }
      return letterings.get(key);
    }

    function write(context, lines, room, size, behind) {
      context.lineWidth = 3.5 / view.scale();
      context.strokeStyle = atlas.faded(behind, 0.85);
      lines.forEach((line, row) => {
        const at = [(room.left + room.right) / 2, room.top + row * size * LINE_EM];
        context.strokeText(line, ...at);
        context.fillText(line, ...at);
      });
    }

    /** A label keeps off the areas of other topics, so that nobody takes it for one of theirs. */
    function isAtHome(room, own) {
      return view.areas.every((area, index) => index === own || Math.abs(area.x - (room.left + room.right) / 2) > (area.width + room.right - room.left) / 2
        || Math.abs(area.y - (room.top + room.bottom) / 2) > (area.height + room.bottom - room.top) / 2);
    }

    /** The verbs of the lit relations on their lines, where no name stands; nearer to the far end, where lines part. */
    function drawVerbs(context, grid, places) {
      const scale = view.scale();
      const size = 11 / scale;
      context.font = `${atlas.lang === "zh" ? "normal" : "italic"} 400 ${size}px ${FONT}`;
      for (const { from, to, verb, colour } of view.verbs()) {
        const [a, b] = [places[from], places[to]];
        const half = context.measureText(verb).width / 2;
        const room = SPOTS.map((t) => {
          const [x, y] = [a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t];
          return { left: x - half, right: x + half, top: y - size * 0.6, bottom: y + size * 0.6 };
        }).find((place) => grid.isFree(place, 1 / scale));
        if (room === undefined) continue;
        grid.enter(room);
        context.fillStyle = colour;
        write(context, [verb], room, size, view.colours().paper);
      }
    }

    function draw(context) {
      const scale = view.scale();
      const places = view.places();
      const colours = view.colours();
      const grid = openGrid(160 / scale);
      const ranked = view.byRank();
      const mark = (c) => {
        const { x, y } = places[view.nodeId(c.id)];
        const reach = c.size * 0.7; // a label may touch the rim
        return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
      };
      // The names of the most important may cover small marks, or a hub amid its neighbours would stay nameless.
      const hubs = Math.max(Math.ceil(ranked.length * HUBS), ranked.findIndex(([rank]) => rank === 3));
      drawn = [];
      context.textAlign = "center";
      context.textBaseline = "top";
      context.lineJoin = "round";
      ranked.forEach(([rank, c], index) => {
        if (index < hubs) grid.enter(mark(c));
        else if (index === hubs) for (const [, later] of ranked.slice(hubs)) grid.enter(mark(later));
        const bold = c.font > atlas.BODY_FONT || rank === 0;
        const least = c.font > atlas.BODY_FONT ? 15 : rank === 0 ? 13 : 11.5;
        const size = Math.min(c.font > atlas.BODY_FONT ? 24 : 16, Math.max(least, c.font * scale)) / scale;
        const { lines, width } = letteringOf(c.label, bold);
        const room = roomsBeside(places[view.nodeId(c.id)], c.size + 2 / scale, width * size, lines.length * size * LINE_EM, view.frame())
          .find((place) => rank === 0 || (grid.isFree(place, 1.5 / scale) && isAtHome(place, c.area)));
        if (room === undefined) return;
        grid.enter(room);
        drawn.push({ ...room, id: c.id });
        context.font = `${bold ? 650 : 400} ${size}px ${FONT}`;
        context.fillStyle = view.isQuiet(rank) ? atlas.faded(colours.ink, 0.32) : colours.ink;
        write(context, lines, room, size, c.area === null ? colours.paper : colours.area);
      });
      drawVerbs(context, grid, places);
    }

    return {
      draw,
      /** The id of the concept whose label of the last frame covers a point of the map, or null. */
      at({ x, y }) {
        const hit = drawn.find((room) => x >= room.left && x <= room.right && y >= room.top && y <= room.bottom);
        return hit ? hit.id : null;
      },
      /** The labels of the last frame: {id, left, right, top, bottom} in the map's units. */
      drawn: () => drawn,
    };
  };
})(window.NoteAtlas);
