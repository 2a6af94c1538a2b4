// -- what the page was given: see payload.py ---------------------------------------------------------------

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { columns, texts, status, axes, quantities, spectra } = data;
const peaks = Object.keys(status);
const rowCount = columns.scan.length;
const NO_NUMBER = 65535;
const NOT_AT_HAND = -1;

const steps = new Uint16Array(Uint8Array.from(atob(byId("counts").textContent), (c) => c.charCodeAt(0)).buffer);
const firstStep = [0];
for (const axis of spectra.axis) firstStep.push(firstStep.at(-1) + spectra.channels[axis].length);

const text = (name, row) => texts[name].words[texts[name].at[row]];
const flagsOf = (row) => text("flags", row).split("|").filter(Boolean);

const scanAt = new Map(axes.scans.map((scan, s) => [scan, s]));
const pointAt = new Map(axes.points.map((point, p) => [point, p]));
const placeOf = Array.from({ length: rowCount }, (_, row) => [scanAt.get(columns.scan[row]), pointAt.get(text("point", row))]);
const rowAt = axes.scans.map(() => new Array(axes.points.length).fill(-1));
placeOf.forEach(([s, p], row) => { rowAt[s][p] = row; });

/** A quantity as it is drawn: nothing where the peak was not detected. */
function value(name, row) {
  const { peak } = quantities[name];
  return peak && status[peak][row] !== "o" ? null : columns[name][row];
}
const errorOf = (name, row) => columns[quantities[name].error]?.[row] ?? null;
const timeOf = (row) => (axes.timed ? columns.time_s[row] / axes.scale : columns.scan[row]);

/** One spectrum with its fit, or why there is none. */
function spectrumOf(row) {
  const k = spectra.at[row];
  if (k === NOT_AT_HAND) return { why: "Its export was not at hand when this page was written: the numbers are all there is." };
  if (k < 0) return { why: "Not in this page, which holds the spectra of all flagged and the worst fits and an even choice of the others." };
  const shift = spectra.channels[spectra.axis[k]];
  const counts = Array.from(steps.subarray(firstStep[k], firstStep[k + 1]), (step) =>
    step === NO_NUMBER ? null : spectra.offset[k] + spectra.step[k] * step);
  const drawn = peaks.filter((peak) => [`${peak}_center_cm1`, `${peak}_fwhm_cm1`, `${peak}_height`].every((name) => columns[name][row] !== null));
  const [low, high] = [shift[0], shift.at(-1)];
  const coefficients = spectra.coefficients[k];
  const baseline = (x) => coefficients.reduceRight((sum, c) => sum * ((2 * x - low - high) / (high - low)) + c, 0);
  const lorentzian = (peak, x) =>
    columns[`${peak}_height`][row] / (1 + ((x - columns[`${peak}_center_cm1`][row]) / (columns[`${peak}_fwhm_cm1`][row] / 2)) ** 2);
  const fit = (x) => drawn.reduce((sum, peak) => sum + lorentzian(peak, x), baseline(x));
  const masked = new Set(spectra.masked[k]);
  const residual = counts.map((count, i) => (count === null || masked.has(i) ? null : count - fit(shift[i])));
  return { shift, counts, masked, drawn, fitted: coefficients.length > 0, baseline, lorentzian, fit, residual };
}

// -- words -------------------------------------------------------------------------------------------------

const plain = (number) => (number === null ? "" : String(Number(number.toPrecision(6))));

/** Value and standard error with the digits of the Particle Data Group, as rounding.py writes them. */
function withError(number, se) {
  if (number === null || se === null || !(se > 1e-6 && se < 1e7)) return plain(number);
  let exponent = Math.floor(Math.log10(se));
  const leading = Math.floor((se / 10 ** exponent) * 100 + 1e-9);
  if (leading > 949) { exponent += 1; se = 10 ** exponent; }
  const digits = Math.max(0, leading > 354 && leading <= 949 ? -exponent : 1 - exponent);
  return `${number.toFixed(digits)} ± ${se.toFixed(digits)}`;
}

const unitOf = (label) => /\(([^)]*)\)$/.exec(label)?.[1] ?? "";
const brief = (number) => (number === null ? "" : String(Number(number.toPrecision(5))));

