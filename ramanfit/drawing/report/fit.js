// -- the fit of one spectrum -----------------------------------------------------------------------------------

function showFit(row) {
  byId("fit").dataset.row = row;
  byId("fit-title").textContent = nameOf(row);
  const flags = flagsOf(row);
  const explained = (word) => make("p", {}, make("b", {}, word), data.flags[word] ? `: ${data.flags[word]}` : "");
  byId("fit-flags").replaceChildren(...flags.map(explained));
  const spectrum = spectrumOf(row);
  byId("fit-plot").replaceChildren(
    ...(spectrum.why ? [make("p", { class: "empty" }, spectrum.why)] : fitPlot(row, spectrum)),
  );
  byId("fit-values").replaceChildren(...values(row));
}

/** Data, masked channels, baseline, the peaks on it and the sum; the residual beneath. */
function fitPlot(row, spectrum) {
  const { shift, counts, masked, fitted, residual } = spectrum;
  const width = Math.max(byId("fit-plot").clientWidth, 260);
  const [left, right, top, bottom, under, end] = [52, width - 8, 6, 250, 266, 328];
  const into = svg(width, end + 38, `spectrum and fit of ${nameOf(row)}`);
  const x = Object.assign(scale([shift[0], shift.at(-1)], [left, right]), { left, right });
  const channels = counts.map((_, i) => i).filter((i) => counts[i] !== null);
  const used = channels.filter((i) => !masked.has(i));
  const y = scale(
    extent(
      (used.length ? used : channels).map((i) => counts[i]),
      0.12,
    ),
    [bottom, top],
  );
  const inside = (count) => Math.min(Math.max(y(count), top + 3), bottom - 3);
  const at = (i) => [x(shift[i]), inside(counts[i])];
  const hidden = channels.filter((i) => masked.has(i));
  yAxis(into, y, left, right, 44);
  const curves = fitted ? fitCurves(row, spectrum, x, y) : { peaks: [], lines: [], names: [], entries: [] };
  into.append(
    clipTo("clip-fit", left, top, right, bottom),
    draw(
      "g",
      { "clip-path": "url(#clip-fit)" },
      ...curves.peaks,
      dots(used.map(at)),
      crosses(hidden.map(at)),
      ...curves.lines,
    ),
    ...curves.names,
    box(left, top, right, bottom),
    write("", left + 6, top + 14, "counts"),
  );
  if (fitted) {
    const reach = 1.12 * Math.max(...residual.map((r) => Math.abs(r ?? 0)), 1e-9);
    const z = scale([-reach, reach], [end, under]);
    yAxis(into, z, left, right, 26);
    into.append(
      draw("path", { class: "residual", d: path(residual.map((r, i) => (r === null ? null : [x(shift[i]), z(r)]))) }),
      line("sum", left, z(0), right, z(0)),
    );
  }
  into.append(
    box(left, under, right, end),
    fitted
      ? write("", left + 6, under + 14, "residual")
      : write("words", (left + right) / 2, (under + end) / 2 + 4, "not fitted", "middle"),
  );
  xAxis(into, x, end, "Raman shift (cm⁻¹)");
  tellChannels(into, width, x, channels, spectrum);
  const key = [keyEntry("dots", "data", "var(--dot)"), ...curves.entries];
  if (hidden.length) key.push(keyEntry("line", `masked (${hidden.length})`, "var(--masked)"));
  return [make("ul", { class: "key" }, ...key), into];
}

