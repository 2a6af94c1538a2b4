// -- what part of an axis is shown --------------------------------------------------------------------------

let against = data.abscissas.find(({ name }) => name === data.x);
const xOf = (row) => against.values[row];
/** Whether maps and traces have the same axis: of one that turns, maps are in order of time. */
const linked = () => against.across === against.words;
const cellsView = () => (linked() ? "x" : "cells");

const ends = (numbers) => numbers.reduce(([low, high], n) => [Math.min(low, n), Math.max(high, n)], [Infinity, -Infinity]);
const MOST_ZOOM = 2000;

/** Views by name: `of` is from and to of what is shown, null where that is all; `about` what zooming keeps in place. */
const views = {
  x: {
    whole: () => {
      const known = against.values.filter((x) => x !== null);
      return linked() ? ends(against.cells.flat()) : extent(known, 0.04);
    },
    about: (row) => xOf(row),
  },
  cells: {
    whole: () => ends(against.cells.flat()),
    about: (row) => middle(against.cells[placeOf[row][0]]),
  },
  shift: { whole: () => (shown ? ends(shown.shift) : [0, 1]), about: () => null }, // a row may have no spectrum
  across: { whole: () => [0, 1], about: (row) => (axes.raster.column[placeOf[row][1]] + 0.5) / axes.raster.shape[1] },
  down: { whole: () => [0, 1], about: (row) => (axes.raster.row[placeOf[row][1]] + 0.5) / axes.raster.shape[0] },
};
for (const view of Object.values(views)) view.of = null;
const middle = ([from, to]) => (from === undefined ? null : (from + to) / 2);

const viewed = (name) => views[name].of ?? views[name].whole();

/** Show a part of an axis, within the whole of it. */
function showPart(name, from, to) {
  const [low, high] = views[name].whole();
  const span = Math.max(to - from, (high - low) / MOST_ZOOM);
  if (span >= high - low) {
    views[name].of = null;
    return;
  }
  const start = Math.min(Math.max(from, low), high - span);
  views[name].of = [start, start + span];
}

/** Zoom about the selected spectrum where it is in view, else about the middle. */
function zoom(names, factor) {
  for (const name of names) {
    const [from, to] = viewed(name);
    let about = state.row < 0 ? null : views[name].about(state.row);
    if (about === null || about < from || about > to) about = (from + to) / 2;
    showPart(name, about - (about - from) * factor, about + (to - about) * factor);
  }
  redraw(names);
}

function pan(names, part) {
  for (const name of names) {
    const [from, to] = viewed(name);
    showPart(name, from + part * (to - from), to + part * (to - from));
  }
  redraw(names);
}

function showWhole(names) {
  for (const name of names) views[name].of = null;
  redraw(names);
}

let waiting = null;
/** Draw again what a view changes, once before the next picture of the screen. */
function redraw(names) {
  if (waiting) {
    for (const name of names) waiting.add(name);
    return;
  }
  waiting = new Set(names);
  requestAnimationFrame(() => {
    const [changed, some] = [waiting, (...those) => those.some((name) => waiting.has(name))];
    const stacks = { maps: some("across", "down", cellsView()), traces: some("x") };
    waiting = null;
    for (const section of Object.keys(stacks)) if (stacks[section]) drawStack(section);
    if (changed.has("shift")) showFit(state.row);
  });
}

/** Buttons for whom keys and dragging are no help. */
function buildZoom(section, names) {
  const button = (sign, words, act) => make("button", { type: "button", "aria-label": words, title: words, onclick: act }, sign);
  byId(section)
    .querySelector(".zoom")
    .append(
      button("−", "Zoom out", () => zoom(names(), 2)),
      button("+", "Zoom in", () => zoom(names(), 0.5)),
      button("All", "Show all of the axis", () => showWhole(names())),
    );
}

const ZOOM_KEYS = { "+": 0.5, "=": 0.5, "-": 2, "−": 2, _: 2 };
/** Answer a key that zooms or moves along; whether it was one. */
function zoomKey(event, names) {
  const along = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] }[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (ZOOM_KEYS[event.key]) zoom(names, ZOOM_KEYS[event.key]);
  else if (event.key === "0") showWhole(names);
  else if (event.shiftKey && along) {
    const moved = names.filter((name) => (name === "down") === (along[0] === "y"));
    if (moved.length) pan(moved, 0.25 * along[1]);
  } else return false;
  event.preventDefault();
  return true;
}

/** Zoom to what the pointer is dragged across; `at(x, y)` gives places on the views of a drawing by name. */
function dragToZoom(plot, drawing, at, pixels) {
  let [start, brush] = [null, null];
  const stop = () => {
    brush?.remove();
    [start, brush] = [null, null];
  };
  plot.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" && event.button === 0) start = pixels(event);
  });
  plot.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = pixels(event);
    if (!brush && Math.hypot(x - start[0], y - start[1]) < 8) return;
    if (!brush) {
      brush = draw("rect", { class: "brush" });
      drawing.append(brush);
      plot.setPointerCapture(event.pointerId);
    }
    const tall = "down" in (at(...start) ?? {});
    const height = drawing.viewBox.baseVal.height;
    fill(brush, {
      x: Math.min(x, start[0]),
      width: Math.abs(x - start[0]),
      y: tall ? Math.min(y, start[1]) : 0,
      height: tall ? Math.abs(y - start[1]) : height,
    });
  });
  plot.addEventListener("pointerup", (event) => {
    const [from, to, dragged] = [start && at(...start), at(...pixels(event)), brush];
    stop();
    if (!dragged) return;
    plot.dataset.dragged = "yes"; // the click that follows selects nothing
    if (!from || !to) return;
    for (const name of Object.keys(from)) showPart(name, ...ends([from[name], to[name]]));
    redraw(Object.keys(from));
  });
  plot.addEventListener("pointercancel", stop);
}
