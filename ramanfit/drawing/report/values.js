// -- the numbers of one spectrum, or of two ----------------------------------------------------------------------

const PARTS = ["center_cm1", "fwhm_cm1", "height", "area"].filter((kind) => peaks.some((peak) => columnOf(peak, kind)));
const STATUS = { o: "", n: " not detected", f: " failed" };

/** All numbers of a row: a line per peak, then what belongs to the spectrum; those of another one after each. */
function valuesOf(row) {
  const rows = state.other < 0 ? [row] : [row, state.other];
  const heads = PARTS.map((kind) => {
    const { label, words, peak } = quantities[peaks.map((p) => columnOf(p, kind)).find(Boolean)];
    return make("th", { scope: "col", title: words }, label.slice(peak.length + 1));
  });
  const cell = (peak, kind, r) => (columnOf(peak, kind) && cells[columnOf(peak, kind)][r]) || "–";
  const lineOf = (peak, r) =>
    make(
      "tr",
      r === row ? {} : { class: "of-other" },
      make("th", { scope: "row" }, peak, make("span", { class: "flags" }, STATUS[status[peak][r]]), r === row ? "" : ` ${nameOf(r)}`),
      ...PARTS.map((kind) => make("td", {}, cell(peak, kind, r))),
    );
  const table = make(
    "table",
    {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "text" }, "peak"), ...heads)),
    make("tbody", {}, ...peaks.flatMap((peak) => rows.map((r) => lineOf(peak, r)))),
  );
  const ofPeaks = new Set(peaks.flatMap((peak) => PARTS.map((kind) => columnOf(peak, kind))));
  const others = Object.keys(quantities).filter((name) => !ofPeaks.has(name));
  const fact = (label, name, title = "") =>
    make("div", { title }, make("dt", {}, ...label), ...rows.map((r) => make("dd", {}, cells[name][r] || "–")));
  const files = rows.map((r) => make("dd", {}, text("source", r)));
  const facts = make(
    "dl",
    { class: "facts" },
    ...others.map((name) => fact(labelOf(name), name, quantities[name].words)),
    ...Object.entries(data.words).map(([name, [label, title]]) => fact(typeset(label), name, title)),
    ...(axes.timed ? [fact(["time (h)"], "time_h", "middle of the acquisition since the first scan began")] : []),
    make("div", { class: "long" }, make("dt", {}, "file"), ...files),
  );
  return [make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Numbers of the peaks" }, table), facts];
}
