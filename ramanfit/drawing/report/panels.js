// -- the axis that maps, traces and the cell's record share -------------------------------------------------

function sharedScale(width, view) {
  const longest = Math.max(...axes.names.map((name) => name.length));
  const left = Math.min(Math.max(58, 6.6 * longest + 12), 0.32 * width);
  const right = width - (data.record?.soc ? 44 : 12);
  return Object.assign(scale(viewed(view), [left, right]), { left, right });
}

/** The cell's voltage and state of charge beneath the maps or the traces. */
function recordPanel(width, x) {
  const { time_h: time, voltage_v: voltage, soc } = data.record;
  const height = 78;
  const into = svg(width, height + 38, "cell voltage and state of charge over time");
  const there = time.map((t) => inside(x, t));
  const curve = (values, y) => path(values.map((v, i) => (v === null || !there[i] ? null : [x(time[i]), y(v)])));
  const words = [];
  if (voltage) {
    const y = scale(extent(voltage.filter((_, i) => there[i])), [height, 4]);
    yAxis(into, y, x.left, x.right, 26);
    into.append(draw("path", { class: "cell", d: curve(voltage, y) }));
    words.push(make("span", {}, "cell voltage (V)"));
  }
  if (soc) {
    const y = scale(extent(soc.filter((_, i) => there[i])), [height, 4]);
    for (const [at, name] of y.ticks(26)) into.append(write("soc-text", x.right + 6, y(at) + 4, name));
    into.append(draw("path", { class: "soc", d: curve(soc, y) }));
    const swatch = make("span", { class: "swatch dashed", own: "var(--accent)" });
    words.push(make("span", { class: "colours" }, swatch, "state of charge (%)"));
  }
  into.append(box(x.left, 4, x.right, height));
  xAxis(into, x, height, data.record.words);
  return Object.assign(make("figure", {}, make("figcaption", {}, ...words), into), {
    caption: `${voltage ? "cell voltage (V)" : ""}${voltage && soc ? "; " : ""}${soc ? "dashed: state of charge (%)" : ""}`,
  });
}
const hasRecord = (view) => {
  const inTime = view === "cells" ? against.across.endsWith("in order of time") : against.name === "time";
  return inTime && Boolean(data.record?.voltage_v || data.record?.soc);
};

// -- events ------------------------------------------------------------------------------------------------

const SIGNS = { vanishes: "M-5 -4h10l-5 8z", appears: "M-5 4h10l-5 -8z", steepest: "M0 -5l5 5l-5 5l-5 -5z" };
/** The events that a quantity shows: its own, and when its peak vanishes or appears. */
function eventsOf(name) {
  const { peak } = quantities[name];
  const own = (event) =>
    event.quantity === name || (event.kind !== "steepest" && peak && quantities[event.quantity]?.peak === peak);
  return data.events.filter((event) => own(event) && state.points.has(pointAt.get(event.point)));
}
const sign = (kind, x, y, own) =>
  draw("path", { class: "sign", d: SIGNS[kind], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, own });

/** From where to where an event is along the abscissa. */
function spanOf(event) {
  if (against.name === "time") return event.from === null ? null : [event.from, event.to];
  const span = event.rows.map((row) => (row < 0 ? null : xOf(row)));
  return span.includes(null) ? null : span;
}

// -- maps --------------------------------------------------------------------------------------------------

const paletteOf = (name) => (["height", "area"].includes(quantities[name].kind) ? "cividis" : "viridis");

function mapPanel(name, width, x, lowest) {
  const height = Math.min(Math.max(13 * axes.points.length, 54), 230);
  const y = scale([axes.places[0], axes.places.at(-1)], [height, 0]);
  const [map, limits] = [paletteOf(name), quantities[name].colours];
  const { canvas, pen, fillCell, flag } = sheet(width, x.left, 0, x.right - x.left, height);
  const missed = hatching(pen);
  const cell = (s, p) => {
    if (!against.cells[s].length) return null;
    const [a, b] = against.cells[s].map(x);
    return [a, y(axes.places[p + 1]), Math.max(b - a, 1), y(axes.places[p]) - y(axes.places[p + 1])];
  };
  placeOf.forEach(([s, p], row) => {
    const place = state.points.has(p) && cell(s, p);
    if (!place || place[0] > x.right || place[0] + place[2] < x.left) return;
    const [left, top, wide, tall] = place;
    const number = value(name, row);
    fillCell(left, top, wide, tall, number === null ? missed : shade(map, number, limits));
    if (number !== null && flagsOf(row).length) flag(left + wide, top, Math.min(6, Math.max(2.5, 0.8 * wide), 0.6 * tall));
  });
  const over = svg(width, height + (lowest ? 38 : 5), `${quantities[name].label} by position against ${against.across}`);
  let last = Infinity;
  axes.points.forEach((_, p) => {
    const at = y((axes.places[p] + axes.places[p + 1]) / 2);
    if (last - at < 12) return;
    last = at;
    over.append(write("", x.left - 6, at + 4, axes.names[p], "end"));
  });
  const clip = `clip-map-${watchers.maps.length}`;
  over.append(clipTo(clip, x.left, -3, x.right, height + 3), box(x.left, 0, x.right, height));
  xAxis(over, x, height, lowest ? against.across : "", against.ticks);
  const marks = [0, 1].map(() => draw("rect", { class: "chosen" }));
  const signs = eventsOf(name).flatMap(({ kind, point, rows }) => {
    const p = pointAt.get(point);
    const between = rows.map((row) => (row < 0 ? null : middle(against.cells[placeOf[row][0]])));
    if (between.includes(null)) return [];
    return [sign(kind, x((between[0] + between[1]) / 2), y((axes.places[p] + axes.places[p + 1]) / 2), "var(--event)")];
  });
  over.append(draw("g", { "clip-path": `url(#${clip})` }, ...signs, ...marks));
  watchers.maps.push((row) => {
    const place = row < 0 ? null : cell(...placeOf[row]);
    for (const mark of marks) fill(mark, { visibility: place ? "visible" : "hidden" });
    if (!place) return;
    const [left, top, wide, tall] = place;
    for (const mark of marks) fill(mark, { x: left - 1.5, y: top - 0.5, width: wide + 3, height: tall + 1 });
  });
  const plot = plotOf(name, "Map");
  plot.append(canvas, over);
  const rowUnder = (px, py) => {
    const [at, place] = [x.back(px), y.back(py)];
    const s = against.cells.findIndex(([a, b]) => at >= a && at < b);
    const p = axes.places.findIndex((edge, i) => place >= edge && place < axes.places[i + 1]);
    return s < 0 || p < 0 || px < x.left || px > x.right ? -1 : (rowAt[s][p] ?? -1);
  };
  const at = (px) => ({ [cellsView()]: x.back(px) });
  interactive(plot, over, width, { rowUnder, at, views: () => [cellsView()], name });
  return panel(name, someKnown(name) ? ramp(name, map) : "nothing detected", plot);
}

/** The colour bar: its ends are the limits, with ≤ and ≥ where something lies beyond. */
function ramp(name, map) {
  const bar = make("span", { class: "ramp" });
  bar.style.background = `linear-gradient(to right, ${stops[map].map((_, i) => colour(map, i / 16)).join(", ")})`;
  const [from, to] = quantities[name].ends;
  return Object.assign(make("span", { class: "colours" }, from, bar, to), { ramp: { map, from, to } });
}
