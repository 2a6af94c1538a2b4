// -- selection: one row for maps, traces, fit and table ------------------------------------------------------

const state = {
  row: -1, // that is shown; -1: none, the overview
  other: -1, // that it is compared with
  order: [],
  page: 0,
  sort: "flags",
  descending: false,
  points: new Set(axes.points.keys()), // that are switched on
};
const watchers = { maps: [], traces: [] }; // functions that mark the chosen row in what is drawn

function select(row, { reveal = false, name = null } = {}) {
  state.row = row;
  if (row < 0) state.other = -1;
  byId("nowhere").hidden = true;
  for (const mark of [...watchers.maps, ...watchers.traces]) mark(row);
  showFit(row);
  const at = state.order.indexOf(row);
  if (at >= 0) state.page = Math.floor(at / PAGE);
  showTable();
  nameInAddress();
  byId("said").textContent = row < 0 ? "Overview" : saidOf(row, name);
  const fit = byId("fit");
  if (reveal && getComputedStyle(fit).position !== "sticky") fit.scrollIntoView({ block: "start" });
}

/** What a screen reader says of a spectrum. */
function saidOf(row, name) {
  const number = name === null ? "" : `: ${quantities[name].label} ${cells[name][row] || "no value"}`;
  return [`${nameOf(row)}${number}`, whenOf(row), flagsOf(row).join(", ")].filter(Boolean).join("; ");
}

/** Keep the spectrum that the next ones are compared with, or no more. */
function compare() {
  if (state.row < 0) return;
  state.other = state.other < 0 ? state.row : -1;
  select(state.row);
}

function nameInAddress() {
  const named = [state.row, state.other].filter((row) => row >= 0).map(addressOf);
  const address = `#${named.join("~")}`;
  if (location.hash === address || (address === "#" && !location.hash)) return;
  try {
    history.replaceState(null, "", address);
  } catch {
    // a browser that is asked too often refuses for a while
  }
}

/** Show what the page's address names. */
function followAddress() {
  const [row, other] = location.hash.slice(1).split("~").map(rowOf);
  const nowhere = location.hash.length > 1 && row < 0;
  state.other = row < 0 ? -1 : (other ?? -1);
  select(row, { reveal: row >= 0 });
  byId("nowhere").hidden = !nowhere;
}

/** Arrow keys: along the scans and along the line to the next spectrum that was measured; of a map, to its pixels. */
function steer(event, names, quantity = null) {
  if (zoomKey(event, names)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "c" || event.key === "C") compare();
  else if (event.key === "Escape") select(-1);
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [-1, 0], PageDown: [1, 0] };
  const move = moves[event.key];
  if (!move || (event.key.startsWith("Page") && !raster)) return;
  event.preventDefault();
  if (state.row < 0) {
    select(rowAt.flat().find((row) => row >= 0), { name: quantity });
    return;
  }
  let [s, p] = placeOf[state.row];
  if (raster && event.key.startsWith("Arrow")) {
    const beside = rowAt[s][pixelBeside(p, ...move)];
    if (beside >= 0) select(beside, { name: quantity });
    return;
  }
  do {
    s += move[0];
    p += move[1];
  } while (rowAt[s]?.[p] === -1 || (p in axes.points && !state.points.has(p)));
  const row = rowAt[s]?.[p];
  if (row !== undefined) select(row, { name: quantity });
}