/** A quantity with its error, or a column of the cell with its unit. */
function shown(name, row) {
  if (name in quantities) return withError(columns[name][row], errorOf(name, row));
  return columns[name][row] === null ? "" : `${brief(columns[name][row])} ${unitOf(data.words[name][0])}`.trim();
}
const timeUnit = axes.timed ? axes.time.replace(/^time \((.*)\)$/, "$1") : "";
const timeWords = (row) => (axes.timed ? `${timeOf(row).toFixed(2)} ${timeUnit}` : `scan ${columns.scan[row]}`);
const positionWords = (p) => (axes.position_um[p] === null ? axes.points[p] : `${axes.points[p]}, ${plain(axes.position_um[p])} µm`);
const nameOf = (row) => `${positionWords(placeOf[row][1])}, scan ${columns.scan[row]}`;

/** A label with the indices of a ratio set low. */
function typeset(label) {
  return label.split(/(_\w)/).map((part) => (/^_\w$/.test(part) ? make("sub", {}, part[1]) : part));
}
const labelOf = (name) => (quantities[name].peak ? [quantities[name].label] : typeset(quantities[name].label));

// -- colours of points and peaks ----------------------------------------------------------------------------

const manyPoints = axes.points.length > 8;
const pointColour = (p) => (manyPoints ? colour("viridis", (0.88 * p) / (axes.points.length - 1)) : `var(--p${p})`);
const peakColour = (k) => `var(--p${[0, 2, 3, 4, 5][k % 5]})`;

// -- selection: one row for maps, traces, fit and table ------------------------------------------------------

const state = { row: -1, order: [], page: 0, sort: "flags", descending: false };
const watchers = { maps: [], traces: [] }; // functions that mark the chosen row in what is drawn

function select(row, { reveal = false } = {}) {
  state.row = row;
  for (const mark of [...watchers.maps, ...watchers.traces]) mark(row);
  showFit(row);
  const at = state.order.indexOf(row);
  if (at >= 0) state.page = Math.floor(at / PAGE);
  showTable();
  const fit = byId("fit");
  if (reveal && getComputedStyle(fit).position !== "sticky") fit.scrollIntoView({ block: "start" });
}

/** Arrow keys: along time and along the line to the next spectrum that was measured. */
function steer(event) {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!move || state.row < 0) return;
  event.preventDefault();
  let [s, p] = placeOf[state.row];
  do { s += move[0]; p += move[1]; } while (rowAt[s]?.[p] === -1);
  const row = rowAt[s]?.[p];
  if (row !== undefined) select(row);
}