function fitCurves(row, { shift, drawn, undetected, baseline, line, fit }, x, y) {
  const fine = Array.from({ length: 401 }, (_, i) => shift[0] + (i / 400) * (shift.at(-1) - shift[0]));
  const points = (f) => fine.map((at) => [x(at), y(f(at))]);
  const outline = (peak) => [...points((at) => baseline(at) + line(peak, at)), ...points(baseline).reverse()];
  const colourOf = (peak) => peakColour(peaks.indexOf(peak));
  const name = (peak) => {
    const at = undetected.get(peak)?.[0] ?? columns[columnOf(peak, "center_cm1")][row];
    const words = undetected.has(peak) ? `${peak} not detected` : peak;
    return fill(write("strong", x(at), Math.max(y(fit(at)) - 14, 18), words, "middle"), { own: colourOf(peak) });
  };
  return {
    peaks: drawn.map((peak) => draw("path", { class: "peak", own: colourOf(peak), d: `${path(outline(peak))}Z` })),
    lines: [
      ["baseline", baseline],
      ["sum", fit],
    ].map(([kind, f]) => draw("path", { class: kind, d: path(points(f)) })),
    names: drawn.map(name),
    entries: [
      ...drawn.map((peak) => keyEntry("faint", peak, colourOf(peak))),
      keyEntry("dashed", "baseline", "var(--ink)"),
      keyEntry("line", "sum", "var(--sum)"),
    ],
  };
}

// a line of no length with round ends is a dot
const dots = (points) =>
  draw("path", { class: "data", d: points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("") });
const crosses = (points) =>
  draw("path", { class: "masked", d: points.map(([x, y]) => `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`).join("") });

/** Tell shift, counts and residual of the channel under the pointer. */
function tellChannels(drawing, width, x, channels, { shift, counts, masked, fitted, residual }) {
  drawing.addEventListener("pointermove", (event) => {
    const frame = drawing.getBoundingClientRect();
    const at = x.back(((event.clientX - frame.left) / frame.width) * width);
    const nearer = (near, i) => (Math.abs(shift[i] - at) < Math.abs(shift[near] - at) ? i : near);
    const i = channels.reduce(nearer, channels[0]);
    if (i === undefined || at < shift[0] || at > shift.at(-1)) {
      hideTip();
      return;
    }
    const about = masked.has(i) ? "masked" : fitted ? `residual ${brief(residual[i])}` : "not fitted";
    showTip(event, make("b", {}, `${shift[i].toFixed(1)} cm⁻¹`), `${brief(counts[i])} counts, ${about}`);
  });
  drawing.addEventListener("pointerleave", hideTip);
}

const PARTS = ["center_cm1", "fwhm_cm1", "height", "area"].filter((kind) => peaks.some((peak) => columnOf(peak, kind)));
const STATUS = { o: "", n: " not detected", f: " failed" };

/** All numbers of a row: a line per peak, then what belongs to the spectrum. */
function values(row) {
  const heads = PARTS.map((kind) => {
    const { label, words, peak } = quantities[peaks.map((p) => columnOf(p, kind)).find(Boolean)];
    return make("th", { scope: "col", title: words }, label.slice(peak.length + 1));
  });
  const lines = peaks.map((peak) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, peak, make("span", { class: "flags" }, STATUS[status[peak][row]])),
      ...PARTS.map((kind) => make("td", {}, (columnOf(peak, kind) && shown(columnOf(peak, kind), row)) || "–")),
    ),
  );
  const table = make(
    "table",
    {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "text" }, "peak"), ...heads)),
    make("tbody", {}, ...lines),
  );
  const ofPeaks = new Set(peaks.flatMap((peak) => PARTS.map((kind) => columnOf(peak, kind))));
  const others = Object.keys(quantities).filter((name) => !ofPeaks.has(name));
  const fact = (label, words, title = "") =>
    make("div", { title }, make("dt", {}, ...label), make("dd", {}, words || "–"));
  const time = columns.time_s[row] === null ? "unknown" : `${plain(columns.time_s[row])} s`;
  const facts = make(
    "dl",
    { class: "facts" },
    ...others.map((name) => fact(labelOf(name), shown(name, row), quantities[name].words)),
    ...Object.entries(data.words).map(([name, [label, title]]) => fact(typeset(label), shown(name, row), title)),
    fact(["mid-time"], time, "middle of the acquisition since the first scan began"),
    fill(fact(["file"], text("source", row)), { class: "long" }),
  );
  return [make("div", { class: "wide", tabindex: "0" }, table), facts];
}
