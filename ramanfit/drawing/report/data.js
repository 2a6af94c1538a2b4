// -- what the page was given: see payload.py and curves.py -------------------------------------------------

const byId = (id) => document.getElementById(id);

async function unpacked(id) {
  byId("too-old").hidden = "DecompressionStream" in window;
  const packed = atob(byId(id).textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i += 1) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const data = JSON.parse(new TextDecoder().decode(await unpacked("data")));
const { columns, cells, texts, status, axes, quantities, spectra } = data;
const peaks = Object.keys(status);
const columnOf = (peak, kind) => data.peaks[peak][kind]; // undefined where the table has no such column
const rowCount = columns.scan.length;

const text = (name, row) => texts[name].words[texts[name].at[row]];
const wordsOfFlags = texts.flags.words.map((words) => words.split("|").filter(Boolean));
const flagsOf = (row) => wordsOfFlags[texts.flags.at[row]];

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
const someKnown = (name) => placeOf.some((_, row) => value(name, row) !== null);
const errorOf = (name, row) => columns[quantities[name].error]?.[row] ?? null;

// -- spectra and their curves, in whole steps ----------------------------------------------------------------

const NO_NUMBER = -32768;
const NOT_AT_HAND = -1;
const bytes = await unpacked("spectra");
const half = bytes.length / 2; // low bytes, then high bytes
const firstStep = [0];
for (const axis of spectra.axis) firstStep.push(firstStep.at(-1) + spectra.channels[axis].length);

function stepAt(i) {
  const z = bytes[i] | (bytes[half + i] << 8);
  return z & 1 ? -(z + 1) / 2 : z / 2;
}

/** A curve from its second differences. */
function curveAt(first, length) {
  const steps = new Int16Array(length); // wraps around as the differences do
  for (let i = 0; i < length; i += 1)
    steps[i] = stepAt(first + i) + 2 * (i > 0 ? steps[i - 1] : 0) - (i > 1 ? steps[i - 2] : 0);
  return steps;
}

/** One spectrum with the curves of its fit, or why there is none. */
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
  const [first, every, step, offset] = [firstStep[k], firstStep.at(-1), spectra.step[k], spectra.offset[k]];
  const shift = spectra.channels[spectra.axis[k]];
  const parts = [0, ...spectra.peaks.map((_, p) => p + 1)].map((c) => curveAt((1 + c) * every + first, shift.length));
  const sum = shift.map((_, i) => parts.reduce((steps, part) => steps + part[i], 0));
  const counts = sum.map((steps, i) => {
    const above = stepAt(first + i);
    return above === NO_NUMBER ? null : offset + step * 2 ** spectra.shift[k] * (above + (steps >> spectra.shift[k]));
  });
  const letters = spectra.drawn[k];
  const drawn = spectra.peaks.filter((_, p) => letters[p] !== "-");
  const peakCurves = new Map(spectra.peaks.map((peak, p) => [peak, Array.from(parts[p + 1], (steps) => step * steps)]));
  const masked = new Set(spectra.masked[k]);
  const fit = sum.map((steps) => offset + step * steps);
  return {
    shift,
    counts,
    masked,
    drawn,
    undetected: new Set(spectra.peaks.filter((_, p) => letters[p] === "u")), // in the fit all the same
    fitted: spectra.fitted[k] === 1,
    baseline: Array.from(parts[0], (steps) => offset + step * steps),
    peaks: peakCurves,
    fit,
    residual: counts.map((count, i) => (count === null || masked.has(i) ? null : count - fit[i])),
  };
}

// -- words -------------------------------------------------------------------------------------------------

const brief = (number) => (number === null ? "" : String(Number(number.toPrecision(5)))); // of a count under the pointer
const nameOf = (row) => `${axes.names[placeOf[row][1]]}, scan ${columns.scan[row]}`;
const whenOf = (row) => (cells.time_h[row] && axes.timed ? `${cells.time_h[row]} h` : "");

/** The part of the page's address that names a spectrum. */
function addressOf(row) {
  const point = text("point", row).replace(/\p{Surrogate}/gu, "\ufffd"); // halves of letters are none
  return `${encodeURIComponent(point).replaceAll("%2F", "/").replaceAll("~", "%7E")}/scan-${columns.scan[row]}`;
}
let rowsByAddress = null;
function rowOf(address) {
  rowsByAddress ??= new Map(placeOf.map((_, row) => [decodeURIComponent(addressOf(row)), row]));
  try {
    return rowsByAddress.get(decodeURIComponent(address)) ?? -1;
  } catch {
    return -1; // no address at all
  }
}

/** A label with the indices of a ratio set low. */
function typeset(label) {
  return label.split(/(_\w)/).map((part) => (/^_\w$/.test(part) ? make("sub", {}, part[1]) : part));
}
const labelOf = (name) => (quantities[name].peak ? [quantities[name].label] : typeset(quantities[name].label));

// -- colours of points and peaks ----------------------------------------------------------------------------

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const manyPoints = axes.points.length > 8;
/** Of many points a ramp, that stands out from the paper. */
function pointColour(p) {
  if (!manyPoints) return `var(--p${p})`;
  const part = p / (axes.points.length - 1);
  return colour("viridis", dark.matches ? 0.45 + 0.55 * part : 0.6 * part);
}
const peakColour = (k) => `var(--p${[0, 2, 3, 4, 5][k % 5]})`;