const tip = byId("tip");
const hideTip = () => { tip.hidden = true; };
function showTip(event, ...words) {
  tip.replaceChildren(...words);
  tip.hidden = false;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(4, Math.min(event.pageX + 14, window.scrollX + room))}px`;
  tip.style.top = `${event.pageY + 18}px`;
}

function rowTip(event, row, name) {
  const cell = ["voltage_v", "soc"].filter((name) => name in columns && columns[name][row] !== null);
  showTip(
    event,
    make("b", {}, `${nameOf(row)}${axes.timed ? `, ${timeWords(row)}` : ""}`),
    make("div", {}, ...labelOf(name), ": ", value(name, row) === null ? "no value" : shown(name, row)),
    make("div", {}, cell.map((key) => shown(key, row)).join(", ")),
    make("span", { class: "flags" }, flagsOf(row).join(", ")),
  );
}

/** Make a drawing answer to pointer and keys; `rowUnder(x, y)` is given pixels of the drawing. */
function interactive(plot, drawing, width, rowUnder, name) {
  const under = (event) => {
    const frame = drawing.getBoundingClientRect();
    return rowUnder(((event.clientX - frame.left) / frame.width) * width, ((event.clientY - frame.top) / frame.width) * width);
  };
  plot.addEventListener("pointermove", (event) => {
    const row = event.pointerType === "touch" ? -1 : under(event);
    if (row >= 0) rowTip(event, row, name); else hideTip();
  });
  plot.addEventListener("pointerleave", hideTip);
  plot.addEventListener("click", (event) => { const row = under(event); if (row >= 0) select(row, { reveal: true }); });
  plot.addEventListener("keydown", steer);
}

const plotOf = (name, kind) => make("div", {
  class: "plot", tabindex: "0", role: "application", "data-quantity": name, "aria-describedby": "steering",
  "aria-label": `${kind} of ${quantities[name].label}: arrow keys move the selected spectrum`,
});

// -- time axis, shared by maps, traces and the cell's record ---------------------------------------------------

function timeScale(width) {
  const longest = Math.max(...axes.points.map((_, p) => positionWords(p).length));
  const left = Math.min(Math.max(58, 6.6 * longest + 12), 0.32 * width);
  const right = width - (data.record?.soc ? 44 : 12);
  const x = scale([axes.cells[0][0], axes.cells.at(-1)[1]], [left, right]);
  return Object.assign(x, { left, right });
}

/** The cell's voltage and state of charge beneath the maps or the traces. */
function recordPanel(width, x) {
  const { time_s: time, voltage_v: voltage, soc } = data.record;
  const height = 78;
  const into = svg(width, height + 38, "cell voltage and state of charge over time");
  const inside = time.map((t) => t / axes.scale >= x.back(x.left) && t / axes.scale <= x.back(x.right));
  const line = (values, y) => path(values.map((v, i) => (v === null || !inside[i] ? null : [x(time[i] / axes.scale), y(v)])));
  const words = [];
  if (voltage) {
    const y = scale(extent(voltage.filter((_, i) => inside[i])), [height, 4]);
    yAxis(into, y, x.left, x.right, 26);
    into.append(draw("path", { class: "cell", d: line(voltage, y) }));
    words.push(make("span", {}, "cell voltage (V)"));
  }
  if (soc) {
    const y = scale(extent(soc.filter((_, i) => inside[i])), [height, 4]);
    for (const [at, name] of y.ticks(26)) into.append(draw("text", { class: "soc-text", x: x.right + 6, y: y(at) + 4 }, name));
    into.append(draw("path", { class: "soc", d: line(soc, y) }));
    words.push(make("span", { class: "colours" }, make("span", { class: "swatch dashed", own: "var(--accent)" }), "state of charge (%)"));
  }
  into.append(box(x.left, 4, x.right, height));
  xAxis(into, x, height, axes.time);
  return make("figure", {}, make("figcaption", {}, ...words), into);
}

// -- maps --------------------------------------------------------------------------------------------------

function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#e4e4e4";
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = "#8a8a8a";
  pen.lineWidth = 1;
  for (const shift of [-6, 0, 6]) { pen.moveTo(shift - 1, 7); pen.lineTo(shift + 7, -1); }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function mapPanel(name, width, x, lowest) {
  const height = Math.min(Math.max(13 * axes.points.length, 54), 230);
  const y = scale([axes.places[0], axes.places.at(-1)], [height, 0]);
  const map = name.endsWith("_height") || name.endsWith("_area") ? "cividis" : "viridis";
  const { low, high, below, above, any } = limits(Array.from({ length: rowCount }, (_, row) => value(name, row)));
  const sharp = window.devicePixelRatio || 1;
  const canvas = make("canvas", { width: Math.round((x.right - x.left) * sharp), height: Math.round(height * sharp) });
  Object.assign(canvas.style, { left: `${(100 * x.left) / width}%`, width: `${(100 * (x.right - x.left)) / width}%`, top: "0", height: `${height}px` });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.translate(-x.left, 0);
  const missed = hatching(pen);
  const cell = (s, p) => {
    const [a, b] = axes.cells[s].map(x);
    return [a, y(axes.places[p + 1]), Math.max(b - a, 1), y(axes.places[p]) - y(axes.places[p + 1])];
  };
  placeOf.forEach(([s, p], row) => {
    const [left, top, wide, tall] = cell(s, p);
    const number = value(name, row);
    pen.fillStyle = number === null ? missed : colour(map, high > low ? (number - low) / (high - low) : 0.5);
    const [a, b, c, d] = [left, top, left + wide, top + tall].map((edge) => Math.round(edge * sharp) / sharp); // no seams
    pen.fillRect(a, b, Math.max(c - a, 1 / sharp), Math.max(d - b, 1 / sharp));
    if (number === null || !flagsOf(row).length) return;
    const size = Math.min(6, Math.max(2.5, 0.8 * wide), 0.6 * tall);
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--mark");
    pen.beginPath();
    pen.moveTo(left + wide - size, top);
    pen.lineTo(left + wide, top);
    pen.lineTo(left + wide, top + size);
    pen.fill();
  });
  const over = svg(width, height + (lowest ? 38 : 5), `${quantities[name].label} by position and time`);
  let last = Infinity;
  axes.points.forEach((_, p) => {
    const at = y((axes.places[p] + axes.places[p + 1]) / 2);
    if (last - at < 12) return;
    last = at;
    over.append(draw("text", { x: x.left - 6, y: at + 4, "text-anchor": "end" }, positionWords(p)));
  });
  over.append(box(x.left, 0, x.right, height));
  xAxis(over, x, height, lowest ? axes.time : "");
  const marks = [0, 1].map(() => draw("rect", { class: "chosen" }));
  over.append(...marks);
  watchers.maps.push((row) => {
    if (row < 0) return;
    const [left, top, wide, tall] = cell(...placeOf[row]);
    for (const mark of marks) fill(mark, { x: left - 1.5, y: top - 0.5, width: wide + 3, height: tall + 1 }, []);
  });
  const plot = plotOf(name, "Map");
  plot.append(canvas, over);
  interactive(plot, over, width, (px, py) => {
    const [time, place] = [x.back(px), y.back(py)];
    const s = axes.cells.findIndex(([a, b]) => time >= a && time < b);
    const p = axes.places.findIndex((edge, i) => place >= edge && place < axes.places[i + 1]);
    return s < 0 || p < 0 ? -1 : rowAt[s][p];
  }, name);
  return make("figure", {}, make("figcaption", {}, make("span", {}, ...labelOf(name)), any ? ramp(name, map, low, high, below, above) : "nothing detected"), plot);
}

/** The colour bar: its ends are the limits, with ≤ and ≥ where something lies beyond. */
function ramp(name, map, low, high, below, above) {
  const bar = make("span", { class: "ramp" });
  bar.style.background = `linear-gradient(to right, ${stops[map].map((_, i) => colour(map, i / 16)).join(", ")})`;
  const digits = Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(high - low || Math.abs(high) || 1))));
  return make("span", { class: "colours" }, `${below ? "≤ " : ""}${low.toFixed(digits)}`, bar, `${above ? "≥ " : ""}${high.toFixed(digits)} ${unitOf(quantities[name].label)}`);
}

// -- traces ------------------------------------------------------------------------------------------------

const MOST_TRACES = 60;
const traced = axes.points.map((_, p) => p).filter((p) => p % Math.ceil(axes.points.length / MOST_TRACES) === 0);

function tracePanel(name, width, x, lowest) {
  const height = 128;
  const into = svg(width, height + (lowest ? 38 : 6), `${quantities[name].label} over time, a line for every point`);
  const rowsOf = (p) => rowAt.map((rows) => (rows[p] >= 0 && value(name, rows[p]) !== null ? rows[p] : -1));
  const numbers = placeOf.map((_, row) => value(name, row));
  const { low, high, least, most, any } = limits(numbers);
  const room = (high - low) / 2;
  const reach = any ? [Math.max(least, low - room), Math.min(most, high + room)] : [];
  const beyond = numbers.filter((number) => number !== null && (number < reach[0] || number > reach[1])).length;
  const y = scale(extent(reach), [height, 4]);
  yAxis(into, y, x.left, x.right);
  const at = (row) => [x(timeOf(row)), y(value(name, row))];
  const bands = draw("g");
  const lines = new Map();
  for (const p of traced) {
    const rows = rowsOf(p);
    const edge = (sign) => (row) => [x(timeOf(row)), y(value(name, row) + sign * (errorOf(name, row) ?? 0))];
    let run = [];
    for (const row of [...rows, -1]) {
      if (row >= 0) { run.push(row); continue; }
      if (run.length > 1) bands.append(draw("path", { class: "band", own: pointColour(p), d: `${path([...run.map(edge(1)), ...run.reverse().map(edge(-1))])}Z` }));
      if (run.length === 1) {
        const [[px, py], [, top], [, low]] = [at(run[0]), edge(1)(run[0]), edge(-1)(run[0])];
        bands.append(draw("line", { class: "trace", own: pointColour(p), x1: px, x2: px, y1: top, y2: low }));
        bands.append(draw("circle", { class: "lonely", own: pointColour(p), cx: px, cy: py, r: 2 }));
      }
      run = [];
    }
    lines.set(p, draw("path", { class: manyPoints ? "trace many" : "trace", own: pointColour(p), d: path(rows.map((row) => (row < 0 ? null : at(row)))) }));
  }
  const clip = draw("clipPath", { id: `clip-${watchers.traces.length}` }, draw("rect", { x: x.left, y: 0, width: x.right - x.left, height }));
  const inside = draw("g", { "clip-path": `url(#clip-${watchers.traces.length})` }, bands, ...lines.values());
  const [level, levelError] = data.reference[name] ?? [null, null];
  if (level !== null && y(level) > 0 && y(level) < height) {
    into.append(draw("line", { class: "level", x1: x.left, x2: x.right, y1: y(level), y2: y(level) }));
    into.append(draw("text", { x: x.right - 4, y: y(level) - 4, "text-anchor": "end" }, `reference ${withError(level, levelError)}`));
  }
  const now = draw("line", { class: "now", y1: 0, y2: height });
  const dot = draw("circle", { class: "picked-value", r: 4.2 });
  into.append(clip, inside, box(x.left, 0, x.right, height), now, dot);
  if (!any) into.append(draw("text", { class: "words", x: (x.left + x.right) / 2, y: height / 2, "text-anchor": "middle" }, "nothing detected"));
  xAxis(into, x, height, lowest ? axes.time : "");
  watchers.traces.push((row) => {
    if (row < 0) return;
    for (const [p, line] of lines) line.classList.toggle("picked", p === placeOf[row][1]);
    fill(now, { x1: x(timeOf(row)), x2: x(timeOf(row)) }, []);
    const there = value(name, row) !== null && at(row)[1] > 0;
    fill(dot, { visibility: there ? "visible" : "hidden", cx: x(timeOf(row)), cy: there ? at(row)[1] : 0 }, []);
  });
  const plot = plotOf(name, "Traces");
  plot.append(into);
  interactive(plot, into, width, (px, py) => {
    let [nearest, best] = [-1, 24 ** 2];
    placeOf.forEach((_, row) => {
      if (value(name, row) === null) return;
      const [cx, cy] = at(row);
      const away = (cx - px) ** 2 + (cy - py) ** 2;
      if (away < best) [nearest, best] = [row, away];
    });
    return nearest;
  }, name);
  return make("figure", {}, make("figcaption", {}, make("span", {}, ...labelOf(name)), beyond ? make("span", { class: "colours" }, `${beyond} beyond the axis`) : ""), plot);
}

