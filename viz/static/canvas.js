// The drawing: a vis-network whose positions are given. Physics is off for good; nothing moves but what a hand moves.
//
// vis-network draws marks and lines; labels are drawn over them by labels.js.
//
// NoteAtlas.openCanvas(box, page, events) draws page.nodes and page.edges as pyvis wrote them and returns the verbs that
// the page uses. It keeps, per node and edge, the row it was made from, and paints from four facts: the theme (custom
// properties of the style sheet), what is switched off, what is selected, and what is next to that.
"use strict";
(function (atlas) {
  const BELOW = 38; // pixels of the line of counts and buttons at the foot of the map
  const MOST_VERBS = 12; // so many relations of the selection carry their verb; more would cover each other
  const nodeId = (id) => `c:${id}`; // never a name that a plain object already has, such as __proto__

  const { faded } = atlas;
  atlas.openCanvas = function (box, page, events) {
    const style = page.style;
    const families = new Map(style.families.map((f) => [f.key, f]));
    const rowColours = new Map(style.rows.map((row) => [row.key, row.colour]));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const concepts = new Map(); // concept id -> {id, name, aliases, kind, size, font, area}
    const relations = new Map(); // key -> {key, source, target, type, origin, row, curve, dashes, arrows}
    const touching = new Map(); // concept id -> set of relation keys
    const off = { rows: new Set(page.off), families: new Set() };
    let frame = null; // what `measure` found last
    let chosen = null; // {concepts: set of ids, relations: set of keys, main: id or null}
    let colours = {};

    const nodes = new vis.DataSet();
    const edges = new vis.DataSet();

    // -- rows to items --------------------------------------------------------------------------------------------

    const rowOf = (type, origin) => (type === "PREREQUISITE_OF" && origin === "inferred" ? `${type}:inferred` : type);
    const familyOf = (kind) => families.get((style.kinds[kind] || style.kinds.other).family);

    function keepNode(item) {
      concepts.set(item.concept, {
        id: item.concept, name: item.name, aliases: item.aliases, kind: item.kind, size: item.size,
        font: item.font.size, area: item.area, label: item.label,
      });

      touching.set(item.concept, new Set());
    }

    function keepEdge(item) {
      const [source, target] = item.ends;
      const { type, origin, arrows, dashes, smooth } = item;
      const key = atlas.keyOf(source, type, target);
      relations.set(key, { key, source, target, type, origin, row: rowOf(type, origin), arrows, dashes, smooth });
      touching.get(source).add(key);
      touching.get(target).add(key);
      return key;
    }

    /** Relations between the same two concepts bend, each more than the one before; a single one is straight. */
    function curve(source, target) {
      const beside = [...touching.get(source)].filter((key) => touching.get(target).has(key)).length;
      const type = beside % 2 === 0 || source < target ? "curvedCW" : "curvedCCW";
      return beside === 0 ? false : { enabled: true, type, roundness: 0.12 + 0.08 * beside };
    }

    // -- painting -------------------------------------------------------------------------------------------------

    function readTheme() {
      const css = getComputedStyle(document.documentElement);
      colours = Object.fromEntries(page.colours.map((name) => [name, css.getPropertyValue(`--${name}`).trim()]));
    }

    const nodeHidden = (c) => off.families.has(familyOf(c.kind).key);
    const edgeHidden = (r) => off.rows.has(r.row) || nodeHidden(concepts.get(r.source)) || nodeHidden(concepts.get(r.target));

    function paintNode(c) {
      const family = familyOf(c.kind);
      const main = chosen !== null && chosen.main === c.id;
      const lit = chosen === null || chosen.concepts.has(c.id);
      const hollow = family.key === "other";
      const fill = lit ? colours[family.colour] : atlas.faded(colours[family.colour], 0.22);
      const paint = { background: hollow ? colours.paper : fill, border: main ? colours.ring : hollow ? fill : colours.paper };
      return {
        id: nodeId(c.id),
        hidden: nodeHidden(c),
        borderWidth: main ? 4 : hollow ? 2 : 1,
        borderWidthSelected: 4,
        color: { ...paint, highlight: { ...paint, border: colours.ring }, hover: { ...paint, border: colours.ring } },
      };
    }

    function paintEdge(r) {
      const lit = chosen !== null && chosen.relations.has(r.key);
      const far = concepts.get(r.source).area !== concepts.get(r.target).area;
      const opacity = chosen === null ? (far ? 0.34 : 0.7) : lit ? 1 : 0.07;
      const colour = colours[rowColours.get(r.row)];
      return {
        id: r.key,
        hidden: edgeHidden(r),
        width: lit ? 2.4 : 1.6,
        color: { color: colour, highlight: colour, hover: colour, opacity, inherit: false },
      };
    }

    function repaint() {
      nodes.update([...concepts.values()].map(paintNode));
      edges.update([...relations.values()].map(paintEdge));
    }

    /** A rounded sheet behind each topic, under everything else. */
    function drawAreas(context) {
      context.fillStyle = colours.area;
      for (const area of page.areas) {
        context.beginPath();
        context.roundRect(area.x - area.width / 2, area.y - area.height / 2, area.width, area.height, 18);
        context.fill();
      }
    }

    // -- what labels.js asks for ----------------------------------------------------------------------------------

    /** The order in which labels take their room: what is selected, its neighbours, topics, then by importance. */
    function byRank() {
      const rank = (c) => (chosen !== null && chosen.main === c.id ? 0 : chosen !== null && chosen.concepts.has(c.id) ? 1
        : c.font > atlas.BODY_FONT ? 2 : 3);
      return [...concepts.values()].filter((c) => !nodeHidden(c)).map((c) => [rank(c), c]).sort((a, b) => a[0] - b[0]);
    }

    /** The lit relations with their verbs, drawn from the selected end: none where they are too many, or all the same. */
    function verbs() {
      if (chosen === null || chosen.relations.size > MOST_VERBS || page.order) return [];
      return [...chosen.relations].map((key) => relations.get(key)).map((r) => {
        const [from, to] = chosen.main === r.target ? [r.target, r.source] : [r.source, r.target];
        const verb = atlas.pick(style.types[r.type].label).replace(/[:：]$/, "");
        return { from: nodeId(from), to: nodeId(to), verb, colour: colours[rowColours.get(r.row)] };
      });
    }

    const labels = atlas.openLabels({
      scale: () => network.getScale(),
      places: () => network.getPositions(),
      colours: () => colours,
      areas: page.areas,
      frame: () => frame,
      isQuiet: (rank) => chosen !== null && rank > 1,
      nodeId,
      byRank,
      verbs,
    });

    // -- room for what joins later --------------------------------------------------------------------------------

    function standing() {
      const places = network.getPositions();
      return [...concepts.values()].map((c) => ({ ...places[nodeId(c.id)], ...atlas.labelRoom(c.label, c.size, c.font) }));
    }

    /** The first free place on growing rings round `centre`; what stands there already is never moved. */
    function freePlace(centre, room, taken) {
      for (let radius = 70; ; radius += 26) {
        const steps = Math.max(8, Math.round(radius / 9));
        for (let step = 0; step < steps; step += 1) {
          const turn = (2 * Math.PI * step) / steps + radius;
          const x = centre.x + 1.3 * radius * Math.cos(turn);
          const y = centre.y + radius * Math.sin(turn);
          const free = taken.every((t) => Math.abs(t.x - x) > (t.width + room.width) / 2 + 10
            || y - room.up > t.y + t.down + 6 || y + room.down < t.y - t.up - 6);
          if (free) return { x, y, ...room };
        }
      }
    }

    // -- the network ----------------------------------------------------------------------------------------------

    readTheme();
    for (const item of page.nodes) keepNode(item);
    for (const item of page.edges) keepEdge(item);
    let network = { getScale: () => 1 }; // until there is one, painting needs only its scale
    nodes.add(page.nodes.map((item) => ({
      id: item.id, shape: item.shape, x: item.x, y: item.y, size: item.size, ...paintNode(concepts.get(item.concept)),
    })));
    edges.add([...relations.values()].map((r) => ({
      from: nodeId(r.source), to: nodeId(r.target), arrows: r.arrows, dashes: r.dashes, smooth: r.smooth, ...paintEdge(r),
    })));
    network = new vis.Network(box, { nodes, edges }, page.options);
    frame = measure();
    network.once("afterDrawing", () => fit(false));
    const surface = box.querySelector(".vis-network");
    surface.setAttribute("role", "application"); // arrows pan and + and - zoom: they are not for reading here
    network.on("beforeDrawing", drawAreas);
    network.on("afterDrawing", labels.draw);
    network.once("afterDrawing", () => performance.mark("map-drawn"));
    network.on("click", ({ nodes: [node], edges: [edge], pointer }) => {
      const named = labels.at(pointer.canvas);
      if (node !== undefined) events.onConcept(node.slice(2));
      else if (named !== null) events.onConcept(named);
      else if (edge !== undefined) events.onRelation(relations.get(edge));
      else events.onNothing();
    });
    network.on("hoverNode", ({ node, pointer }) => events.onHover(concepts.get(node.slice(2)), null, pointer.DOM));
    network.on("hoverEdge", ({ edge, pointer }) => events.onHover(null, relations.get(edge), pointer.DOM));
    for (const gone of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(gone, () => events.onHover(null, null, null));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      readTheme();
      repaint();
    });

    /** The ground that areas, marks and labels need. */
    function measure() {
      const rooms = [...page.areas.map((a) => ({ x: a.x, y: a.y, width: a.width, up: a.height / 2, down: a.height / 2 })), ...standing()];
      return {
        left: Math.min(...rooms.map((r) => r.x - r.width / 2)),
        right: Math.max(...rooms.map((r) => r.x + r.width / 2)),
        top: Math.min(...rooms.map((r) => r.y - r.up)),
        bottom: Math.max(...rooms.map((r) => r.y + r.down)),
      };
    }

    /** Show all of it, as large as it goes. */
    function fit(animation) {
      const { left, right, top, bottom } = frame;
      const scale = Math.min((box.clientWidth - 24) / (right - left), (box.clientHeight - 2 * BELOW) / (bottom - top), 1.3);
      network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 }, scale, animation });
    }

    const glide = () => (calm ? false : { duration: 350, easingFunction: "easeInOutQuad" });

    function choose(next) {
      chosen = next;
      repaint();
    }

    return {
      concepts,
      relations,
      has: (id) => concepts.has(id),
      visible: () => [...relations.values()].filter((r) => !edgeHidden(r)),
      /** Switch a legend row ("rows") or a family of kinds ("families") on or off. */
      toggle(what, key, on) {
        if (on) off[what].delete(key);
        else off[what].add(key);
        if (chosen !== null && chosen.main !== null) this.selectConcept(chosen.main);
        else repaint();
      },
      isOn: (what, key) => !off[what].has(key),
      selectConcept(id) {
        const keys = page.order ? comesBefore(id) : [...touching.get(id)].filter((key) => !edgeHidden(relations.get(key)));
        const near = keys.flatMap((key) => [relations.get(key).source, relations.get(key).target]);
        choose({ main: id, concepts: new Set([id, ...near]), relations: new Set(keys) });
      },
      selectRelation(r) {
        choose({ main: null, concepts: new Set([r.source, r.target]), relations: new Set([r.key]) });
      },
      clear() {
        if (chosen !== null) choose(null);
      },
      /** Bring the selection into view: as much of it as can be read. */
      show() {
        if (chosen === null) return;
        const ids = [...chosen.concepts].map(nodeId);
        network.fit({ nodes: ids, maxZoomLevel: 1.1, minZoomLevel: 0.5, animation: glide() });
        if (chosen.main !== null && network.getScale() <= 0.5) network.focus(nodeId(chosen.main), { scale: 0.7, animation: glide() });
      },
      fit: () => fit(glide()),
      zoom(factor) {
        network.moveTo({ scale: Math.min(4, Math.max(0.05, network.getScale() * factor)), animation: glide() });
      },
      /** Add concepts near `anchor` (an id on the map, or null) and the relations that both ends of are there. */
      add(found, rows, anchor) {
        const taken = standing();
        let centre = anchor !== null && concepts.has(anchor) ? network.getPositions([nodeId(anchor)])[nodeId(anchor)] : null;
        for (const c of found) {
          if (concepts.has(c.id)) continue;
          const size = 7;
          const item = {
            id: nodeId(c.id), concept: c.id, name: c.name, aliases: c.aliases, kind: c.kind, size, area: null,
            label: atlas.labelOf(c.name), font: { size: atlas.BODY_FONT }, shape: familyOf(c.kind).shape,
          };
          if (centre === null) centre = firstPlace(rows, c.id, taken);
          const place = freePlace(centre, atlas.labelRoom(item.label, size, atlas.BODY_FONT), taken);
          taken.push(place);
          keepNode(item);
          nodes.add({ id: item.id, shape: item.shape, x: place.x, y: place.y, size, ...paintNode(concepts.get(c.id)) });
          if (anchor === null) centre = place;
        }
        for (const r of rows) this.link(r);
        frame = measure();
      },
      link(r) {
        const key = atlas.keyOf(r.source, r.type, r.target);
        if (relations.has(key) || !concepts.has(r.source) || !concepts.has(r.target)) return;
        const smooth = curve(r.source, r.target);
        const arrows = style.types[r.type].symmetric ? "" : "to";
        keepEdge({ ...r, ends: [r.source, r.target], arrows, dashes: style.dashes[r.origin], smooth });
        const row = relations.get(key);
        edges.add({ from: nodeId(r.source), to: nodeId(r.target), arrows, dashes: row.dashes, smooth, ...paintEdge(row) });
      },
      position: (id) => network.getPositions([nodeId(id)])[nodeId(id)],
      /** Where a concept stands in the window, for whoever wants to point at it. */
      pointOf: (id) => network.canvasToDOM(network.getPositions([nodeId(id)])[nodeId(id)]),
      scale: () => network.getScale(),
      /** The fill of a concept's mark, as it was last painted. */
      colourOf: (id) => nodes.get(nodeId(id)).color.background,
      /** The labels that the last frame had room for. */
      labels: () => labels.drawn(),
      describe: (text) => surface.setAttribute("aria-label", text),
    };

    /** The relations on every way to `id`: on a map of what comes first, all of that belongs to it. */
    function comesBefore(id) {
      const reached = new Set([id]);
      const keys = new Set();
      for (const at of reached) {
        for (const key of touching.get(at)) {
          const r = relations.get(key);
          if (r.target === at && !edgeHidden(r)) {
            keys.add(key);
            reached.add(r.source);
          }
        }
      }
      return [...keys];
    }

    /** Where a concept without an anchor goes: beside the first of its neighbours on the map, else below the map. */
    function firstPlace(rows, id, taken) {
      const beside = rows.flatMap((r) => (r.source === id ? [r.target] : r.target === id ? [r.source] : []));
      const known = beside.find((other) => concepts.has(other));
      if (known !== undefined) return network.getPositions([nodeId(known)])[nodeId(known)];
      return { x: 0, y: Math.max(0, ...taken.map((t) => t.y + t.down)) + 60 };
    }
  };
})(window.NoteAtlas);
