// -- pictures and numbers of what is shown ---------------------------------------------------------------------

function offer(name, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
const fileName = (what, ending) => `${`${data.title} ${what}`.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+/, "")}.${ending}`;

// what decides how an element of a drawing looks: a picture has no style sheet
const LOOKS = [
  ...["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"],
  ...["opacity", "paint-order", "visibility", "font-family", "font-size", "font-weight", "text-anchor"],
];
function flat(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.cloneNode();
  const copy = node.cloneNode(false);
  const style = getComputedStyle(node);
  for (const name of LOOKS) copy.setAttribute(name, style.getPropertyValue(name));
  copy.removeAttribute("class");
  copy.removeAttribute("style");
  copy.append(...[...node.childNodes].map(flat));
  return copy;
}

/** All drawings of a section on one sheet, with their captions and keys; the canvases beneath them as images. */
function pictureOf(section) {
  const title = byId(section).querySelector("h2").textContent;
  const figures = [...byId(section).querySelectorAll("figure")].filter((figure) => figure.querySelector("svg"));
  const width = Math.max(...figures.map((figure) => figure.querySelector("svg").viewBox.baseVal.width)) + 24;
  const style = getComputedStyle(document.documentElement);
  const [ink, paper] = ["--ink", "--panel"].map((name) => style.getPropertyValue(name).trim());
  const font = { "font-family": "sans-serif", "font-size": "12px", fill: ink };
  const words = (x, y, content, more = {}) => draw("text", { x, y, ...font, ...more }, content);
  const root = draw("svg", { xmlns: "http://www.w3.org/2000/svg" });
  const background = draw("rect", { x: 0, y: 0, fill: paper });
  root.append(background, words(12, 22, `${data.title}: ${title}`, { "font-size": "14px", "font-weight": "600" }));
  const canvases = new Map();
  let y = 34;
  let x = 12;
  for (const entry of byId(section).querySelectorAll(".key li")) {
    const swatch = entry.querySelector(".swatch");
    const wide = 6.6 * entry.textContent.length + 34;
    if (x > 12 && x + wide > width) [x, y] = [12, y + 18];
    if (swatch?.matches(".hatched, .blank, .flag")) {
      const looks = swatch.matches(".flag")
        ? { d: `M${x + 4} ${y + 3}h10v10z`, fill: style.getPropertyValue("--mark").trim() }
        : { d: `M${x} ${y + 2}h16v12h-16z`, fill: swatch.matches(".blank") ? "none" : "#b8b8b8", stroke: "#8a8a8a" };
      root.append(draw("path", looks), words(x + 22, y + 12, entry.textContent));
      x += wide;
    } else if (swatch) {
      const own = getComputedStyle(swatch);
      const ofLine = swatch.matches(".dashed, .dots") ? own.borderTopColor : own.backgroundColor;
      const dashes = swatch.matches(".dashed") ? "4 3" : swatch.matches(".dots") ? "2 2" : "none";
      const looks = { stroke: ofLine, "stroke-width": 3, "stroke-dasharray": dashes, opacity: swatch.matches(".faint") ? 0.4 : 1 };
      root.append(draw("line", { x1: x, x2: x + 16, y1: y + 8, y2: y + 8, ...looks }));
      root.append(words(x + 22, y + 12, entry.textContent));
      x += wide;
    }
  }
  y += x > 12 ? 28 : 4;
  for (const figure of figures) {
    const drawing = figure.querySelector("svg");
    const tall = drawing.viewBox.baseVal.height;
    if (figure.caption) root.append(words(12, y + 10, figure.caption, { "font-weight": "600" }));
    if (figure.ramp) {
      const { map, from, to } = figure.ramp;
      const left = width - 12 - 7 * to.length - 110;
      root.append(words(left - 6, y + 10, from, { "text-anchor": "end" }), words(left + 116, y + 10, to));
      for (let i = 0; i < 110; i += 1)
        root.append(draw("rect", { x: left + i, y: y + 1, width: 1.5, height: 10, fill: colour(map, i / 109) }));
    }
    y += figure.caption || figure.ramp ? 20 : 0;
    const copy = flat(drawing);
    const group = draw("g", { transform: `translate(12 ${y})` });
    for (const canvas of figure.querySelectorAll("canvas")) {
      const [left, top, w, h] = canvas.place;
      const image = draw("image", { x: left, y: top, width: w, height: h });
      canvases.set(image, canvas);
      group.append(image);
    }
    group.append(...copy.childNodes);
    root.append(group);
    y += tall + 14;
  }
  for (const [name, of] of [["width", width], ["height", y]]) {
    root.setAttribute(name, Math.ceil(of));
    background.setAttribute(name, Math.ceil(of));
  }
  root.setAttribute("viewBox", `0 0 ${Math.ceil(width)} ${Math.ceil(y)}`);
  return { root, canvases, width: Math.ceil(width), height: Math.ceil(y) };
}

/** Paint a flat drawing on a canvas: an image of it would need leave to load one. */
function paint(pen, node, canvases) {
  const get = (name) => Number(node.getAttribute(name));
  const look = (name, other) => node.getAttribute(name) ?? other;
  if (node.nodeType !== Node.ELEMENT_NODE || look("visibility") === "hidden") return;
  if (["clipPath", "title"].includes(node.tagName)) return;
  pen.save();
  const moved = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(look("transform", ""));
  if (moved) pen.translate(Number(moved[1]), Number(moved[2]));
  const clip = /#([\w-]+)/.exec(look("clip-path", ""));
  const frame = clip && node.parentNode.querySelector(`#${clip[1]} rect`);
  if (frame) {
    pen.beginPath();
    pen.rect(...["x", "y", "width", "height"].map((name) => Number(frame.getAttribute(name))));
    pen.clip();
  }
  pen.globalAlpha *= Number(look("opacity", 1));
  const dashes = look("stroke-dasharray", "none");
  pen.setLineDash(dashes === "none" ? [] : dashes.split(/[\s,]+/).map(parseFloat));
  pen.lineWidth = parseFloat(look("stroke-width", "1"));
  pen.lineCap = look("stroke-linecap", "butt");
  pen.lineJoin = look("stroke-linejoin", "miter");
  const [inner, stroke] = [look("fill", "#000"), look("stroke", "none")];
  pen.fillStyle = inner;
  pen.strokeStyle = stroke;
  const shape = shapeOf(node, get);
  if (shape) {
    if (inner !== "none") pen.fill(shape);
    if (stroke !== "none") pen.stroke(shape);
  } else if (node.tagName === "text") {
    pen.font = `${look("font-weight", "400")} ${look("font-size", "12px")} ${look("font-family", "sans-serif")}`;
    pen.textAlign = { start: "left", middle: "center", end: "right" }[look("text-anchor", "start")];
    if (stroke !== "none") pen.strokeText(node.textContent, get("x"), get("y"));
    pen.fillText(node.textContent, get("x"), get("y"));
  } else if (node.tagName === "image") {
    pen.drawImage(canvases.get(node), get("x"), get("y"), get("width"), get("height"));
  } else for (const child of node.childNodes) paint(pen, child, canvases);
  pen.restore();
}

function shapeOf(node, get) {
  if (node.tagName === "path") return new Path2D(node.getAttribute("d"));
  const shape = new Path2D();
  if (node.tagName === "rect") shape.rect(get("x"), get("y"), get("width"), get("height"));
  else if (node.tagName === "circle") shape.arc(get("cx"), get("cy"), get("r"), 0, 2 * Math.PI);
  else if (node.tagName === "line") {
    shape.moveTo(get("x1"), get("y1"));
    shape.lineTo(get("x2"), get("y2"));
  } else return null;
  return shape;
}

async function savePicture(section, what, ending) {
  if (!byId(section).querySelector("figure svg")) return; // a row may have no spectrum
  const { root, canvases, width, height } = pictureOf(section);
  if (ending === "svg") {
    const apart = document.implementation.createDocument(null, null); // where images are not loaded
    apart.append(apart.adoptNode(root));
    for (const [image, canvas] of canvases) image.setAttribute("href", canvas.toDataURL());
    offer(fileName(what, "svg"), "image/svg+xml", new XMLSerializer().serializeToString(root));
    return;
  }
  const canvas = make("canvas", { width: 2 * width, height: 2 * height });
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  paint(pen, root, canvases);
  canvas.toBlob((content) => offer(fileName(what, "png"), "image/png", content), "image/png");
}

// -- numbers as CSV, named as in the tables beside the page ------------------------------------------------------

const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csvText = (lines) => `${lines.map((cells) => cells.map((cell) => quoted(String(cell ?? ""))).join(",")).join("\n")}\n`;
const withErrors = (names) =>
  names.flatMap((name) => [name, quantities[name]?.error].filter((column) => column && column in columns));

/** Numbers of some rows: what names them, then some columns, each with what it has of a row. */
function rowsCsv(rows, more) {
  const column = (name) => [name, (row) => columns[name][row]];
  const keys = [
    ["source", (row) => text("source", row)],
    column("scan"),
    ["point", (row) => text("point", row)],
    ["position_um", (row) => axes.position_um[placeOf[row][1]]],
    column("time_s"),
  ];
  const named = more.map((one) => (typeof one === "string" ? column(one) : one));
  const all = [...keys, ...named.filter(([name]) => !["scan", "time_s"].includes(name)), ["flags", (row) => text("flags", row)]];
  return csvText([all.map(([name]) => name), ...rows.map((row) => all.map(([, of]) => of(row)))]);
}

/** What a stack of panels shows: its quantities, the abscissa, the points and the part in view. */
function stackCsv(section) {
  const [from, to] = viewed(section === "maps" ? cellsView() : "x");
  const inCells = (s) => against.cells[s].length && against.cells[s][1] > from && against.cells[s][0] < to;
  const pixelInView = (p) => {
    const [left, right, top, end] = [...viewed("across"), ...viewed("down")];
    const [x, y] = [(raster.column[p] + 0.5) / raster.shape[1], (raster.row[p] + 0.5) / raster.shape[0]];
    return x >= left && x <= right && y >= top && y <= end;
  };
  const inView = (row) => {
    const [s, p] = placeOf[row];
    if (!state.points.has(p)) return false;
    if (section === "maps") return raster ? pixelInView(p) : Boolean(inCells(s));
    return xOf(row) !== null && xOf(row) >= from && xOf(row) <= to;
  };
  const abscissa = { voltage: "voltage_v", capacity: "capacity_mah", time: "time_s" }[against.name] ?? against.name;
  return rowsCsv(placeOf.map((_, row) => row).filter(inView), [[abscissa, xOf], ...withErrors(chosen[section])]);
}

/** The spectrum in view, as `ramanfit curves` names its columns; with the other one where two are compared. */
function spectrumCsv() {
  if (!shown) return null;
  const [from, to] = viewed("shift");
  const digits = (number) => (number === null || number === undefined ? "" : String(Number(number.toPrecision(9))));
  const curves = shown.fitted ? [["baseline", shown.baseline], ...shown.drawn.map((peak) => [peak, shown.peaks.get(peak)])] : [];
  const after = shown.fitted
    ? [
        ["fit", shown.fit],
        ["residual", shown.counts.map((count, i) => (count === null ? null : count - shown.fit[i]))],
      ]
    : [];
  const compared = different ? [["difference", different.counts], ...(different.fit ? [["fit_difference", different.fit]] : [])] : [];
  const series = [...curves, ...after, ...compared];
  const lines = shown.shift
    .map((shift, i) => [digits(shift), digits(shown.counts[i]), shown.masked.has(i) ? 0 : 1, ...series.map(([, v]) => digits(v[i]))])
    .filter((_, i) => shown.shift[i] >= from && shown.shift[i] <= to);
  const keys = [text("source", state.row), columns.scan[state.row], text("point", state.row)];
  const heads = ["source", "scan", "point", "shift_cm1", "counts", "used", ...series.map(([name]) => name)];
  return csvText([heads, ...lines.map((cells) => [...keys, ...cells])]);
}

const spectrumName = () =>
  [state.row, state.other].filter((row) => row >= 0).map((row) => `${text("point", row)} scan-${columns.scan[row]}`).join(" ");

function buildSave(section, what, csv, pictures = true) {
  const say = (ending) => `Save ${byId(section).querySelector("h2").textContent} as ${ending}`;
  const button = (ending, act) =>
    make("button", { type: "button", "data-save": ending, title: say(ending), "aria-label": say(ending), onclick: act }, ending.toUpperCase());
  byId(section)
    .querySelector(".save")
    .append(
      ...(pictures ? ["svg", "png"].map((ending) => button(ending, () => savePicture(section, what(), ending))) : []),
      button("csv", () => {
        const content = csv();
        if (content !== null) offer(fileName(what(), "csv"), "text/csv", content);
      }),
    );
}
