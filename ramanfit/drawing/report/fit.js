// -- the fit of one spectrum, beside another one where two are compared --------------------------------------

let shown = null; // the spectrum that is drawn
let different = null; // by channel, what its counts and its fit are above those of the other one

function showFit(row) {
  byId("overview").hidden = row >= 0;
  byId("spectrum").hidden = row < 0;
  byId("fit").dataset.row = row;
  byId("fit").dataset.other = state.other;
  byId("fit-title").textContent =
    row < 0 ? "Overview" : nameOf(row) + (state.other < 0 ? "" : ` against ${nameOf(state.other)}`);
  const compare = byId("compare");
  compare.setAttribute("aria-pressed", state.other >= 0);
  compare.textContent = state.other < 0 ? "Compare" : "Compare no more";
  if (row < 0) return;
  const explained = (word) => make("p", {}, make("b", {}, word), data.flags[word] ? `: ${data.flags[word]}` : "");
  byId("fit-flags").replaceChildren(...flagsOf(row).map(explained));
  const focused = byId("fit-plot").contains(document.activeElement);
  const spectrum = spectrumOf(row);
  const other = state.other < 0 ? null : spectrumOf(state.other);
  shown = spectrum.why ? null : spectrum;
  byId("fit-plot").replaceChildren(
    ...(shown ? fitPlot(row, shown, other?.why ? null : other) : [make("p", { class: "empty" }, spectrum.why)]),
    ...(other?.why ? [make("p", { class: "empty" }, `${nameOf(state.other)}: ${other.why}`)] : []),
  );
  if (focused) byId("fit-plot").querySelector(".plot")?.focus({ preventScroll: true });
  byId("fit-values").replaceChildren(...valuesOf(row));
}

/** Counts and fit less those of another spectrum, by channel; of another axis, between its channels. */
function differenceOf(spectrum, other) {
  const at = (values, x) => {
    const end = other.shift.findIndex((shift) => shift >= x);
    if (end < 0 || (end === 0 && other.shift[0] > x)) return null;
    if (other.shift[end] === x) return values[end];
    const part = (x - other.shift[end - 1]) / (other.shift[end] - other.shift[end - 1]);
    const [a, b] = [values[end - 1], values[end]];
    return a === null || b === null ? null : a + part * (b - a);
  };
  const less = (name, i) => {
    const [own, others] = [spectrum[name][i], at(other[name], spectrum.shift[i])];
    return own === null || others === null ? null : own - others;
  };
  const of = (name) => spectrum.shift.map((_, i) => less(name, i));
  return { counts: of("counts"), fit: spectrum.fitted && other.fitted ? of("fit") : null };
}