// -- a stack of panels, and which quantities it shows ----------------------------------------------------------

const chosen = { maps: data.maps, traces: data.lines };
const panels = { maps: mapPanel, traces: tracePanel };

function drawStack(section) {
  const room = byId(section).querySelector(".panels");
  const width = Math.max(room.clientWidth, 260);
  const x = timeScale(width);
  const recorded = data.record?.voltage_v || data.record?.soc;
  watchers[section] = [];
  const figures = chosen[section].map((name, i) => panels[section](name, width, x, !recorded && i === chosen[section].length - 1));
  room.replaceChildren(...figures, ...(recorded ? [recordPanel(width, x)] : []));
  for (const mark of watchers[section]) mark(state.row);
}

function buildChooser(section) {
  const names = Object.keys(quantities);
  byId(section).querySelector("fieldset").append(...names.map((name) => {
    const tick = make("input", { type: "checkbox", value: name, onchange: (event) => {
      chosen[section] = names.filter((other) => (other === name ? event.target.checked : chosen[section].includes(other)));
      drawStack(section);
    } });
    tick.checked = chosen[section].includes(name);
    return make("label", {}, tick, " ", ...labelOf(name));
  }));
}

function buildKeys() {
  const entry = (kind, words, own = "") => make("li", {}, make("span", { class: `swatch ${kind}`, own }), words);
  byId("map-key").append(entry("hatched", "measured, not detected"), entry("blank", "not measured"), entry("flag", "flagged"));
  const named = manyPoints ? [0, axes.points.length - 1] : axes.points.map((_, p) => p);
  byId("points-key").append(
    ...named.map((p) => entry("line", positionWords(p), pointColour(p))),
    make("li", {}, traced.length < axes.points.length ? `${traced.length} of ${axes.points.length} points; bands: one standard error` : "bands: one standard error"));
}