const tip = byId("tip");
const hideTip = () => {
  tip.hidden = true;
};
function showTip(event, ...words) {
  tip.replaceChildren(...words);
  tip.hidden = false;
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(4, Math.min(event.pageX + 14, window.scrollX + room))}px`;
  tip.style.top = `${event.pageY + 18}px`;
}

function rowTip(event, row, name) {
  const cell = ["voltage_v", "soc"].filter((key) => cells[key]?.[row]);
  showTip(
    event,
    make("b", {}, [nameOf(row), whenOf(row)].filter(Boolean).join(", ")),
    make("div", {}, ...labelOf(name), ": ", value(name, row) === null ? "no value" : cells[name][row]),
    make("div", {}, cell.map((key) => `${data.words[key][0]}: ${cells[key][row]}`).join(", ")),
    make("span", { class: "flags" }, flagsOf(row).join(", ")),
  );
}

const pixelsOf = (drawing, width) => (event) => {
  const frame = drawing.getBoundingClientRect();
  return [event.clientX - frame.left, event.clientY - frame.top].map((pixels) => (pixels / frame.width) * width);
};

/** Make a drawing answer to pointer and keys; `rowUnder(x, y)` is given pixels of the drawing. */
function interactive(plot, drawing, width, { rowUnder, at, views: names, name }) {
  const pixels = pixelsOf(drawing, width);
  plot.addEventListener("pointermove", (event) => {
    const row = event.pointerType === "touch" ? -1 : rowUnder(...pixels(event));
    if (row >= 0) rowTip(event, row, name);
    else hideTip();
  });
  plot.addEventListener("pointerleave", hideTip);
  plot.addEventListener("click", (event) => {
    const dragged = plot.dataset.dragged;
    delete plot.dataset.dragged;
    const row = dragged ? -1 : rowUnder(...pixels(event));
    if (row >= 0) select(row, { reveal: true, name });
  });
  plot.addEventListener("dblclick", () => showWhole(names()));
  plot.addEventListener("keydown", (event) => steer(event, names(), name));
  dragToZoom(plot, drawing, at, pixels);
}

function panel(name, beside, plot) {
  const figure = make("figure", {}, make("figcaption", {}, make("span", {}, ...labelOf(name)), beside), plot);
  return Object.assign(figure, { caption: quantities[name].label, ramp: beside.ramp });
}

const plotOf = (name, kind) =>
  make("div", {
    class: "plot",
    tabindex: "0",
    role: "application",
    "data-quantity": name,
    "aria-describedby": "steering",
    "aria-label": `${kind} of ${quantities[name].label}: arrow keys move the selected spectrum`,
  });

// -- a stack of panels, and what it shows ----------------------------------------------------------------------

const chosen = { maps: data.maps, traces: data.lines };
const panels = raster ? { maps: imagePanel, traces: medianPanel } : { maps: mapPanel, traces: tracePanel };

function drawStack(section) {
  if (byId(section).hidden) return;
  const room = byId(section).querySelector(".panels");
  const focused = room.contains(document.activeElement) ? document.activeElement.dataset.quantity : null;
  const abreast = raster && section === "maps" && axes.scans.length === 1 ? Math.max(1, Math.floor(room.clientWidth / 280)) : 1;
  const width = Math.max((room.clientWidth - 16 * (abreast - 1)) / abreast, 260);
  room.style.gridTemplateColumns = abreast > 1 ? `repeat(${abreast}, ${width}px)` : "";
  const view = section === "maps" ? cellsView() : "x";
  const x = sharedScale(width, view);
  const recorded = hasRecord(view) && !(raster && section === "maps");
  watchers[section] = [];
  const figures = chosen[section].map((name, i) =>
    panels[section](name, width, x, (!recorded || against.ticks) && i === chosen[section].length - 1),
  );
  room.replaceChildren(...figures, ...(recorded ? [recordPanel(width, x)] : []));
  for (const mark of watchers[section]) mark(state.row);
  if (focused) figures[chosen[section].indexOf(focused)]?.querySelector(".plot").focus({ preventScroll: true });
}

/** Boxes to tick: what they are called, whether they are on, and what follows a change. */
function ticksInto(fieldset, names, { words, on, changed }) {
  for (const name of names) {
    const tick = make("input", { type: "checkbox", value: name, onchange: () => changed(name, tick.checked) });
    tick.checked = on(name);
    fieldset.append(make("label", {}, tick, " ", ...words(name)));
  }
}

function buildChooser(section) {
  const names = Object.keys(quantities);
  ticksInto(byId(section).querySelector(".chooser:not([id]) fieldset"), names, {
    words: labelOf,
    on: (name) => chosen[section].includes(name),
    changed: (name, on) => {
      chosen[section] = names.filter((other) => (other === name ? on : chosen[section].includes(other)));
      drawStack(section);
    },
  });
}

function buildPoints() {
  if (raster) return;
  const fieldset = byId("points-chooser").querySelector("fieldset");
  const names = [...axes.points.keys()];
  const all = (on) => {
    for (const tick of fieldset.querySelectorAll("input")) tick.checked = on;
    state.points = new Set(on ? names : []);
    drawStack("maps");
    drawStack("traces");
  };
  fieldset.append(
    make("button", { type: "button", onclick: () => all(true) }, "All"),
    " ",
    make("button", { type: "button", onclick: () => all(false) }, "None"),
  );
  ticksInto(fieldset, names, {
    words: (p) => [axes.names[p]],
    on: () => true,
    changed: (p, on) => {
      if (on) state.points.add(p);
      else state.points.delete(p);
      drawStack("maps");
      drawStack("traces");
    },
  });
}

function buildAgainst() {
  const choice = byId("against");
  choice.append(...data.abscissas.map(({ name, words }) => make("option", { value: name }, words)));
  const titles = () => {
    const noun = against.words.replace(/ \([^)]*\)$/, "");
    if (!raster) byId("maps-title").textContent = `Position and ${noun}`;
    byId("traces-title").textContent = `Traces against ${noun}`;
  };
  choice.value = against.name;
  choice.addEventListener("change", () => {
    against = data.abscissas.find(({ name }) => name === choice.value);
    views.x.of = views.cells.of = null;
    titles();
    redraw(["x", "cells"]);
  });
  titles();
}

function buildKeys() {
  byId("map-key").append(
    keyEntry("hatched", "measured, not detected"),
    keyEntry("blank", "not measured"),
    keyEntry("flag", "flagged"),
  );
  if (raster) {
    wordsOfMaps();
    return;
  }
  keyOfPoints();
}

function keyOfPoints() {
  const named = manyPoints ? [0, axes.points.length - 1] : [...axes.points.keys()];
  const some = axes.points.length > MOST_TRACES ? `at most ${MOST_TRACES} of ${axes.points.length} points; ` : "";
  byId("points-key").replaceChildren(
    ...named.map((p) => keyEntry("line", axes.names[p], pointColour(p))),
    make("li", {}, `${some}bands: one standard error`),
  );
}

// -- go ----------------------------------------------------------------------------------------------------------

function drawAll() {
  drawStack("maps");
  drawStack("traces");
  if (state.row >= 0) showFit(state.row);
}

buildKeys();
buildAgainst();
buildPoints();
buildChooser("maps");
buildChooser("traces");
buildOverview();
buildEvents();
buildZoom("maps", () => (raster ? ON_IMAGES : [cellsView()]));
buildZoom("traces", () => ["x"]);
buildZoom("fit", () => ["shift"]);
buildSave("maps", () => (raster ? "images" : "maps"), () => stackCsv("maps"));
buildSave("traces", () => "traces", () => stackCsv("traces"));
buildSave("fit", spectrumName, spectrumCsv);
buildSave("table", () => "table", tableCsv, false);
byId("compare").addEventListener("click", compare);
byId("to-overview").addEventListener("click", () => select(-1));
buildTable();
arrange();
drawAll();
showTable();
fitColumns();
buildColumnChooser();
followAddress();
window.addEventListener("hashchange", followAddress);
let drawnAt = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== drawnAt) {
    drawnAt = window.innerWidth;
    requestAnimationFrame(drawAll);
  }
});
dark.addEventListener("change", () => {
  if (!raster) keyOfPoints();
  drawAll();
});
document.documentElement.dataset.ready = Math.round(performance.now()); // milliseconds since the page was asked for
