// -- what the page was given: see payload.py ---------------------------------------------------------------

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { columns, texts, status, axes, quantities, spectra } = data;
const peaks = Object.keys(status);
const columnOf = (peak, kind) => data.peaks[peak][kind]; // undefined where the table has no such column
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
const placeOf = Array.from({ length: rowCount }, (_, row) => [
  scanAt.get(columns.scan[row]),
  pointAt.get(text("point", row)),
]);
const rowAt = axes.scans.map(() => new Array(axes.points.length).fill(-1));
placeOf.forEach(([s, p], row) => {
  rowAt[s][p] = row;
});

/** A quantity as it is drawn: nothing where the peak was not detected. */
function value(name, row) {
  const { peak } = quantities[name];
  return peak && status[peak][row] !== "o" ? null : columns[name][row];
}
const known = (name) => placeOf.map((_, row) => value(name, row)).filter((number) => number !== null);
const errorOf = (name, row) => columns[quantities[name].error]?.[row] ?? null;
const timeOf = (row) => (axes.timed ? columns.time_s[row] / axes.scale : columns.scan[row]);

/** A cubic through the four nearest of evenly spaced values, at a part of the way from the first to the last. */
function between(part, count, valueAt) {
  if (count < 4) return valueAt(0);
  const at = part * (count - 1);
  const first = Math.min(Math.max(Math.floor(at) - 1, 0), count - 4);
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => at - first - i);
  const weights = [(-b * c * d) / 6, (a * c * d) / 2, (-a * b * d) / 2, (a * b * c) / 6];
  return weights.reduce((sum, weight, i) => sum + weight * valueAt(first + i), 0);
}

/** A line of height 1 at so many half widths from its center, from the numbers of packing.py. */
function lineAt(peak, halfWidths, form) {
  const { forms, values } = spectra.lines[peak];
  const angle = Math.atan(halfWidths) / Math.PI + 0.5;
  const row = (i) => between(angle, values[i].length, (k) => values[i][k]);
  return between((form - forms[0]) / (forms[1] - forms[0]), values.length, row);
}

/** One spectrum with its fit, or why there is none. */
function spectrumOf(row) {
  const k = spectra.at[row];
  if (k === NOT_AT_HAND)
    return { why: "Its export was not at hand when this page was written: the numbers are all there is." };
  if (k < 0)
    return {
      why:
        `Not in this page, which holds ${spectra.axis.length} of ${data.rows} spectra: the flagged and worst, and an ` +
        "even choice of the others.",
    };
  const shift = spectra.channels[spectra.axis[k]];
  const counts = Array.from(steps.subarray(firstStep[k], firstStep[k + 1]), (step) =>
    step === NO_NUMBER ? null : spectra.offset[k] + spectra.step[k] * step,
  );
  const ofCurves = Object.keys(spectra.lines); // of several recipes, the peaks of the last
  // what was not detected may be in the fit all the same
  const undetected = new Map(spectra.undetected[k].map(([number, ...values]) => [ofCurves[number], values]));
  const detected = (peak) =>
    ["center_cm1", "fwhm_cm1", "height"].every((kind) => columns[columnOf(peak, kind)][row] !== null);
  const drawn = peaks.filter((peak) => ofCurves.includes(peak) && (undetected.has(peak) || detected(peak)));
  const [low, high] = [shift[0], shift.at(-1)];
  const coefficients = spectra.coefficients[k];
  const under = spectra.under[k];
  const subtracted = (x) => {
    const at = ((x - low) / (high - low)) * (under.length - 1);
    const before = Math.min(Math.max(Math.floor(at), 0), under.length - 2);
    return under[before] + (at - before) * (under[before + 1] - under[before]);
  };
  const polynomial = (x) => coefficients.reduceRight((sum, c) => sum * ((2 * x - low - high) / (high - low)) + c, 0);
  const baseline = (x) => (under === undefined ? polynomial(x) : polynomial(x) + subtracted(x));
  const line = (peak, x) => {
    const named = () => ["center_cm1", "fwhm_cm1", "height", "form"].map((kind) => columns[columnOf(peak, kind)]?.[row]);
    const [center, fwhm, height, form] = undetected.get(peak) ?? named();
    const { instrument } = spectra.lines[peak];
    return height * lineAt(peak, (x - center) / (fwhm / 2), instrument ? instrument / fwhm : form);
  };
  const fit = (x) => drawn.reduce((sum, peak) => sum + line(peak, x), baseline(x));
  const masked = new Set(spectra.masked[k]);
  const residual = counts.map((count, i) => (count === null || masked.has(i) ? null : count - fit(shift[i])));
  return { shift, counts, masked, drawn, undetected, fitted: coefficients.length > 0, baseline, line, fit, residual };
}

// -- words -------------------------------------------------------------------------------------------------

const plain = (number) => (number === null ? "" : String(Number(number.toPrecision(6))));

/** Value and standard error with the digits of the Particle Data Group, as rounding.py writes them. */
function withError(number, se) {
  if (number === null || se === null || !(se > 1e-6 && se < 1e7)) return plain(number);
  let exponent = Math.floor(Math.log10(se));
  const leading = Math.floor((se / 10 ** exponent) * 100 + 1e-9);
  if (leading > 949) {
    exponent += 1;
    se = 10 ** exponent;
  }
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
const positionWords = (p) =>
  axes.position_um[p] === null ? axes.points[p] : `${axes.points[p]}, ${plain(axes.position_um[p])} µm`;
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