// -- the fit of one spectrum -----------------------------------------------------------------------------------

function showFit(row) {
  byId("fit").dataset.row = row;
  byId("fit-title").textContent = nameOf(row);
  const flags = flagsOf(row);
  byId("fit-flags").replaceChildren(...flags.map((word) => make("p", {}, make("b", {}, word), data.flags[word] ? `: ${data.flags[word]}` : "")));
  const spectrum = spectrumOf(row);
  byId("fit-plot").replaceChildren(...(spectrum.why ? [make("p", { class: "empty" }, spectrum.why)] : fitPlot(row, spectrum)));
  byId("fit-values").replaceChildren(...values(row));
}

function fitPlot(row, { shift, counts, masked, drawn, fitted, baseline, lorentzian, fit, residual }) {
  const width = Math.max(byId("fit-plot").clientWidth, 260);
  const [left, right, top, bottom, under, end] = [52, width - 8, 6, 250, 266, 328];
  const into = svg(width, end + 38, `spectrum and fit of ${nameOf(row)}`);
  const x = Object.assign(scale([shift[0], shift.at(-1)], [left, right]), { left, right });
  const used = counts.filter((count, i) => count !== null && !masked.has(i));
  const y = scale(extent(used.length ? used : counts), [bottom, top]);
  const inside = (count) => Math.min(Math.max(y(count), top + 3), bottom - 3);
  const fine = Array.from({ length: 401 }, (_, i) => shift[0] + (i / 400) * (shift.at(-1) - shift[0]));
  const curve = (f) => path(fine.map((at) => [x(at), y(f(at))]));
  yAxis(into, y, left, right, 44);
  const clip = draw("clipPath", { id: "clip-fit" }, draw("rect", { x: left, y: top, width: right - left, height: bottom - top }));
  const lines = draw("g", { "clip-path": "url(#clip-fit)" });
  const entries = [["dots", "var(--dot)", "data"]];
  const dots = (rows, r) => rows.map((i) => { const [cx, cy] = [x(shift[i]).toFixed(1), inside(counts[i]).toFixed(1)]; return `M${cx - -r} ${cy}a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`; }).join("");
  const cross = (i) => `M${x(shift[i]) - 3} ${inside(counts[i]) - 3}l6 6m0 -6l-6 6`;
  const channels = counts.map((_, i) => i).filter((i) => counts[i] !== null);
  const hidden = channels.filter((i) => masked.has(i));
  if (fitted) {
    drawn.forEach((peak) => {
      const own = peakColour(peaks.indexOf(peak));
      const outline = [...fine.map((at) => [x(at), y(baseline(at) + lorentzian(peak, at))]), ...fine.map((at) => [x(at), y(baseline(at))]).reverse()];
      lines.append(draw("path", { class: "peak", own, d: `${path(outline)}Z` }));
      entries.push(["faint", own, peak]);
    });
  }
  lines.append(draw("path", { class: "data", d: dots(channels.filter((i) => !masked.has(i)), 1.3) }));
  if (hidden.length) {
    lines.append(draw("path", { class: "masked", d: hidden.map(cross).join("") }));
    entries.push(["line", "var(--masked)", `masked (${hidden.length} ${hidden.length === 1 ? "channel" : "channels"})`]);
  }
  const residualScale = Math.max(...residual.map((r) => Math.abs(r ?? 0)), 1e-9) * 1.12;
  const z = scale([-residualScale, residualScale], [end, under]);
  if (fitted) {
    lines.append(draw("path", { class: "baseline", d: curve(baseline) }), draw("path", { class: "sum", d: curve(fit) }));
    entries.push(["dashed", "var(--ink)", "baseline"], ["line", "var(--sum)", "sum"]);
    yAxis(into, z, left, right, 26);
    into.append(draw("path", { class: "residual", d: path(residual.map((r, i) => (r === null ? null : [x(shift[i]), z(r)]))) }));
    into.append(draw("line", { class: "sum", x1: left, x2: right, y1: z(0), y2: z(0) }));
    into.append(draw("text", { x: left + 6, y: under + 12 }, "residual"));
  } else {
    into.append(draw("text", { class: "words", x: (left + right) / 2, y: (under + end) / 2 + 4, "text-anchor": "middle" }, "not fitted"));
  }
  for (const peak of fitted ? drawn : []) {
    const at = columns[`${peak}_center_cm1`][row];
    into.append(draw("text", { class: "strong", own: peakColour(peaks.indexOf(peak)), x: x(at), y: Math.max(inside(fit(at)) - 9, top + 12), "text-anchor": "middle" }, peak));
  }
  into.append(clip, lines, box(left, top, right, bottom), box(left, under, right, end), draw("text", { x: left + 6, y: top + 14 }, "counts"));
  xAxis(into, x, end, "Raman shift (cm⁻¹)");
  into.addEventListener("pointermove", (event) => {
    const frame = into.getBoundingClientRect();
    const at = x.back(((event.clientX - frame.left) / frame.width) * width);
    const i = channels.reduce((near, k) => (Math.abs(shift[k] - at) < Math.abs(shift[near] - at) ? k : near), channels[0]);
    if (i === undefined || at < shift[0] || at > shift.at(-1)) { hideTip(); return; }
    const about = masked.has(i) ? "masked" : fitted ? `residual ${brief(residual[i])}` : "not fitted";
    showTip(event, make("b", {}, `${shift[i].toFixed(1)} cm⁻¹`), `${brief(counts[i])} counts, ${about}`);
  });
  into.addEventListener("pointerleave", hideTip);
  const key = make("ul", { class: "key" }, ...entries.map(([kind, own, words]) => make("li", {}, make("span", { class: `swatch ${kind}`, own }), words)));
  return [key, into];
}

