// -- traces --------------------------------------------------------------------------------------------------

const MOST_TRACES = 60;
/** The points whose traces are drawn: those switched on, or an even choice of them. */
function tracedPoints() {
  const on = axes.points.map((_, p) => p).filter((p) => state.points.has(p));
  return on.filter((_, i) => i % Math.ceil(on.length / MOST_TRACES) === 0);
}

/** A point's line with its band of one standard error, both broken where nothing was detected. */
function trace(name, p, x, y) {
  const own = pointColour(p);
  const at = (row, errors = 0) => [x(xOf(row)), y(value(name, row) + errors * (errorOf(name, row) ?? 0))];
  const there = (row) => row >= 0 && value(name, row) !== null && xOf(row) !== null;
  const rows = rowAt.map((points) => (there(points[p]) ? points[p] : -1));
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
    } else if (run.length && !against.falls.length) {
      const outline = [...run.map((r) => at(r, 1)), ...run.reverse().map((r) => at(r, -1))];
      bands.push(draw("path", { class: "band", d: `${path(outline)}Z` }));
    }
    run = [];
  }
  const piece = (back) => {
    const steps = rows.map((row, s) => {
      const [before, falls] = [s > 0 ? rows[s - 1] : -1, Boolean(against.falls[s])];
      return row >= 0 && before >= 0 && falls === back ? path([at(before), at(row)]) : "";
    });
    return draw("path", { class: back ? "trace back" : "trace", d: steps.join("") });
  };
  const drawn = against.falls.length
    ? [piece(false), piece(true)]
    : [draw("path", { class: "trace", d: path(rows.map((row) => (row < 0 ? null : at(row)))) })];
  return { p, lines: drawn, group: draw("g", { own }, ...bands, ...drawn) };
}

/** The range of what is in view, within that of the quantity. */
function heightOf(name, x, points) {
  const [low, high] = quantities[name].range;
  if (views.x.of === null) return extent([low, high]);
  const there = points.flatMap((p) => rowAt.map((row) => row[p])).filter((row) => row >= 0 && xOf(row) !== null);
  const seen = there.filter((row) => inside(x, xOf(row))).map((row) => value(name, row));
  const within = seen.filter((number) => number !== null && number >= low && number <= high);
  return extent(within.length ? within : [low, high]);
}

function tracePanel(name, width, x, lowest) {
  const height = 128;
  const into = svg(width, height + (lowest ? 38 : 6), `${quantities[name].label} against ${against.words}, a line for every point`);
  const points = tracedPoints();
  const y = scale(heightOf(name, x, points), [height, 4]);
  const level = (number) => y(number) > 0 && y(number) < height;
  yAxis(into, y, x.left, x.right);
  const traces = points.map((p) => trace(name, p, x, y));
  const clip = `clip-${watchers.traces.length}`;
  const marks = eventsOf(name).flatMap((event) => {
    const span = spanOf(event);
    if (!span || !inside(x, (span[0] + span[1]) / 2)) return [];
    const [from, to] = ends(span).map(x);
    const own = pointColour(pointAt.get(event.point));
    return [
      draw("rect", { class: "event", x: from, y: height - 10, width: Math.max(to - from, 1), height: 4, own }),
      draw("g", {}, draw("title", {}, `${event.point}: ${event.words}`), sign(event.kind, (from + to) / 2, height - 8, own)),
    ];
  });
  into.append(clipTo(clip, x.left, 0, x.right, height));
  into.append(draw("g", { "clip-path": `url(#${clip})` }, ...traces.map(({ group }) => group), ...marks));
  const [of, words] = data.reference[name] ?? [null, ""];
  if (of !== null && level(of)) {
    into.append(line("level", x.left, y(of), x.right, y(of)), write("", x.right - 4, y(of) - 4, words, "end"));
  }
  if (!someKnown(name)) into.append(write("words", (x.left + x.right) / 2, height / 2, "nothing detected", "middle"));
  const now = line("now", 0, 0, 0, height);
  const dot = draw("circle", { class: "picked-value", r: 4.2 });
  into.append(box(x.left, 0, x.right, height), now, dot);
  xAxis(into, x, height, lowest ? against.words : "");
  watchers.traces.push((row) => {
    const [at, number] = row < 0 ? [null, null] : [xOf(row), value(name, row)];
    const there = at !== null && inside(x, at);
    for (const { p, lines } of traces)
      for (const one of lines) one.classList.toggle("picked", row >= 0 && p === placeOf[row][1]);
    fill(now, { visibility: there ? "visible" : "hidden" });
    fill(dot, { visibility: there && number !== null && level(number) ? "visible" : "hidden" });
    if (!there) return;
    fill(now, { x1: x(at), x2: x(at) });
    if (number !== null) fill(dot, { cx: x(at), cy: y(number) });
  });
  const plot = plotOf(name, "Traces");
  plot.append(into);
  const rowUnder = (px, py) => {
    let [found, best] = [-1, 24 ** 2];
    for (let row = 0; row < rowCount; row += 1) {
      const [at, number] = [xOf(row), value(name, row)];
      if (number === null || at === null || !state.points.has(placeOf[row][1])) continue;
      const away = (x(at) - px) ** 2 + (y(number) - py) ** 2;
      if (away < best) [found, best] = [row, away];
    }
    return found;
  };
  interactive(plot, into, width, { rowUnder, at: (px) => ({ x: x.back(px) }), views: () => ["x"], name });
  const beyond = placeOf.filter(([, p], row) => {
    const number = state.points.has(p) ? value(name, row) : null;
    return number !== null && xOf(row) !== null && inside(x, xOf(row)) && !level(number);
  }).length;
  return panel(name, beyond ? make("span", { class: "colours" }, `${beyond} beyond the axis`) : "", plot);
}

