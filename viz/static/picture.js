// The map as a picture: an SVG made from what is drawn, and a PNG made from that SVG. Names go into the SVG as text that
// is escaped, so that it is safe to open wherever it goes.
"use strict";
(function (atlas) {
  const SCALE = 1.25; // of the map's units: small names are then set in about 12 pixels
  const MARGIN = 28;
  const TITLE = 46; // room above for the title
  const ABOVE = 26; // room above without one: names may stand above their marks
  const KEY = 26; // room below for a line of the legend
  const PNG_TIMES = 2;
  const MOST_PNG_SIDE = 12_000; // pixels: browsers refuse much larger canvases

  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
  const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  /** A text as it may stand in XML, without the characters that XML has no way to write. */
  const escaped = (text) => text.replace(FORBIDDEN, " ").replace(/[&<>"']/g, (c) => ENTITIES[c]);
  const number = (n) => String(Math.round(n * 100) / 100);
  const tag = (name, attributes, content = null) => {
    const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? number(value) : value)}"`).join("");
    return content === null ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
  };

  /** A pencil for labels.js that writes SVG: the few verbs of a canvas that it uses. */
  function openPencil() {
    const real = document.createElement("canvas").getContext("2d");
    const parts = [];
    let path = [];
    let texts = [];
    const pencil = {
      globalAlpha: 1, font: "", fillStyle: "", strokeStyle: "", lineWidth: 1, textAlign: "", textBaseline: "", lineJoin: "", lineCap: "",
      measureText(text) {
        real.font = this.font;
        return real.measureText(text);
      },
      strokeText(text, x, y) {
        texts.push([text, x, y, this.strokeStyle, this.lineWidth]);
      },
      fillText(text, x, y) {
        const [, style, weight, size, family] = /^(?:(italic|normal) )?(\d+) ([\d.]+)px (.*)$/.exec(this.font) || [null, "normal", "400", "12", "sans-serif"];
        const halo = texts.find((t) => t[0] === text && t[1] === x && t[2] === y);
        texts = [];
        parts.push(tag("text", {
          x, y: y + Number(size) * 0.86, "font-size": Number(size), "font-weight": weight, "font-style": style || "normal", "font-family": family,
          "text-anchor": "middle", fill: this.fillStyle, "fill-opacity": this.globalAlpha,
          ...(halo ? { stroke: halo[3], "stroke-width": halo[4], "stroke-linejoin": "round", "paint-order": "stroke" } : {}),
        }, escaped(text)));
      },
      beginPath: () => {
        path = [];
      },
      moveTo: (x, y) => path.push(`M${number(x)} ${number(y)}`),
      lineTo: (x, y) => path.push(`L${number(x)} ${number(y)}`),
      arc: (x, y, r) => path.push(`M${number(x - r)} ${number(y)}a${number(r)} ${number(r)} 0 1 0 ${number(2 * r)} 0a${number(r)} ${number(r)} 0 1 0 ${number(-2 * r)} 0`),
      roundRect: (x, y, width, height, r) => path.push(`M${number(x + r)} ${number(y)}h${number(width - 2 * r)}a${number(r)} ${number(r)} 0 0 1 0 ${number(height)}`
        + `h${number(2 * r - width)}a${number(r)} ${number(r)} 0 0 1 0 ${number(-height)}`),
      fill() {
        parts.push(tag("path", { d: path.join(""), fill: this.fillStyle, "fill-opacity": this.globalAlpha }));
      },
      stroke() {
        parts.push(tag("path", { d: path.join(""), fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth, "stroke-linecap": "round", "stroke-opacity": this.globalAlpha }));
      },
    };
    return { pencil, parts };
  }

  function markOf({ x, y, size, shape, fill, border, width }) {
    const look = { fill, stroke: border, "stroke-width": width };
    const corners = (points) => tag("polygon", { points: points.map(([dx, dy]) => `${number(x + dx * size)},${number(y + dy * size)}`).join(" "), ...look });
    if (shape === "square") return tag("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, ...look });
    if (shape === "diamond") return corners([[0, -1], [1, 0], [0, 1], [-1, 0]]);
    if (shape === "triangle") return corners([[0, -1.15], [1, 0.65], [-1, 0.65]]);
    return tag("circle", { cx: x, cy: y, r: size, ...look });
  }

  function lineOf({ from, to, smooth, gap, arrow, dashes, colour, opacity, width }) {
    const via = atlas.bendOf(from, to, smooth);
    const before = via || from;
    const far = Math.hypot(to.x - before.x, to.y - before.y) || 1;
    const [ux, uy] = [(to.x - before.x) / far, (to.y - before.y) / far];
    const tip = { x: to.x - ux * (gap + 1), y: to.y - uy * (gap + 1) };
    const end = arrow ? { x: tip.x - ux * 6, y: tip.y - uy * 6 } : tip;
    const d = via ? `M${number(from.x)} ${number(from.y)}Q${number(via.x)} ${number(via.y)} ${number(end.x)} ${number(end.y)}`
      : `M${number(from.x)} ${number(from.y)}L${number(end.x)} ${number(end.y)}`;
    const line = tag("path", { d, fill: "none", stroke: colour, "stroke-width": width, "stroke-opacity": opacity, ...(dashes ? { "stroke-dasharray": dashes.join(" ") } : {}) });
    if (!arrow) return line;
    const wing = (side) => `${number(tip.x - ux * 8 - side * uy * 3.4)},${number(tip.y - uy * 8 + side * ux * 3.4)}`;
    return line + tag("polygon", { points: `${number(tip.x)},${number(tip.y)} ${wing(1)} ${wing(-1)}`, fill: colour, "fill-opacity": opacity });
  }

  /** The map as SVG: {text, width, height}, in pixels, below its `title` if it has one. `key` are pairs of a colour and
      its words. In a `room` ({width, height}) it is made as small as that needs; letters keep a size that can be read, and
      fewer names have room. */
  atlas.pictureOf = function (drawing, title, key, room = null) {
    const { frame, colours, areas, marks, lines } = drawing;
    const head = title ? TITLE : ABOVE;
    const scale = room === null ? SCALE : Math.min(SCALE, (room.width - 2 * MARGIN) / (frame.right - frame.left),
      (room.height - 2 * MARGIN - head - KEY) / (frame.bottom - frame.top));
    const width = Math.max((frame.right - frame.left) * scale + 2 * MARGIN, 520);
    const height = (frame.bottom - frame.top) * scale + 2 * MARGIN + head + KEY;
    const left = (width - (frame.right - frame.left) * scale) / 2;
    const { pencil, parts } = openPencil();
    drawing.write(pencil, scale);
    const font = { "font-family": 'system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif' };
    const sheet = areas.map((a) => tag("rect", { x: a.x - a.width / 2, y: a.y - a.height / 2, width: a.width, height: a.height, rx: 18, fill: colours.area })).join("");
    let x = MARGIN;
    const words = key.map(([colour, text]) => {
      const at = x;
      pencil.font = "400 12px sans-serif";
      x += 34 + pencil.measureText(text).width;
      return at + 34 > width - MARGIN ? "" : tag("path", { d: `M${number(at)} ${number(height - MARGIN - 4)}h16`, stroke: colour, "stroke-width": 2.4 })
        + tag("text", { x: at + 22, y: height - MARGIN, "font-size": 12, fill: colours.quiet, ...font }, escaped(text));
    }).join("");
    const text = tag("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${number(width)} ${number(height)}` },
      (title ? tag("title", {}, escaped(title)) : "") + tag("rect", { width, height, fill: colours.paper })
      + (title ? tag("text", { x: MARGIN, y: MARGIN + 12, "font-size": Math.max(20, Math.min(44, width / 55)), "font-weight": 650, fill: colours.ink, ...font }, escaped(title)) : "")
      + tag("g", { transform: `translate(${number(left - frame.left * scale)} ${number(MARGIN + head - frame.top * scale)}) scale(${scale})` },
        sheet + lines.map(lineOf).join("") + marks.map(markOf).join("") + parts.join("")) + words);
    return { text, width, height };
  };

  /** A picture as a PNG file's Blob. */
  atlas.pngOf = async function ({ text, width, height }) {
    const times = Math.min(PNG_TIMES, MOST_PNG_SIDE / Math.max(width, height));
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * times);
    canvas.height = Math.round(height * times);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
    });
  };
})(window.NoteAtlas);