/** All numbers of a row: a line per peak, then what belongs to the spectrum. */
function values(row) {
  const parts = ["center_cm1", "fwhm_cm1", "height", "area"].filter((part) => peaks.some((peak) => `${peak}_${part}` in quantities));
  const head = (part) => quantities[peaks.map((peak) => `${peak}_${part}`).find((name) => name in quantities)];
  const bare = (label) => label.replace(/^\S+ /, "");
  const words = { o: "", n: "not detected", f: "failed" };
  const table = make("table", {},
    make("thead", {}, make("tr", {}, make("th", { class: "text" }, "peak"), ...parts.map((part) => make("th", { scope: "col", title: head(part).words }, bare(head(part).label))))),
    make("tbody", {}, ...peaks.map((peak) => make("tr", {}, make("th", { scope: "row" }, peak, words[status[peak][row]] ? make("span", { class: "flags" }, ` ${words[status[peak][row]]}`) : ""),
      ...parts.map((part) => make("td", {}, `${peak}_${part}` in quantities ? shown(`${peak}_${part}`, row) || "–" : "–"))))));
  const others = Object.keys(quantities).filter((name) => !parts.some((part) => peaks.some((peak) => name === `${peak}_${part}`)));
  const fact = (label, words, title = "", kind = "") => make("div", { class: kind, title }, make("dt", {}, ...label), make("dd", {}, words || "–"));
  const facts = [
    ...others.map((name) => fact(labelOf(name), shown(name, row), quantities[name].words)),
    ...Object.entries(data.words).filter(([name]) => name in columns).map(([name, [label, title]]) => fact([label], shown(name, row), title)),
    fact(["mid-time"], columns.time_s[row] === null ? "unknown" : `${plain(columns.time_s[row])} s`, "middle of the acquisition since the first scan began"),
    fact(["file"], text("source", row), "", "long"),
  ];
  return [make("div", { class: "wide", tabindex: "0" }, table), make("dl", { class: "facts" }, ...facts)];
}

