// The drawing: a vis-network whose positions are given. Physics is off for good; nothing moves but what a hand moves.
//
// vis-network draws marks and lines; names, verbs, steps and ticks are drawn over them by labels.js.
//
// NoteAtlas.openCanvas(box, page, events) draws page.nodes and page.edges as pyvis wrote them and returns the verbs that
// the page uses. It keeps, per node and edge, the row it was made from, and paints from five facts: the theme (custom
// properties of the style sheet), what is filtered out, what is known, what is selected, and what is pointed at.
//
// `events` may hold onConcept(id), onRelation(relation), onNothing(), onHover(concept, relation, point, others),
// onExpand(id) and onTopic(id); whoever comes later adds to them with canvas.on(name, fn).
"use strict";
(function (atlas) {
  const BELOW = 38; // pixels of the line of counts and buttons at the foot of the map
  const MOST_VERBS = 12; // so many relations of the selection carry their verb; more would cover each other
  const FEW_LINES = 20; // a map with at most so many lines carries the verbs of all
  const SMALL_SCALE = 0.6; // a map drawn so small has no room for verbs, unless something is selected
  const DIM_AFTER_MS = 90; // a mouse on its way elsewhere dims nothing
  const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
  const nodeId = (id) => `c:${id}`; // never a name that a plain object already has, such as __proto__

  atlas.openCanvas = function (box, page, events) {
    const style = page.style;
    const families = new Map(style.families.map((f) => [f.key, f]));
    const rowColours = new Map(style.rows.map((row) => [row.key, row.colour]));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const concepts = new Map(); // concept id -> {id, name, aliases, kind, size, font, area, label, step}
    const lines = atlas.openLines();
    const { relations } = lines;
    const filter = { rows: new Set(page.off), families: new Set(), origins: new Set(), least: 0 }; // what is off
    const heard = new Map(); // event name -> functions
    const steps = page.view === "path" || page.order;
    let known = new Set();
    const canStandTall = page.path !== null && page.layout === "layers";
    let tall = canStandTall && atlas.watchNarrow(arrange); // whether the steps stand one below the other; see tall.js
    let frame = null; // what `measure` found last
    let chosen = null; // {concepts: set of ids, relations: set of keys, main: id or null, quiet: whether nothing is dimmed}
    let pointed = null; // the same, while the mouse is on something
    let colours = {};

    const nodes = new vis.DataSet();
    const edges = new vis.DataSet();
    const leads = new Map(); // id of a line -> the relation that it was drawn for last
    const painted = new Map(); // id of a node or edge -> how it was painted last

    for (const [name, fn] of Object.entries(events)) heard.set(name, [fn]);
    const tell = (name, ...what) => (heard.get(name) || []).forEach((fn) => fn(...what));

    // -- rows to items --------------------------------------------------------------------------------------------

    const rowOf = (type, origin) => (type === "PREREQUISITE_OF" && origin === "inferred" ? `${type}:inferred` : type);
    const familyOf = (kind) => families.get((style.kinds[kind] || style.kinds.other).family);

    function keepNode(item) {
      concepts.set(item.concept, {
        id: item.concept, name: item.name, aliases: item.aliases, kind: item.kind, step: item.step ?? null,
        size: item.size, font: item.font.size, area: item.area, label: item.label, shape: item.shape,
        broad: { x: item.x, y: item.y, area: item.area, label: item.label }, // how it stands on a broad screen
      });
    }

    function keepEdge(item) {
      const [source, target] = item.ends;
      const { type, origin, confidence, arrows, dashes, smooth, cut } = item;
      const key = atlas.keyOf(source, type, target);
      return lines.keep({
        key, source, target, type, origin, confidence: confidence ?? 1, row: rowOf(type, origin), arrows, dashes, smooth,
        cut: cut === true, broad: smooth,
      });
    }

    // -- painting -------------------------------------------------------------------------------------------------

    function readTheme() {
      const css = getComputedStyle(document.documentElement);
      colours = Object.fromEntries(page.colours.map((name) => [name, css.getPropertyValue(`--${name}`).trim()]));
    }

    const nodeHidden = (c) => filter.families.has(familyOf(c.kind).key);
    const edgeHidden = (r) => filter.rows.has(r.row) || filter.origins.has(r.origin) || r.confidence < filter.least
      || nodeHidden(concepts.get(r.source)) || nodeHidden(concepts.get(r.target));
    const shownOn = (line) => lines.shown(line, (r) => !edgeHidden(r));
    const lit = () => pointed || (chosen !== null && chosen.quiet ? null : chosen);
    const isMain = (c) => chosen !== null && chosen.main === c.id;

    /** How a mark looks: {fill, border, width}. */
    function lookOf(c) {
      const family = familyOf(c.kind);
      const now = lit();
      const clear = now === null || now.concepts.has(c.id) || isMain(c);
      const hollow = family.key === "other";
      const strength = !clear ? 0.2 : known.has(c.id) ? 0.42 : 1;
      const tint = strength === 1 ? colours[family.colour] : atlas.faded(colours[family.colour], strength);
      return { fill: hollow ? colours.paper : tint, border: isMain(c) ? colours.ring : hollow ? tint : colours.paper,
        width: isMain(c) ? 3 : hollow ? 2 : 1 };
    }

    function paintNode(c) {
      const { fill, border, width } = lookOf(c);
      const paint = { background: fill, border };
      return {
        id: nodeId(c.id),
        hidden: nodeHidden(c),
        borderWidth: width,
        borderWidthSelected: width,
        color: { ...paint, highlight: paint, hover: { ...paint, border: colours.ring } },
      };
    }

    /** How a line looks: its lead, colour, opacity and width; null while none of its relations is shown. */
    function looksOf(line) {
      const shown = shownOn(line);
      if (!shown.length) return null;
      const now = lit();
      const clear = now !== null && shown.some((r) => now.relations.has(r.key));
      const lead = (clear && shown.find((r) => now.relations.has(r.key) && now.main === null)) || shown[0];
      const far = concepts.get(lead.source).area !== concepts.get(lead.target).area;
      const between = now !== null && now.concepts.has(lead.source) && now.concepts.has(lead.target);
      return { lead, more: shown.length - 1, clear, colour: colours[lead.cut ? "k-problem" : rowColours.get(lead.row)],
        opacity: now === null ? (far ? 0.34 : 0.7) : clear ? 1 : between ? 0.25 : 0.07, width: clear ? (steps ? 1.9 : 2.4) : 1.6 };
    }

    /** How vis-network is to draw a line; where it runs is said only when another relation leads it. */
    function paintLine(line) {
      const looks = looksOf(line);
      const lead = looks === null ? line.first : looks.lead;
      const colour = looks === null ? colours.line : looks.colour;
      const course = leads.get(line.id) === lead ? {} : {
        from: nodeId(lead.source), to: nodeId(lead.target), arrows: lead.arrows, dashes: lead.dashes, smooth: lines.smoothFor(line, lead),
      };
      leads.set(line.id, lead);
      return {
        id: line.id,
        ...course,
        hidden: looks === null,
        width: looks === null ? 1 : looks.width,
        color: { color: colour, highlight: colour, hover: colour, opacity: looks === null ? 0 : looks.opacity, inherit: false },
      };
    }

    /** Give vis-network what looks otherwise than before: telling it everything costs a frame on a large map. */
    function repaint() {
      const fresh = (item) => {
        const look = JSON.stringify(item);
        if (painted.get(item.id) === look) return false;
        painted.set(item.id, look);
        return true;
      };
      const [marks, strokes] = [[...concepts.values()].map(paintNode).filter(fresh), [...lines.lines.values()].map(paintLine).filter(fresh)];
      if (marks.length) nodes.update(marks);
      if (strokes.length) edges.update(strokes);
      if (!marks.length && !strokes.length) network.redraw(); // else vis-network draws by itself
    }

    /** A rounded sheet behind each topic, under everything else. */
    function drawAreas(context) {
      context.fillStyle = colours.area;
      for (const area of areas()) {
        context.beginPath();
        context.roundRect(area.x - area.width / 2, area.y - area.height / 2, area.width, area.height, 18);
        context.fill();
      }
    }

    // -- what labels.js asks for ----------------------------------------------------------------------------------

    /** The order in which labels take their room: what is selected, its neighbours, topics, then by importance. */
    function byRank() {
      const now = lit();
      const rank = (c) => (isMain(c) ? 0 : now !== null && now.concepts.has(c.id) ? 1 : c.font > atlas.BODY_FONT ? 2 : 3);
      return [...concepts.values()].filter((c) => !nodeHidden(c)).map((c) => [rank(c), c]).sort((a, b) => a[0] - b[0]);
    }

    const verbOf = (type, inverse) => atlas.pick(inverse ? style.types[type].inverse : style.types[type].label).replace(/[:：]$/, "");

    /** What a line says, read along its arrow. What only says that one comes first says why, where that is known. */
    function saying(lead, more) {
      const why = lead.type === "PREREQUISITE_OF" && reasons.get(lead.key);
      const verb = why ? verbOf(why.type, why.source !== lead.source) : verbOf(lead.type, false);
      return more > 0 ? `${verb} +${more}` : verb;
    }

    /** The lines that carry their verbs: the lit ones unless they are too many, and all on a map with few. */
    function verbs(scale) {
      const now = lit();
      if (tall || (now === null && scale < SMALL_SCALE)) return [];
      const looks = [...lines.lines.values()].map((line) => [line, looksOf(line)]).filter(([, look]) => look !== null);
      const said = now !== null ? looks.filter(([, look]) => look.clear) : looks;
      if (said.length > (now !== null ? MOST_VERBS : FEW_LINES)) return [];
      const focus = now !== null ? now.main : null;
      return said.map(([line, { lead, more, colour }]) => ({
        from: nodeId(lead.source), to: nodeId(lead.target), smooth: lines.smoothFor(line, lead),
        verb: saying(lead, more), colour, late: focus === lead.source, early: focus === lead.target,
      }));
    }

    const reasons = new Map(); // key of a prerequisite -> the relation that it follows from
    for (const step of page.path ? page.path.steps : []) {
      for (const b of step.because) {
        const rows = (b.via || []).map(([source, type, target]) => ({ source, type, target, origin: "stated", confidence: 1 }));
        const [via] = atlas.byTelling(rows.filter((r) => [r.source, r.target].includes(b.source) && [r.source, r.target].includes(b.target)));
        if (via) reasons.set(atlas.keyOf(b.source, b.type, b.target), via);
      }
    }

    const labels = atlas.openLabels({
      scale: () => network.getScale(),
      places: () => network.getPositions(),
      colours: () => colours,
      get areas() {
        return areas();
      },
      standsTall,
      frame: () => frame,
      isQuiet: (rank) => lit() !== null && rank > 1,
      isMain,
      isKnown: (c) => known.has(c.id),
      hasHead: (area) => area.head !== null && concepts.has(area.head) && concepts.get(area.head).font > atlas.BODY_FONT,
      nodeId,
      byRank,
      verbs,
    });

    // -- room for what joins later --------------------------------------------------------------------------------

    /** Where all marks stand, hidden ones as well: asked without ids, vis-network leaves those out. */
    const allPlaces = () => network.getPositions([...concepts.keys()].map(nodeId));

    function standing() {
      const places = allPlaces();
      return [...concepts.values()].map((c) => (standsTall(c) ? atlas.tallRoom(places[nodeId(c.id)], c.label, c.size, c.font)
        : { ...places[nodeId(c.id)], ...atlas.labelRoom(c.label, c.size, c.font) }));
    }

    /** The first free place on growing rings round `centre`; what stands there already is never moved. */
    function freePlace(centre, room, taken) {
      for (let radius = 70; ; radius += 26) {
        const steps = Math.max(8, Math.round(radius / 9));
        for (let step = 0; step < steps; step += 1) {
          const turn = (2 * Math.PI * step) / steps + radius;
          const x = Math.round(centre.x + 1.3 * radius * Math.cos(turn)); // vis-network rounds: a link must find the same
          const y = Math.round(centre.y + radius * Math.sin(turn));
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
    const places = arranged();
    let network = { getScale: () => 1 }; // until there is one, painting needs only its scale
    nodes.add(page.nodes.map((item) => ({
      id: item.id, shape: item.shape, ...places.get(item.concept), size: item.size, ...paintNode(concepts.get(item.concept)),
    })));
    edges.add([...lines.lines.values()].map(paintLine));
    const interaction = { ...page.options.interaction, keyboard: false }; // keys are for going from mark to mark
    network = new vis.Network(box, { nodes, edges }, { ...page.options, interaction });
    frame = measure();
    network.once("afterDrawing", () => fit(false));
    const surface = box.querySelector(".vis-network");
    surface.setAttribute("role", "application"); // arrows go from mark to mark: they are not for reading here
    surface.tabIndex = 0;
    network.on("beforeDrawing", drawAreas);
    network.on("afterDrawing", labels.draw);
    network.once("afterDrawing", () => performance.mark("map-drawn"));
    network.on("click", ({ nodes: [node], edges: [edge], pointer }) => {
      const named = labels.at(pointer.canvas);
      const topic = labels.topicAt(pointer.canvas);
      point(null);
      if (node !== undefined) tell("onConcept", node.slice(2));
      else if (named !== null) tell("onConcept", named);
      else if (topic !== null) tell("onTopic", topic);
      else if (edge !== undefined && looksOf(lines.lines.get(edge))) tell("onRelation", looksOf(lines.lines.get(edge)).lead);
      else tell("onNothing");
    });
    const opens = (node, point) => {
      const id = node !== undefined ? node.slice(2) : labels.at(point);
      if (id !== null) tell("onExpand", id);
    };
    // A mouse's double click is told by the browser, which goes by when it happened; vis-network goes by when it hears
    // of it, which is too late on a slow machine. Fingers leave it to vis-network.
    box.addEventListener("dblclick", (event) => {
      const { left, top } = box.getBoundingClientRect();
      const at = { x: event.clientX - left, y: event.clientY - top };
      opens(network.getNodeAt(at), network.DOMtoCanvas(at));
    });
    network.on("doubleClick", ({ nodes: [node], pointer, event }) => {
      if (event.pointerType !== "mouse") opens(node, pointer.canvas);
    });
    network.on("hoverNode", ({ node, pointer }) => {
      tell("onHover", concepts.get(node.slice(2)), null, pointer.DOM, []);
      pointSoon(() => near(node.slice(2)));
    });
    network.on("hoverEdge", ({ edge, pointer }) => {
      const shown = shownOn(lines.lines.get(edge));
      if (!shown.length) return;
      tell("onHover", null, shown[0], pointer.DOM, shown.slice(1));
      pointSoon(() => ({ main: null, concepts: new Set([shown[0].source, shown[0].target]), relations: new Set(shown.map((r) => r.key)) }));
    });
    for (const gone of ["blurNode", "blurEdge", "dragStart", "zoom"]) {
      network.on(gone, () => {
        tell("onHover", null, null, null, []);
        point(null);
      });
    }
    box.addEventListener("mouseleave", () => point(null));
    box.addEventListener("pointermove", (event) => {
      const at = network.DOMtoCanvas({ x: event.offsetX, y: event.offsetY });
      box.classList.toggle("on-topic", event.buttons === 0 && labels.topicAt(at) !== null);
    });
    const retheme = () => {
      readTheme();
      repaint();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
    new MutationObserver(retheme).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

    let waiting = 0;
    function pointSoon(what) {
      clearTimeout(waiting);
      waiting = setTimeout(() => point(what()), DIM_AFTER_MS);
    }

    function point(what) {
      clearTimeout(waiting);
      if (what === null && pointed === null) return;
      pointed = what;
      repaint();
    }

    /** A concept and what relates to it. */
    function near(id) {
      const keys = [...lines.touching(id)].filter((key) => !edgeHidden(relations.get(key)));
      const ends = keys.flatMap((key) => [relations.get(key).source, relations.get(key).target]);
      return { main: id, concepts: new Set([id, ...ends]), relations: new Set(keys) };
    }

    /** The ground that areas, marks and labels need. */
    function measure() {
      const rooms = [...areas().map((a) => ({ x: a.x, y: a.y, width: a.width, up: a.height / 2, down: a.height / 2 })), ...standing()];
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
      if (tall) { // as wide as the screen, from the first step on
        const scale = Math.min((box.clientWidth - 16) / (right - left), 1.25);
        const y = Math.min((top + bottom) / 2, top + (box.clientHeight / 2 - 8) / scale);
        network.moveTo({ position: { x: (left + right) / 2, y }, scale, animation });
        return;
      }
      const scale = Math.min((box.clientWidth - 24) / (right - left), (box.clientHeight - 2 * BELOW) / (bottom - top), 1.3);
      network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 }, scale, animation });
    }

    function inView(node) {
      const { x, y } = network.canvasToDOM(network.getPositions([node])[node]);
      return x > 20 && y > 20 && x < box.clientWidth - 20 && y < box.clientHeight - 50;
    }

    /** The neighbours of a concept that lie to its "left", "right", "up" or "down", the one to go to first. */
    function neighbours(id, way) {
      const [ux, uy] = WAYS[way];
      const places = allPlaces();
      const from = places[nodeId(id)];
      const others = [...near(id).concepts].filter((other) => other !== id);
      return others.map((other) => {
        const [dx, dy] = [places[nodeId(other)].x - from.x, places[nodeId(other)].y - from.y];
        const far = Math.hypot(dx, dy) || 1;
        return { other, straight: (dx * ux + dy * uy) / far, far };
      }).filter(({ straight }) => straight > 0.5)
        .sort((a, b) => a.far * (2 - a.straight) - b.far * (2 - b.straight)).map(({ other }) => other);
    }

    const glide = () => (calm ? false : { duration: 350, easingFunction: "easeInOutQuad" });

    function choose(next) {
      chosen = next;
      pointed = null;
      repaint();
    }

    return {
      concepts,
      relations,
      /** Be told of `name`, one of the events above, as well. */
      on(name, fn) {
        heard.set(name, [...(heard.get(name) || []), fn]);
      },
      has: (id) => concepts.has(id),
      visible: () => [...relations.values()].filter((r) => !edgeHidden(r)),
      /** All relations on the map between the ends of `r`, the most telling first; those switched off are left out. */
      parallel: (r) => shownOn(lines.lineOf(r)),
      /** Switch a legend row ("rows"), a family of kinds ("families") or an origin ("origins") on or off. */
      toggle(what, key, on) {
        if (on) filter[what].delete(key);
        else filter[what].add(key);
        this.refresh();
      },
      isOn: (what, key) => !filter[what].has(key),
      /** Show only relations that are at least so sure; without an argument, how sure that is. */
      least(confidence) {
        if (confidence === undefined) return filter.least;
        filter.least = confidence;
        this.refresh();
        return confidence;
      },
      /** Whether a relation passes all filters but the one of `what`: for counts beside that filter's switches. */
      passes: (r, what) => !nodeHidden(concepts.get(r.source)) && !nodeHidden(concepts.get(r.target))
        && (what === "rows" || !filter.rows.has(r.row)) && (what === "origins" || !filter.origins.has(r.origin))
        && r.confidence >= filter.least,
      /** Paint anew, the selection included. */
      refresh() {
        if (chosen !== null && chosen.main !== null) this.selectConcept(chosen.main);
        else repaint();
      },
      /** Mark these concepts as known. */
      setKnown(ids) {
        known = new Set(ids);
        repaint();
      },
      selected: () => (chosen === null ? null : chosen.main),
      selectConcept(id) {
        if (!steps) {
          const isAboutAll = page.view === "topic" && page.asked.names.includes(id); // everything here is in it
          choose({ ...near(id), quiet: isAboutAll });
          return;
        }
        const keys = comesBefore(id);
        const ends = keys.flatMap((key) => [relations.get(key).source, relations.get(key).target]);
        choose({ main: id, concepts: new Set([id, ...ends]), relations: new Set(keys) });
      },
      selectRelation(r) {
        choose({ main: null, concepts: new Set([r.source, r.target]), relations: new Set([r.key]) });
      },
      clear() {
        if (chosen !== null || pointed !== null) choose(null);
      },
      neighbours,
      /** Bring the selection into view: as much of it as can be read. */
      show() {
        if (chosen === null) return;
        const ids = [...chosen.concepts].map(nodeId);
        if (network.getScale() > 0.5 && ids.every(inView)) return; // what can be read already stays where it is
        network.fit({ nodes: ids, maxZoomLevel: 1.1, minZoomLevel: 0.5, animation: glide() });
        if (chosen.main !== null && network.getScale() <= 0.5) network.focus(nodeId(chosen.main), { scale: 0.7, animation: glide() });
      },
      fit: () => fit(glide()),
      zoom(factor) {
        network.moveTo({ scale: Math.min(4, Math.max(0.05, network.getScale() * factor)), animation: glide() });
      },
      /** Add concepts near `anchor` (an id on the map, or null) and the relations that both ends of are there; returns
          the ids of those that were not there before. One that `remove` took away goes back to its `place`. */
      add(found, rows, anchor) {
        const taken = standing();
        const joined = [];
        let centre = anchor !== null && concepts.has(anchor) ? network.getPositions([nodeId(anchor)])[nodeId(anchor)] : null;
        for (const c of found) {
          if (concepts.has(c.id)) continue;
          const size = c.size ?? 7;
          const item = {
            id: nodeId(c.id), concept: c.id, name: c.name, aliases: c.aliases, kind: c.kind, size, area: null,
            label: atlas.labelOf(c.name), font: { size: atlas.BODY_FONT }, shape: familyOf(c.kind).shape,
          };
          if (centre === null) centre = firstPlace(rows, c.id, taken);
          const room = atlas.labelRoom(item.label, size, atlas.BODY_FONT);
          const place = c.place ? { ...c.place, ...room } : freePlace(centre, room, taken);
          taken.push(place);
          keepNode(item);
          nodes.add({ id: item.id, shape: item.shape, x: place.x, y: place.y, size, ...paintNode(concepts.get(c.id)) });
          joined.push(c.id);
          if (anchor === null) centre = place;
        }
        for (const r of rows) this.link(r);
        frame = measure();
        return joined;
      },
      /** Put a relation on the map, if its ends are there; between the ends of the one selected, it is selected too. */
      link(r) {
        const key = atlas.keyOf(r.source, r.type, r.target);
        if (relations.has(key) || !concepts.has(r.source) || !concepts.has(r.target)) return;
        const arrows = style.types[r.type].symmetric ? "" : "to";
        const line = keepEdge({ ...r, ends: [r.source, r.target], arrows, dashes: style.dashes[r.origin], smooth: r.smooth ?? false });
        if (chosen !== null && chosen.main === null && [r.source, r.target].every((end) => chosen.concepts.has(end))) chosen.relations.add(key);
        edges.update(paintLine(line));
      },
      /** Take relations off the map, by their keys; the concepts stay where they are. */
      unlink(keys) {
        for (const key of keys) {
          const gone = lines.drop(key);
          if (gone === null) continue;
          painted.delete(gone);
          leads.delete(gone);
          edges.remove(gone);
        }
        pointed = null;
        this.refresh();
      },
      /** Take concepts and all that touches them off the map; nothing else moves. Returns {concepts, relations}, with
          which `add` puts them back. */
      remove(ids) {
        pointed = null;
        const places = network.getPositions(ids.map(nodeId));
        const away = new Set(ids);
        const taken = {
          concepts: ids.map((id) => ({ ...concepts.get(id), place: places[nodeId(id)] })),
          relations: [...relations.values()].filter((r) => away.has(r.source) || away.has(r.target)),
        };
        for (const id of ids) {
          const gone = lines.forget(id);
          concepts.delete(id); // before vis-network draws without it
          for (const item of [...gone, nodeId(id)]) {
            painted.delete(item);
            leads.delete(item);
          }
          edges.remove(gone);
          nodes.remove(nodeId(id));
        }
        if (chosen !== null && chosen.main !== null && !concepts.has(chosen.main)) chosen = null;
        frame = measure();
        this.refresh();
        return taken;
      },
      position: (id) => network.getPositions([nodeId(id)])[nodeId(id)],
      /** Where a concept stands in the window, for whoever wants to point at it. */
      pointOf: (id) => network.canvasToDOM(network.getPositions([nodeId(id)])[nodeId(id)]),
      /** Where a point of the map stands in the window. */
      inWindow: (point) => network.canvasToDOM(point),
      scale: () => network.getScale(),
      /** The fill of a concept's mark, as it was last painted. */
      colourOf: (id) => nodes.get(nodeId(id)).color.background,
      /** The labels that the last frame had room for. */
      labels: () => labels.drawn(),
      /** The names of areas in the last frame, with the topics that they open. */
      topics: () => labels.topics(),
      /** What is written on lines in the last frame. */
      verbs: () => labels.verbs(),
      /** Paint again with the colours that the style sheet has now. */
      retheme,
      describe: (text) => surface.setAttribute("aria-label", text),
      /** Everything drawn, as plain values in the map's units, for whoever draws it elsewhere. */
      drawing() {
        const places = allPlaces();
        const looks = [...lines.lines.values()].map((line) => [line, looksOf(line)]).filter(([, look]) => look !== null);
        return {
          frame: measure(),
          colours: { ...colours },
          areas: areas(),
          marks: [...concepts.values()].filter((c) => !nodeHidden(c)).map((c) => ({ ...c, ...places[nodeId(c.id)], ...lookOf(c) })),
          lines: looks.map(([line, { lead, colour, opacity, width }]) => ({
            from: places[nodeId(lead.source)], to: places[nodeId(lead.target)], smooth: lines.smoothFor(line, lead),
            gap: concepts.get(lead.target).size, arrow: lead.arrows !== "", dashes: lead.dashes, row: lead.row, colour, opacity, width,
          })),
          write: (pencil, scale) => labels.write(pencil, scale),
        };
      },
    };

    /** Whether a concept's name stands beside it, in the column of a narrow screen. */
    function standsTall(c) {
      return tall && c.broad !== undefined;
    }

    function areas() {
      return tall ? [] : page.areas;
    }

    /** Where the concepts of the page stand, by id; labels, areas and the course of lines go with it. */
    function arranged() {
      const steps = tall ? atlas.tallPlaces([...concepts.values()].filter((c) => c.broad)) : new Map();
      const places = new Map();
      for (const c of concepts.values()) {
        if (!c.broad) continue; // it joined later, and stays where it is
        const { x, y, area, label } = c.broad;
        places.set(c.id, steps.get(c.id) || { x, y });
        c.area = tall ? null : area;
        c.label = tall ? atlas.tallLabel(c.name) : label;
      }
      for (const r of relations.values()) {
        const [from, to] = [places.get(r.source), places.get(r.target)];
        if (r.broad !== undefined && from && to) r.smooth = tall ? atlas.tallBend(from, to) : r.broad;
      }
      return places;
    }

    /** Stand otherwise, because the window has become narrow or broad. */
    function arrange(narrow) {
      tall = narrow;
      nodes.update([...arranged()].map(([id, place]) => ({ id: nodeId(id), ...place })));
      leads.clear();
      repaint();
      frame = measure();
      fit(false);
    }

    /** The relations on every way to `id`: on a map of what comes first, all of that belongs to it. */
    function comesBefore(id) {
      const reached = new Set([id]);
      const keys = new Set();
      for (const at of reached) {
        for (const key of lines.touching(at)) {
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
      const there = beside.find((other) => concepts.has(other));
      if (there !== undefined) return network.getPositions([nodeId(there)])[nodeId(there)];
      return { x: 0, y: Math.max(0, ...taken.map((t) => t.y + t.down)) + 60 };
    }
  };
})(window.NoteAtlas);
