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
  const line = (values, y) =>
    path(values.map((v, i) => (v === null || !inside[i] ? null : [x(time[i] / axes.scale), y(v)])));
  const words = [];
  if (voltage) {
    const y = scale(extent(voltage.filter((_, i) => inside[i])), [height, 4]);
    yAxis(into, y, x.left, x.right, 26);
    into.append(draw("path", { class: "cell", d: line(voltage, y) }));
    words.push(make("span", {}, "cell voltage (V)"));
  }
  if (soc) {
    const y = scale(extent(soc.filter((_, i) => inside[i])), [height, 4]);
    for (const [at, name] of y.ticks(26)) into.append(write("soc-text", x.right + 6, y(at) + 4, name));
    into.append(draw("path", { class: "soc", d: line(soc, y) }));
    words.push(
      make(
        "span",
        { class: "colours" },
        make("span", { class: "swatch dashed", own: "var(--accent)" }),
        "state of charge (%)",
      ),
    );
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
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function mapPanel(name, width, x, lowest) {
  const height = Math.min(Math.max(13 * axes.points.length, 54), 230);
  const y = scale([axes.places[0], axes.places.at(-1)], [height, 0]);
  const map = ["height", "area"].includes(quantities[name].kind) ? "cividis" : "viridis";
  const [low, high] = quantities[name].range;
  const sharp = window.devicePixelRatio || 1;
  const canvas = make("canvas", { width: Math.round((x.right - x.left) * sharp), height: Math.round(height * sharp) });
  const percent = (pixels) => `${(100 * pixels) / width}%`; // paper is narrower than the screen
  Object.assign(canvas.style, {
    left: percent(x.left),
    width: percent(x.right - x.left),
    aspectRatio: `${x.right - x.left} / ${height}`,
  });
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
    over.append(write("", x.left - 6, at + 4, positionWords(p), "end"));
  });
  over.append(box(x.left, 0, x.right, height));
  xAxis(over, x, height, lowest ? axes.time : "");
  const marks = [0, 1].map(() => draw("rect", { class: "chosen" }));
  over.append(...marks);
  watchers.maps.push((row) => {
    if (row < 0) return;
    const [left, top, wide, tall] = cell(...placeOf[row]);
    for (const mark of marks) fill(mark, { x: left - 1.5, y: top - 0.5, width: wide + 3, height: tall + 1 });
  });
  const plot = plotOf(name, "Map");
  plot.append(canvas, over);
  interactive(
    plot,
    over,
    width,
    (px, py) => {
      const [time, place] = [x.back(px), y.back(py)];
      const s = axes.cells.findIndex(([a, b]) => time >= a && time < b);
      const p = axes.places.findIndex((edge, i) => place >= edge && place < axes.places[i + 1]);
      return s < 0 || p < 0 ? -1 : rowAt[s][p];
    },
    name,
  );
  return panel(name, known(name).length ? ramp(name, map) : "nothing detected", plot);
}

/** The colour bar: its ends are the limits, with ≤ and ≥ where something lies beyond. */
function ramp(name, map) {
  const [low, high] = quantities[name].range;
  const bar = make("span", { class: "ramp" });
  bar.style.background = `linear-gradient(to right, ${stops[map].map((_, i) => colour(map, i / 16)).join(", ")})`;
  const digits = Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(high - low || Math.abs(high) || 1))));
  const from = `${known(name).some((number) => number < low) ? "≤ " : ""}${low.toFixed(digits)}`;
  const to = `${known(name).some((number) => number > high) ? "≥ " : ""}${high.toFixed(digits)} ${unitOf(quantities[name].label)}`;
  return make("span", { class: "colours" }, from, bar, to);
}

// -- traces ------------------------------------------------------------------------------------------------

const MOST_TRACES = 60;
const traced = axes.points.map((_, p) => p).filter((p) => p % Math.ceil(axes.points.length / MOST_TRACES) === 0);

/** A point's line with its band of one standard error, both broken where nothing was detected. */
function trace(name, p, x, y) {
  const own = pointColour(p);
  const at = (row, errors = 0) => [x(timeOf(row)), y(value(name, row) + errors * (errorOf(name, row) ?? 0))];
  const rows = rowAt.map((points) => (points[p] >= 0 && value(name, points[p]) !== null ? points[p] : -1));
  const bands = [];
  let run = [];
  for (const row of [...rows, -1]) {
    if (row >= 0) {
      run.push(row);
      continue;
    }
    if (run.length === 1) {
      // no line shows it
      const [[px, py], [, top], [, end]] = [0, 1, -1].map((errors) => at(run[0], errors));
      bands.push(line("trace", px, top, px, end), draw("circle", { class: "lonely", cx: px, cy: py, r: 2 }));
    } else if (run.length) {
      const outline = [...run.map((r) => at(r, 1)), ...run.reverse().map((r) => at(r, -1))];
      bands.push(draw("path", { class: "band", d: `${path(outline)}Z` }));
    }
    run = [];
  }
  const drawn = draw("path", { class: "trace", d: path(rows.map((row) => (row < 0 ? null : at(row)))) });
  return { p, line: drawn, group: draw("g", { class: manyPoints ? "many" : "", own }, ...bands, drawn) };
}

function tracePanel(name, width, x, lowest) {
  const height = 128;
  const into = svg(width, height + (lowest ? 38 : 6), `${quantities[name].label} over time, a line for every point`);
  const y = scale(extent(quantities[name].range), [height, 4]);
  const inside = (number) => y(number) > 0 && y(number) < height;
  yAxis(into, y, x.left, x.right);
  const traces = traced.map((p) => trace(name, p, x, y));
  const clip = `clip-${watchers.traces.length}`;
  into.append(clipTo(clip, x.left, 0, x.right, height));
  into.append(draw("g", { "clip-path": `url(#${clip})` }, ...traces.map(({ group }) => group)));
  const [level, levelError] = data.reference[name] ?? [null, null];
  if (level !== null && inside(level)) {
    into.append(line("level", x.left, y(level), x.right, y(level)));
    into.append(write("", x.right - 4, y(level) - 4, `reference ${withError(level, levelError)}`, "end"));
  }
  if (!known(name).length) into.append(write("words", (x.left + x.right) / 2, height / 2, "nothing detected", "middle"));
  const now = line("now", 0, 0, 0, height);
  const dot = draw("circle", { class: "picked-value", r: 4.2 });
  into.append(box(x.left, 0, x.right, height), now, dot);
  xAxis(into, x, height, lowest ? axes.time : "");
  watchers.traces.push((row) => {
    if (row < 0) return;
    const [at, number] = [x(timeOf(row)), value(name, row)];
    for (const { p, line: drawn } of traces) drawn.classList.toggle("picked", p === placeOf[row][1]);
    fill(now, { x1: at, x2: at });
    const there = number !== null && inside(number);
    fill(dot, { visibility: there ? "visible" : "hidden", cx: at, cy: there ? y(number) : 0 });
  });
  const plot = plotOf(name, "Traces");
  plot.append(into);
  const nearest = (px, py) => {
    let [found, best] = [-1, 24 ** 2];
    for (let row = 0; row < rowCount; row += 1) {
      const number = value(name, row);
      const away = number === null ? Infinity : (x(timeOf(row)) - px) ** 2 + (y(number) - py) ** 2;
      if (away < best) [found, best] = [row, away];
    }
    return found;
  };
  interactive(plot, into, width, nearest, name);
  const beyond = known(name).filter((number) => !inside(number)).length;
  return panel(name, beyond ? make("span", { class: "colours" }, `${beyond} beyond the axis`) : "", plot);
}