// -- of maps, medians over the pixels -------------------------------------------------------------------------

function medianPanel(name, width, x, lowest) {
  const height = 128;
  const into = svg(width, height + (lowest ? 38 : 6), `${quantities[name].label} against ${against.words}, the median over the pixels`);
  const found = data.medians[name].map((quarters, s) => {
    const at = against.middles[s];
    return quarters.length && at !== null ? [at, ...quarters] : null;
  });
  const there = found.filter(Boolean);
  const y = scale(extent([...quantities[name].range, ...there.flatMap(([, ...numbers]) => numbers)]), [height, 4]);
  yAxis(into, y, x.left, x.right);
  const line_ = (k) => found.map((numbers) => (numbers ? [x(numbers[0]), y(numbers[k])] : null));
  const outline = [...line_(1).filter(Boolean), ...line_(3).filter(Boolean).reverse()];
  const clip = `clip-${watchers.traces.length}`;
  const picked = draw("path", { class: "trace picked", own: "var(--accent)" });
  const dots = line_(2).filter(Boolean);
  into.append(
    clipTo(clip, x.left, 0, x.right, height),
    draw(
      "g",
      { "clip-path": `url(#${clip})`, own: "var(--p0)" },
      ...(outline.length && !against.falls.length ? [draw("path", { class: "band", d: `${path(outline)}Z` })] : []),
      draw("path", { class: "trace", d: path(line_(2)) }),
      ...dots.map(([cx, cy]) => draw("circle", { class: "lonely", cx, cy, r: 2.5 })),
      picked,
    ),
    box(x.left, 0, x.right, height),
  );
  xAxis(into, x, height, lowest ? against.words : "");
  watchers.traces.push((row) => {
    const own = row < 0 ? [] : rowAt.map((points) => points[placeOf[row][1]]);
    const known = (r) => r >= 0 && value(name, r) !== null && xOf(r) !== null;
    fill(picked, { d: path(own.map((r) => (known(r) ? [x(xOf(r)), y(value(name, r))] : null))) });
  });
  const plot = plotOf(name, "Medians");
  plot.append(into);
  const rowUnder = (px) => {
    const pixel = state.row < 0 ? 0 : placeOf[state.row][1];
    const away = found.map((numbers) => (numbers ? Math.abs(x(numbers[0]) - px) : Infinity));
    const s = away.indexOf(Math.min(...away));
    return away[s] < 40 ? rowAt[s][pixel] : -1;
  };
  interactive(plot, into, width, { rowUnder, at: (px) => ({ x: x.back(px) }), views: () => ["x"], name });
  return panel(name, "", plot);
}
