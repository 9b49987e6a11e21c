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
  const SMALLEST = 10; // pixels, of a name that would find no room otherwise
  const FEW_NAMES = 400; // with so many at most, names without room are tried smaller
  const HUBS = 0.2; // the share of concepts whose names come before all marks
  const SPOTS = [0.58, 0.68, 0.48, 0.38, 0.78]; // where on its line a verb may stand, best first
  const SAMPLES = Array.from({ length: 24 }, (_, i) => (i + 0.5) / 24); // where on a line it is looked for below a name
  const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
  const PIECES = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|\s+|[^\s\-/\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+[-/]*|[-/]/gu;
  const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
  const PICTURES = "\\u2190-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}";
  const JOINING = "\\u0600-\\u08ff\\u0900-\\u0dff\\u0f00-\\u109f\\u1780-\\u18af";
  const HIDDEN = new RegExp("[\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]"
    + `|\\u200d(?!(?<=[${PICTURES}\\ufe0f]\\u200d)[${PICTURES}])(?!(?<=[${JOINING}]\\u200d)[${JOINING}])`
    + `|\\u200c(?!(?<=[${JOINING}]\\u200c)[${JOINING}])`, "gu");

  /** The font size of a name at zoom 1; topics that head an area have a larger one. */
  atlas.BODY_FONT = 12.5;

  const seen = (text) => text.replace(CONTROLS, " ").replace(HIDDEN, "");
  const cellsOf = (text) => [...text].reduce((sum, c) => sum + (/[\u200c\u200d\ufe0e\ufe0f]/.test(c) ? 0 : WIDE.test(c) ? 2 : 1), 0);

  function cut(text, most = LINE_CELLS) {
    if (cellsOf(text) <= most) return text;
    let kept = [...text];
    while (cellsOf(kept.join("")) > most - 1) kept = kept.slice(0, -1);
    return `${kept.join("").replace(/[ \u200c\u200d]+$/, "")}…`;
  }

  /** A name as one or two short lines, or as one of at most so many cells. */
  atlas.labelOf = function (name, inOneLine = 0) {
    const text = seen(name.slice(0, 400)).trim().replace(/\s+/g, " ");
    if (!text) return "…";
    if (inOneLine) return cut(text, inOneLine);
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

  const apart = (a, b, gap) => a.left > b.right + gap || a.right < b.left - gap || a.top > b.bottom + gap || a.bottom < b.top - gap;

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
    return {
      enter(room) {
        for (const key of keysOf(room, 0)) {
          if (cells.has(key)) cells.get(key).push(room);
          else cells.set(key, [room]);
        }
      },
      leave(room) {
        for (const key of keysOf(room, 0)) cells.set(key, cells.get(key).filter((other) => other !== room));
      },
      isFree: (room, gap) => keysOf(room, gap).every((key) => (cells.get(key) || []).every((other) => apart(other, room, gap))),
    };
  }

  /** Where a label may stand, best first: below its mark, above, at its sides, at its corners; never beyond the frame. */
  function roomsBeside({ x, y }, reach, width, height, frame) {
    const at = (left, top) => ({ left, top, right: left + width, bottom: top + height });
    const middle = Math.max(frame.left, Math.min(x - width / 2, frame.right - width));
    const rooms = [at(middle, y + reach), at(middle, y - reach - height), at(x + reach, y - height / 2), at(x - reach - width, y - height / 2)];
    for (const top of [y + reach * 0.8, y - reach * 0.8 - height]) rooms.push(at(x - reach / 2, top), at(x + reach / 2 - width, top));
    return rooms.filter((room) => room.left >= frame.left && room.right <= frame.right);
  }

  /** Where a label stands to the right of its mark. */
  const roomAfter = ({ x, y }, reach, width, height) => ({ left: x + reach, right: x + reach + width, top: y - height / 2, bottom: y + height / 2 });

  /** Rooms with those first that the fewest lines run through; a few lines are given as points along them. */
  function clearest(rooms, strokes) {
    if (!strokes.length) return rooms;
    const inside = (room) => ({ x, y }) => x > room.left && x < room.right && y > room.top && y < room.bottom;
    return rooms.map((room, index) => [strokes.filter((points) => points.some(inside(room))).length, index, room])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , room]) => room);
  }

  /** Labels of what `view` shows; see canvas.js for what it offers. */
  atlas.openLabels = function (view) {
    const pencil = document.createElement("canvas").getContext("2d");
    const letterings = new Map(); // label -> its lines and its width in em
    let drawn = []; // the labels of the last frame, with the room they take, for clicks on them
    let topics = []; // the same for the names of areas
    let said = []; // the same for the verbs

    function letteringOf(text, bold) {
      const key = `${bold} ${text}`;
      if (!letterings.has(key)) {
        pencil.font = `${bold ? 650 : 400} 100px ${FONT}`;
        const lines = text.split("\n");
        letterings.set(key, { lines, width: Math.max(...lines.map((line) => pencil.measureText(line).width)) / 100 });
      }
      return letterings.get(key);
    }

    function write(context, lines, room, size, scale, behind) {
      context.lineWidth = 3.5 / scale;
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

    /** Room for a name where one other stands in the way, which then goes to another place beside its own mark. */
    function madeRoom(rooms, placed, grid, own, gap) {
      for (const room of rooms.filter((place) => isAtHome(place, own))) {
        const [other, ...more] = placed.filter((label) => !apart(label.room, room, gap));
        if (other === undefined || more.length || other.rank === 0 || other.c.font > atlas.BODY_FONT) continue;
        grid.leave(other.room);
        if (grid.isFree(room, gap)) {
          grid.enter(room);
          const elsewhere = other.rooms.find((place) => grid.isFree(place, gap) && isAtHome(place, other.c.area));
          grid.leave(room);
          if (elsewhere !== undefined) {
            other.room = elsewhere;
            grid.enter(elsewhere);
            return room;
          }
        }
        grid.enter(other.room);
      }
      return undefined;
    }

    /** A bold text, cut until it is no wider than `most`. */
    function fitted(text, size, most) {
      let kept = text;
      while (kept.length > 4 && letteringOf(kept, true).width * size > most) kept = `${kept.replace(/…$/, "").slice(0, -1).trimEnd()}…`;
      return kept;
    }

    /** The name of an area that finds no room beside its mark: cut to the area, in it, over small marks if it must be. */
    function cutInto(area, lines, size, grid, scale) {
      const kept = lines.map((line) => fitted(line, size, area.width - 4 / scale));
      const half = Math.max(...kept.map((line) => letteringOf(line, true).width * size)) / 2;
      const height = kept.length * size * LINE_EM;
      const top = area.y - area.height / 2 + 2 / scale;
      const rooms = [0, 0.25, 0.5].map((share) => top + share * (area.height - height))
        .map((y) => ({ left: area.x - half, right: area.x + half, top: y, bottom: y + height }));
      return [kept, rooms.find((room) => grid.isFree(room, 0)) || rooms[0]];
    }

    // -- areas ------------------------------------------------------------------------------------------------------

    /** The name of an area in its upper edge, and in its lower one how many of its concepts are not drawn. */
    function drawTopics(context, scale, grid) {
      const { ink, quiet, area: behind } = view.colours();
      const place = (area, text, bold, size, top) => {
        const { lines, width } = letteringOf(text, bold);
        const half = (width * size) / 2;
        const room = { left: area.x - half, right: area.x + half, top, bottom: top + lines.length * size * LINE_EM, id: area.opens ?? area.head };
        context.font = `${bold ? 650 : 400} ${size}px ${FONT}`;
        context.fillStyle = bold ? ink : quiet;
        write(context, lines, room, size, scale, behind);
        grid.enter(room);
        topics.push(room);
      };
      for (const area of view.areas) {
        const [top, bottom] = [area.y - area.height / 2, area.y + area.height / 2];
        if (area.opens !== null && !view.hasHead(area)) { // the steps of a path number themselves
          const size = Math.min(24, Math.max(12, 17 * scale)) / scale;
          place(area, fitted(seen((area.name ?? atlas.say("noTopic")).slice(0, 200)), size, area.width - 12), true, size, top + 5);
        }
        if (area.count > area.shown) {
          const size = Math.min(14, Math.max(10.5, 11 * scale)) / scale;
          place(area, atlas.say("moreInTopic", { n: area.count - area.shown }), false, size, bottom - size * LINE_EM - 4);
        }
      }
    }

    // -- lines ------------------------------------------------------------------------------------------------------

    /**
     * The verbs of lines where no name stands, and as few other lines as can be; nearer to the end that is not selected,
     * where lines part. The verb of a line that is selected alone stands in any case.
     */
    function drawVerbs(context, scale, grid, places, strokes) {
      const size = 11 / scale;
      context.font = `${atlas.lang === "zh" ? "normal" : "italic"} 400 ${size}px ${FONT}`;
      const verbs = view.verbs(scale);
      for (const [index, { from, to, smooth, verb, colour, early }] of verbs.entries()) {
        const [a, b] = [places[from], places[to]];
        const via = atlas.bendOf(a, b, smooth);
        const half = context.measureText(verb).width / 2;
        const rooms = SPOTS.map((t) => {
          const { x, y } = atlas.pointAlong(a, b, via, early ? 1 - t : t);
          return { left: x - half, right: x + half, top: y - size * 0.6, bottom: y + size * 0.6, verb };
        });
        const others = strokes.filter((_, other) => other !== index);
        const room = clearest(rooms, others).find((place) => grid.isFree(place, 1 / scale)) ?? (verbs.length === 1 ? rooms[0] : undefined);
        if (room === undefined) continue;
        grid.enter(room);
        said.push(room);
        context.fillStyle = colour;
        write(context, [verb], room, size, scale, view.colours().paper);
      }
    }

    // -- marks ------------------------------------------------------------------------------------------------------

    /** Where the number of a step stands: at the upper left of its mark, `left` and `top` being its middle. */
    function stepRoom(c, { x, y }, scale) {
      const size = 10.5 / scale;
      const half = (String(c.step).length * 3.4 + 3.5) / scale;
      return { left: x - c.size - half, top: y - c.size - size * 0.4, half, size };
    }

    /** A ring round what is selected, a number on every step of a path, a tick on what is known. */
    function drawSigns(context, scale, ranked, places) {
      const colours = view.colours();
      for (const [rank, c] of ranked) {
        const { x, y } = places[view.nodeId(c.id)];
        context.globalAlpha = view.isQuiet(rank) ? 0.35 : 1;
        if (view.isMain(c)) {
          context.strokeStyle = colours.ring;
          context.lineWidth = 2.5 / scale;
          context.beginPath();
          context.arc(x, y, c.size + 5 / scale, 0, 2 * Math.PI);
          context.stroke();
        }
        if (c.step !== null) {
          const { left, top, half, size } = stepRoom(c, { x, y }, scale);
          context.fillStyle = colours.paper;
          context.strokeStyle = colours.quiet;
          context.lineWidth = 1 / scale;
          context.beginPath();
          context.roundRect(left - half, top - size * 0.7, 2 * half, size * 1.4, size * 0.7);
          context.fill();
          context.stroke();
          context.fillStyle = colours.ink;
          context.font = `600 ${size}px ${FONT}`;
          context.fillText(String(c.step), left, top - size * 0.52);
        }
        if (view.isKnown(c)) {
          const [left, top, unit] = [x + c.size * 0.6, y + c.size * 0.35, 1 / scale];
          for (const [colour, width] of [[colours.paper, 5], [colours.is, 2.2]]) {
            context.strokeStyle = colour;
            context.lineWidth = width * unit;
            context.beginPath();
            context.moveTo(left - 4 * unit, top);
            context.lineTo(left - 1 * unit, top + 3 * unit);
            context.lineTo(left + 5 * unit, top - 5 * unit);
            context.stroke();
          }
        }
      }
      context.globalAlpha = 1;
    }

    // -- everything -------------------------------------------------------------------------------------------------

    function drawAll(context, scale) {
      const places = view.places();
      const colours = view.colours();
      const frame = view.frame();
      const grid = openGrid(160 / scale);
      const ranked = view.byRank();
      const mark = (c) => {
        const { x, y } = places[view.nodeId(c.id)];
        const reach = c.size * 0.7; // a label may touch the rim
        return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
      };
      const marks = openGrid(160 / scale);
      for (const [, c] of ranked) marks.enter(mark(c));
      // If need be the names of the most important cover small marks, or a hub amid its neighbours would stay nameless.
      const hubs = Math.max(Math.ceil(ranked.length * HUBS), ranked.findIndex(([rank]) => rank === 3));
      drawn = [];
      topics = [];
      said = [];
      context.textAlign = "center";
      context.textBaseline = "top";
      context.lineJoin = "round";
      context.lineCap = "round";
      drawTopics(context, scale, grid);
      for (const [, c] of ranked) {
        if (c.step === null) continue;
        const { left, top, half, size } = stepRoom(c, places[view.nodeId(c.id)], scale);
        grid.enter({ left: left - half, right: left + half, top: top - size * 0.7, bottom: top + size * 0.7 });
      }
      const strokes = view.verbs(scale).map(({ from, to, smooth }) => {
        const via = atlas.bendOf(places[from], places[to], smooth);
        return SAMPLES.map((t) => atlas.pointAlong(places[from], places[to], via, t));
      });
      const few = ranked.filter(([rank]) => rank < 2).length <= 2; // one concept is selected, or a relation
      const placed = []; // {c, rank, bold, size, lines, room, rooms: where else it may stand}
      ranked.forEach(([rank, c], index) => {
        if (index < hubs) grid.enter(mark(c));
        else if (index === hubs) for (const [, later] of ranked.slice(hubs)) grid.enter(mark(later));
        const bold = c.font > atlas.BODY_FONT || rank === 0;
        const least = c.font > atlas.BODY_FONT ? 15 : rank === 0 ? 13 : 11.5;
        const wanted = Math.min(c.font > atlas.BODY_FONT ? 24 : 16, Math.max(least, c.font * scale)) / scale;
        let { lines, width } = letteringOf(c.label, bold);
        const reach = c.size + (rank === 0 ? 8 : 2) / scale;
        const at = places[view.nodeId(c.id)];
        const heads = c.font > atlas.BODY_FONT && c.area !== null && view.areas[c.area].head === c.id ? view.areas[c.area] : null;
        let size = heads ? Math.max(SMALLEST / scale, Math.min(wanted, heads.width / width)) : wanted; // no wider than its area
        const gap = 1.5 / scale;
        let rooms = [];
        const roomFor = () => {
          const [wide, high] = [width * size, lines.length * size * LINE_EM];
          rooms = view.standsTall(c) ? [roomAfter(at, reach + 3 / scale, wide, high)] : clearest(roomsBeside(at, reach, wide, high, frame), strokes);
          const free = rooms.filter((place) => grid.isFree(place, gap));
          const [home] = free.filter((place) => isAtHome(place, c.area)).sort((a, b) => marks.isFree(b, gap) - marks.isFree(a, gap));
          if (rank !== 0 && !(rank === 1 && few)) return home;
          return home ?? free[0] ?? rooms[0] ?? roomsBeside(at, reach, wide, high, { left: -Infinity, right: Infinity })[0];
        };
        let room = roomFor();
        if (room === undefined && ranked.length <= FEW_NAMES) {
          if (wanted > SMALLEST / scale) {
            size = SMALLEST / scale;
            room = roomFor();
          }
          room = room ?? madeRoom(rooms, placed, grid, c.area, gap);
          if (room === undefined && !heads && atlas.shortName(c) !== c.name) { // its initials, where notes write them
            ({ lines, width } = letteringOf(atlas.shortName(c), bold));
            room = roomFor() ?? madeRoom(rooms, placed, grid, c.area, gap);
          }
        }
        let shown = lines;
        if (room === undefined && heads) {
          size = SMALLEST / scale;
          [shown, room] = cutInto(heads, lines, size, grid, scale);
        }
        if (room === undefined) return;
        grid.enter(room);
        placed.push({ c, rank, bold, size, room, rooms, lines: shown });
      });
      for (const { c, rank, bold, size, room, lines } of placed) {
        drawn.push({ ...room, id: c.id });
        context.font = `${bold ? 650 : 400} ${size}px ${FONT}`;
        context.fillStyle = view.isQuiet(rank) ? atlas.faded(colours.ink, 0.32) : colours.ink;
        write(context, lines, room, size, scale, c.area === null ? colours.paper : colours.area);
      }
      drawVerbs(context, scale, grid, places, strokes);
      drawSigns(context, scale, ranked, places);
    }

    const hitBy = ({ x, y }, rooms) => rooms.find((room) => x >= room.left && x <= room.right && y >= room.top && y <= room.bottom);

    return {
      draw: (context) => drawAll(context, view.scale()),
      /** Draw the same with another pencil and at another scale, leaving what the window shows as it is. */
      write(context, scale) {
        const kept = [drawn, topics, said];
        drawAll(context, scale);
        [drawn, topics, said] = kept;
      },
      /** The id of the concept whose label of the last frame covers a point of the map, or null. */
      at(point) {
        const hit = hitBy(point, drawn);
        return hit ? hit.id : null;
      },
      /** The topic that a click there opens: its name or its "more"; null elsewhere. */
      topicAt(point) {
        const hit = hitBy(point, topics);
        return hit ? hit.id : null;
      },
      /** The labels of the last frame: {id, left, right, top, bottom} in the map's units. */
      drawn: () => drawn,
      topics: () => topics,
      verbs: () => said,
    };
  };

  atlas.parts.push({
    name: "labels",
    words: {
      en: { moreInTopic: (v) => `+${v.n} more` },
      zh: { moreInTopic: (v) => `另有 ${v.n} 个` },
    },
    start() {},
  });
})(window.NoteAtlas);
