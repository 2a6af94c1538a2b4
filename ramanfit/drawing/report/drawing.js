// -- elements and scales -----------------------------------------------------------------------------------

function fill(node, attributes, children = []) {
  for (const [name, attribute] of Object.entries(attributes)) {
    if (name === "own") node.style.setProperty("--own", attribute);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), attribute);
    else node.setAttribute(name, attribute);
  }
  node.append(...children);
  return node;
}
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A straight scale from numbers to pixels; `back` goes the other way. */
function scale([from, to], [start, end]) {
  if (from === to) [from, to] = [from - 0.5, to + 0.5];
  const place = (x) => start + ((x - from) / (to - from)) * (end - start);
  place.back = (pixel) => from + ((pixel - start) / (end - start)) * (to - from);
  place.ticks = (spacing) => ticks(from, to, Math.max(2, Math.abs(end - start) / spacing));
  return place;
}

function ticks(from, to, most) {
  const rough = (to - from) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k += 1)
    found.push([k * step, (k * step).toFixed(digits)]);
  return found;
}

function extent(numbers, margin = 0.08) {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers)
    if (number !== null) {
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
  if (low > high) return [0, 1];
  const room = margin * (high - low) || 0.5;
  return [low - room, high + room];
}

/** A path through points, broken where one is null. */
function path(points) {
  let [d, open] = ["", false];
  for (const point of points) {
    if (point) d += `${open ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    open = Boolean(point);
  }
  return d;
}

function svg(width, height, label) {
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
}

/** A canvas beneath a drawing of this width, and its pen, in pixels of the drawing. */
function sheet(width, left, top, wide, tall) {
  const sharp = window.devicePixelRatio || 1;
  const canvas = make("canvas", { width: Math.round(wide * sharp), height: Math.round(tall * sharp) });
  const percent = (pixels) => `${(100 * pixels) / width}%`; // paper is narrower than the screen
  Object.assign(canvas.style, { left: percent(left), width: percent(wide), aspectRatio: `${wide} / ${tall}` });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.translate(-left, -top);
  Object.assign(canvas, { place: [left, top, wide, tall] }); // for pictures
  /** A rectangle whose edges lie between pixels of the screen: no seams. */
  const fillCell = (x, y, w, h, style) => {
    const between = (edge, origin) => Math.round((edge - origin) * sharp) / sharp + origin;
    const [a, b, c, d] = [between(x, left), between(y, top), between(x + w, left), between(y + h, top)];
    pen.fillStyle = style;
    pen.fillRect(a, b, Math.max(c - a, 1 / sharp), Math.max(d - b, 1 / sharp));
  };
  const flag = (right, top, size) => {
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--mark");
    pen.beginPath();
    pen.moveTo(right - size, top);
    pen.lineTo(right, top);
    pen.lineTo(right, top + size);
    pen.fill();
  };
  return { canvas, pen, fillCell, flag };
}

/** What stands for a cell that was measured and holds no value. */
function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#e4e4e4";
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = "#8a8a8a";
  pen.lineWidth = 1;
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** A rectangle outside of which nothing is drawn. */
function clipTo(id, left, top, right, bottom) {
  return draw("clipPath", { id }, draw("rect", { x: left, y: top, width: right - left, height: bottom - top }));
}

function xAxis(into, x, y, words, given = null, spacing = 70) {
  for (const [at, name] of (given ?? x.ticks(spacing)).filter(([at]) => inside(x, at))) {
    into.append(line("tick", x(at), y, x(at), y + 4));
    if (words) into.append(write("", x(at), y + 16, name, "middle"));
  }
  if (words) into.append(write("words", (x.left + x.right) / 2, y + 33, words, "middle"));
}
const inside = (x, at) => x(at) > x.left - 0.5 && x(at) < x.right + 0.5;

function yAxis(into, y, left, right, spacing = 30) {
  for (const [at, name] of y.ticks(spacing)) {
    into.append(line("grid", left, y(at), right, y(at)));
    into.append(write("", left - 6, y(at) + 4, name, "end"));
  }
}

const line = (kind, x1, y1, x2, y2) => draw("line", { class: kind, x1, y1, x2, y2 });
const write = (kind, x, y, words, anchor = "start") =>
  draw("text", { class: kind, x, y, "text-anchor": anchor }, words);
const box = (left, top, right, bottom) =>
  draw("rect", { class: "box", x: left, y: top, width: right - left, height: bottom - top });

// -- colours -----------------------------------------------------------------------------------------------

const MAPS = {
  // seventeen colours of matplotlib's maps of these names
  viridis:
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
  cividis:
    "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 8c8878 9b9476 aba072 bcae6c cdbb63 dec958 f0d846 fee838",
};
const stops = Object.fromEntries(
  Object.entries(MAPS).map(([name, list]) => [
    name,
    list.split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16))),
  ]),
);

function colour(map, part) {
  const at = Math.min(Math.max(part, 0), 1) * 16;
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  return `rgb(${stops[map][low].map((c, i) => Math.round(c + (at - low) * (stops[map][high][i] - c))).join(", ")})`;
}
const SHADES = 512;
const shades = Object.fromEntries(
  Object.keys(MAPS).map((map) => [map, Array.from({ length: SHADES + 1 }, (_, i) => colour(map, i / SHADES))]),
);

/** The colour of a number between two limits; made once, as maps have many cells. */
function shade(map, number, [low, high]) {
  const part = high > low ? (number - low) / (high - low) : 0.5;
  return shades[map][Math.round(Math.min(Math.max(part, 0), 1) * SHADES)];
}

/** What a colour or a stroke stands for, as an item of a list. */
const keyEntry = (kind, words, own = "") => make("li", {}, make("span", { class: `swatch ${kind}`, own }), words);
