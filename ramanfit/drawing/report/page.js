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
  if (raster) {
    const beside = rowAt[s][pixelBeside(p, ...move)];
    if (beside >= 0) select(beside);
    return;
  }
  do {
    s += move[0];
    p += move[1];
  } while (rowAt[s]?.[p] === -1);
  const row = rowAt[s]?.[p];
  if (row !== undefined) select(row);
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
    return rowUnder(
      ((event.clientX - frame.left) / frame.width) * width,
      ((event.clientY - frame.top) / frame.width) * width,
    );
  };
  plot.addEventListener("pointermove", (event) => {
    const row = event.pointerType === "touch" ? -1 : under(event);
    if (row >= 0) rowTip(event, row, name);
    else hideTip();
  });
  plot.addEventListener("pointerleave", hideTip);
  plot.addEventListener("click", (event) => {
    const row = under(event);
    if (row >= 0) select(row, { reveal: true });
  });
  plot.addEventListener("keydown", steer);
}

const panel = (name, beside, plot) =>
  make("figure", {}, make("figcaption", {}, make("span", {}, ...labelOf(name)), beside), plot);

const plotOf = (name, kind) =>
  make("div", {
    class: "plot",
    tabindex: "0",
    role: "application",
    "data-quantity": name,
    "aria-describedby": "steering",
    "aria-label": `${kind} of ${quantities[name].label}: arrow keys move the selected spectrum`,
  });

// -- a stack of panels, and which quantities it shows ----------------------------------------------------------

const chosen = { maps: data.maps, traces: data.lines };
const panels = raster ? { maps: imagePanel, traces: medianPanel } : { maps: mapPanel, traces: tracePanel };

function drawStack(section) {
  const room = byId(section).querySelector(".panels");
  const width = Math.max(room.clientWidth, 260);
  const x = timeScale(width);
  const recorded = data.record?.voltage_v || data.record?.soc;
  watchers[section] = [];
  const figures = chosen[section].map((name, i) =>
    panels[section](name, width, x, !recorded && i === chosen[section].length - 1),
  );
  room.replaceChildren(...figures, ...(recorded ? [recordPanel(width, x)] : []));
  for (const mark of watchers[section]) mark(state.row);
}

function buildChooser(section) {
  const names = Object.keys(quantities);
  byId(section)
    .querySelector("fieldset")
    .append(
      ...names.map((name) => {
        const tick = make("input", {
          type: "checkbox",
          value: name,
          onchange: (event) => {
            chosen[section] = names.filter((other) =>
              other === name ? event.target.checked : chosen[section].includes(other),
            );
            drawStack(section);
          },
        });
        tick.checked = chosen[section].includes(name);
        return make("label", {}, tick, " ", ...labelOf(name));
      }),
    );
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
  const named = manyPoints ? [0, axes.points.length - 1] : axes.points.map((_, p) => p);
  const some = traced.length < axes.points.length ? `${traced.length} of ${axes.points.length} points; ` : "";
  byId("points-key").append(
    ...named.map((p) => keyEntry("line", positionWords(p), pointColour(p))),
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
buildChooser("maps");
buildChooser("traces");
buildTable();
arrange();
drawAll();
select(state.order[0]);
let drawnAt = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== drawnAt) {
    drawnAt = window.innerWidth;
    requestAnimationFrame(drawAll);
  }
});