// -- the table of all spectra ------------------------------------------------------------------------------------

const PAGE = 25;
const rankOf = Object.fromEntries(Object.keys(data.flags).map((word, rank) => [word, rank]));
const severity = (row) => Math.min(...flagsOf(row).map((word) => rankOf[word] ?? 99)); // Infinity where there is none
const numeric = (name, title = "") => ({ head: name in quantities ? labelOf(name) : [data.words[name][0]], title, cell: (row) => shown(name, row), key: (row) => columns[name][row] });
const listed = Object.keys(quantities).filter((name) => !/(^|_)(area|fwhm)/.test(name))
  .sort((a, b) => Boolean(quantities[a].peak) - Boolean(quantities[b].peak)); // ratios first
const tableColumns = {
  scan: { head: ["scan"], cell: (row) => String(columns.scan[row]), key: (row) => columns.scan[row] },
  point: { head: ["point"], cell: (row) => text("point", row), key: (row) => placeOf[row][1], text: true },
  ...(axes.timed ? { time: { head: [axes.time], cell: (row) => timeOf(row).toFixed(2), key: timeOf } } : {}),
  ...("soc" in columns ? { soc: { ...numeric("soc"), head: ["SOC (%)"], title: data.words.soc[1], cell: (row) => (columns.soc[row] === null ? "" : columns.soc[row].toFixed(1)) } } : {}),
  flags: { head: ["flags"], cell: (row) => flagsOf(row).join(", "), key: severity, text: true },
  ...Object.fromEntries(listed.map((name) => [name, numeric(name, quantities[name].words)])),
  redchi2: { ...numeric("redchi2", data.words.redchi2[1]), head: ["red. χ²"], cell: (row) => (columns.redchi2[row] === null ? "" : columns.redchi2[row].toFixed(2)) },
};