/** Data, masked channels, baseline, the peaks on it and the sum; the residual beneath, and a difference. */
function fitPlot(row, spectrum, other) {
  const { shift, counts, masked, fitted, residual } = spectrum;
  const width = Math.max(byId("fit-plot").clientWidth, 260);
  const [left, right, top, bottom, under, end] = [52, width - 8, 6, 250, 266, 328];
  const last = other ? 408 : end;
  const words = other ? `spectra of ${nameOf(row)} and ${nameOf(state.other)}, and their difference` : `spectrum and fit of ${nameOf(row)}`;
  const into = svg(width, last + 38, words);
  const x = Object.assign(scale(viewed("shift"), [left, right]), { left, right });
  const inView = (at) => inside(x, at);
  const channels = counts.map((_, i) => i).filter((i) => counts[i] !== null && inView(shift[i]));
  const used = channels.filter((i) => !masked.has(i));
  const hidden = channels.filter((i) => masked.has(i));
  const others = other ? other.counts.filter((_, i) => inView(other.shift[i]) && !other.masked.has(i)) : [];
  const y = scale(extent([...(used.length ? used : channels).map((i) => counts[i]), ...others], 0.12), [bottom, top]);
  const within = (count) => Math.min(Math.max(y(count), top + 3), bottom - 3);
  const at = (i) => [x(shift[i]), within(counts[i])];
  yAxis(into, y, left, right, 44);
  const curve = (values, of = spectrum, to = y) =>
    path(values.map((count, i) => (count === null ? null : [x(of.shift[i]), to(count)])));
  const curves = fitted ? fitCurves(spectrum, x, y, curve) : { peaks: [], lines: [], names: [], entries: [] };
  const second = other
    ? [
        draw("path", { class: "other", d: curve(other.counts.map((c, i) => (other.masked.has(i) ? null : c)), other) }),
        ...(other.fitted ? [draw("path", { class: "other fitted", d: curve(other.fit, other) })] : []),
      ]
    : [];
  const clipped = (id, from, to, ...nodes) => [
    clipTo(id, left, from, right, to),
    draw("g", { "clip-path": `url(#${id})` }, ...nodes),
  ];
  into.append(
    ...clipped("clip-fit", top, bottom, ...curves.peaks, ...second, dots(used.map(at)), crosses(hidden.map(at)), ...curves.lines),
    ...curves.names,
    box(left, top, right, bottom),
    write("", left + 6, top + 14, "counts"),
  );
  if (fitted) {
    const reach = 1.12 * Math.max(...residual.map((r, i) => (inView(shift[i]) ? Math.abs(r ?? 0) : 0)), 1e-9);
    const z = scale([-reach, reach], [end, under]);
    yAxis(into, z, left, right, 26);
    into.append(
      ...clipped("clip-residual", under, end, draw("path", { class: "residual", d: curve(residual, spectrum, z) })),
      line("sum", left, z(0), right, z(0)),
    );
  }
  into.append(
    box(left, under, right, end),
    fitted
      ? write("label", left + 6, under + 14, "residual")
      : write("words", (left + right) / 2, (under + end) / 2 + 4, "not fitted", "middle"),
  );
  different = other && differenceOf(spectrum, other);
  if (other) {
    const z = scale(extent([0, ...different.counts.filter((_, i) => inView(shift[i]))]), [last, end + 16]);
    yAxis(into, z, left, right, 26);
    into.append(
      ...clipped(
        "clip-difference",
        end + 16,
        last,
        draw("path", { class: "residual", d: curve(different.counts, spectrum, z) }),
        ...(different.fit ? [draw("path", { class: "sum", d: curve(different.fit, spectrum, z) })] : []),
      ),
      line("level", left, z(0), right, z(0)),
      box(left, end + 16, right, last),
      write("label", left + 6, end + 30, "difference"),
    );
  }
  xAxis(into, x, last, "Raman shift (cm⁻¹)");
  const plot = make("div", {
    class: "plot",
    tabindex: "0",
    role: "application",
    "aria-label": `${words}: arrow keys move to other spectra`,
    "aria-describedby": "steering",
  });
  plot.append(into);
  plot.addEventListener("keydown", (event) => steer(event, ["shift"]));
  plot.addEventListener("dblclick", () => showWhole(["shift"]));
  const pixels = pixelsOf(into, width);
  dragToZoom(plot, into, (px) => ({ shift: x.back(px) }), pixels);
  tellChannels(plot, pixels, x, channels, spectrum);
  const key = [keyEntry("dots", "data", "var(--dot)"), ...curves.entries];
  if (hidden.length) key.push(keyEntry("line", `masked (${hidden.length})`, "var(--masked)"));
  if (other) key.push(keyEntry("line", nameOf(state.other), "var(--accent)"));
  return [make("ul", { class: "key" }, ...key), plot];
}

function fitCurves({ shift, drawn, undetected, baseline, peaks: curves, fit }, x, y, curve) {
  const onBaseline = (peak) => curves.get(peak).map((count, i) => count + baseline[i]);
  const edge = (values) => values.map((count, i) => [x(shift[i]), y(count)]);
  const outline = (peak) => [...edge(onBaseline(peak)), ...edge(baseline).reverse()];
  const colourOf = (peak) => peakColour(peaks.indexOf(peak));
  const name = (peak) => {
    const values = curves.get(peak);
    const top = values.indexOf(Math.max(...values));
    if (!inside(x, shift[top])) return [];
    const words = undetected.has(peak) ? `${peak} not detected` : peak;
    return [fill(write("strong", x(shift[top]), Math.max(y(fit[top]) - 14, 18), words, "middle"), { own: colourOf(peak) })];
  };
  return {
    peaks: drawn.map((peak) => draw("path", { class: "peak", own: colourOf(peak), d: `${path(outline(peak))}Z` })),
    lines: [
      ["baseline", baseline],
      ["sum", fit],
    ].map(([kind, values]) => draw("path", { class: kind, d: curve(values) })),
    names: drawn.flatMap(name),
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
  draw("path", {
    class: "masked",
    d: points.map(([x, y]) => `M${(x - 3).toFixed(1)} ${(y - 3).toFixed(1)}l6 6m0 -6l-6 6`).join(""),
  });

/** Tell shift, counts and residual of the channel under the pointer. */
function tellChannels(plot, pixels, x, channels, { shift, counts, masked, fitted, residual }) {
  plot.addEventListener("pointermove", (event) => {
    const at = x.back(pixels(event)[0]);
    const nearer = (near, i) => (Math.abs(shift[i] - at) < Math.abs(shift[near] - at) ? i : near);
    const i = channels.reduce(nearer, channels[0]);
    if (i === undefined || !inside(x, at)) {
      hideTip();
      return;
    }
    const about = masked.has(i) ? "masked" : fitted ? `residual ${brief(residual[i])}` : "not fitted";
    showTip(event, make("b", {}, `${shift[i].toFixed(1)} cm⁻¹`), `${brief(counts[i])} counts, ${about}`);
  });
  plot.addEventListener("pointerleave", hideTip);
}