function arrange() {
  const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = byId("flagged").checked;
  const { key } = tableColumns[state.sort];
  const keys = columns.scan.map((_, row) => key(row));
  const missing = (k) => k === null || k === Infinity;
  state.order = keys.map((_, row) => row).filter((row) => {
    if (only && !flagsOf(row).length) return false;
    const words = `${text("point", row)} ${text("flags", row)} ${text("source", row)} scan ${columns.scan[row]}`.toLowerCase();
    return wanted.every((word) => words.includes(word));
  }).sort((a, b) => missing(keys[a]) - missing(keys[b]) || (missing(keys[a]) ? a - b : (state.descending ? -1 : 1) * (keys[a] - keys[b]) || a - b));
  state.page = 0;
}

function buildTable() {
  const sortBy = (name) => {
    state.descending = state.sort === name && !state.descending;
    state.sort = name;
    arrange();
    showTable();
  };
  byId("table").querySelector("thead tr").append(...Object.entries(tableColumns).map(([name, { head, title, text: isText }]) =>
    make("th", { scope: "col", "data-column": name, title: title ?? "", class: isText ? "text" : "" }, make("button", { type: "button", onclick: () => sortBy(name) }, ...head))));
  byId("table").querySelector("tbody").addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (line) select(Number(line.dataset.row), { reveal: true });
  });
  byId("filter").form.addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["filter", "flagged"]) byId(id).addEventListener("input", () => { arrange(); showTable(); });
  const turn = (by) => { state.page += by; showTable(); };
  byId("page-before").addEventListener("click", () => turn(-1));
  byId("page-after").addEventListener("click", () => turn(1));
  const step = (by) => { const row = state.order[state.order.indexOf(state.row) + by]; if (row !== undefined) select(row); };
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  const embedded = spectra.at.filter((k) => k >= 0).length;
  const left = [];
  if (rowCount < data.rows) left.push(`The page shows ${rowCount} of ${data.rows} spectra, evenly chosen; the tables beside it hold all.`);
  if (spectra.at.some((k) => k < NOT_AT_HAND)) left.push(`${embedded} spectra can be looked at: the flagged, the worst, and an even choice of the others.`);
  byId("left-out").textContent = left.join(" ");
  byId("left-out").hidden = !left.length;
}

function showTable() {
  for (const head of byId("table").querySelectorAll("th[data-column]")) {
    if (head.dataset.column === state.sort) head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  const [first, end] = [state.page * PAGE, Math.min((state.page + 1) * PAGE, state.order.length)];
  byId("table").querySelector("tbody").replaceChildren(...state.order.slice(first, end).map((row) => {
    const line = make("tr", { "data-row": row, ...(row === state.row ? { "aria-current": "true" } : {}) });
    line.append(...Object.entries(tableColumns).map(([name, { cell, text: isText }]) => name === "scan"
      ? make("th", { scope: "row" }, make("button", { type: "button", "aria-label": `show ${nameOf(row)}` }, cell(row)))
      : make("td", { class: `${isText ? "text" : ""} ${name === "flags" ? "flags" : ""}` }, cell(row))));
    return line;
  }));
  byId("page-place").textContent = state.order.length ? `${first + 1}–${end} of ${state.order.length}` : "no spectrum matches";
  byId("page-before").disabled = first === 0;
  byId("page-after").disabled = end >= state.order.length;
  const at = state.order.indexOf(state.row);
  byId("place").textContent = at < 0 ? "not in the table’s choice" : `${at + 1} of ${state.order.length} in the table`;
  byId("previous").disabled = at <= 0;
  byId("next").disabled = at + 1 >= state.order.length;
}

// -- go ----------------------------------------------------------------------------------------------------------

function drawAll() {
  drawStack("maps");
  drawStack("traces");
  if (state.row >= 0) showFit(state.row);
}

buildKeys();
buildChooser("maps");
buildChooser("traces");
buildTable();
arrange();
drawAll();
select(state.order[0]);
let drawnAt = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== drawnAt) { drawnAt = window.innerWidth; requestAnimationFrame(drawAll); }
});
