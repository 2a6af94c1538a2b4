// -- maps as images: x across, y up, one for each scan --------------------------------------------------------

const { raster } = axes; // null where the points are no pixels
const pixelAt = new Map(raster?.row.map((row, p) => [`${row}/${raster.column[p]}`, p]));
const ON_IMAGES = ["across", "down"];

function imagePanel(name, width) {
  const [rows, columnsOfPixels] = raster.shape;
  const scans = axes.scans.length;
  const abreast = Math.min(scans, Math.max(1, Math.floor(width / 180)));
  const gap = 8;
  const title = 18;
  const wide = Math.min((width - gap * (abreast - 1)) / abreast, (260 * raster.extent[0]) / raster.extent[1]);
  const tall = (wide * raster.extent[1]) / raster.extent[0];
  const height = Math.ceil(scans / abreast) * (tall + title);
  const corner = (s) => [(s % abreast) * (wide + gap), Math.floor(s / abreast) * (tall + title) + title];
  const [across, down] = [scale(viewed("across"), [0, wide]), scale(viewed("down"), [0, tall])];
  /** Where a pixel is, cut to its image; null where it is out of view. */
  const cell = (s, p) => {
    const [column, row] = [raster.column[p], raster.row[p]];
    const cut = (edge, end) => Math.min(Math.max(edge, 0), end);
    const [a, b] = [column, column + 1].map((edge) => cut(across(edge / columnsOfPixels), wide));
    const [c, d] = [row, row + 1].map((edge) => cut(down(edge / rows), tall));
    const [left, top] = corner(s);
    return b - a < 1e-9 || d - c < 1e-9 ? null : [left + a, top + c, b - a, d - c];
  };
  const [map, limits] = [paletteOf(name), quantities[name].colours];
  const { canvas, pen, fillCell, flag } = sheet(width, 0, 0, width, height);
  const missed = hatching(pen);
  placeOf.forEach(([s, p], row) => {
    const place = cell(s, p);
    if (!place) return;
    const [left, top, w, h] = place;
    const number = value(name, row);
    fillCell(left, top, w, h, number === null ? missed : shade(map, number, limits));
    const size = Math.min(6, 0.5 * w, 0.5 * h);
    if (number !== null && size >= 1.5 && flagsOf(row).length) flag(left + w, top, size);
  });
  const over = svg(width, height, `${quantities[name].label} as an image of every scan`);
  axes.scans.forEach((_, s) => {
    const [left, top] = corner(s);
    over.append(write("", left, top - 4, axes.when[s]), box(left, top, left + wide, top + tall));
  });
  const marks = [0, 1].map(() => draw("rect", { class: "chosen" }));
  over.append(...marks);
  watchers.maps.push((row) => {
    const place = row < 0 ? null : cell(...placeOf[row]);
    for (const mark of marks) fill(mark, { visibility: place ? "visible" : "hidden" });
    if (!place) return;
    const [left, top, w, h] = place;
    for (const mark of marks) fill(mark, { x: left - 1.5, y: top - 1.5, width: w + 3, height: h + 3 });
  });
  const plot = plotOf(name, "Images");
  plot.append(canvas, over);
  const under = (px, py) => {
    const s = axes.scans.findIndex((_, i) => {
      const [left, top] = corner(i);
      return px >= left && px < left + wide && py >= top && py < top + tall;
    });
    if (s < 0) return null;
    const [left, top] = corner(s);
    return { s, across: across.back(px - left), down: down.back(py - top) };
  };
  const rowUnder = (px, py) => {
    const place = under(px, py);
    if (!place) return -1;
    const at = [Math.floor(place.down * rows), Math.floor(place.across * columnsOfPixels)];
    return rowAt[place.s][pixelAt.get(at.join("/"))] ?? -1;
  };
  const at = (px, py) => {
    const place = under(px, py);
    return place && { across: place.across, down: place.down };
  };
  interactive(plot, over, width, { rowUnder, at, views: () => ON_IMAGES, name });
  return panel(name, someKnown(name) ? ramp(name, map) : "nothing detected", plot);
}

/** The pixel beside another one, right and upwards. */
function pixelBeside(p, right, up) {
  return pixelAt.get(`${raster.row[p] - up}/${raster.column[p] + right}`);
}

/** Say on the page what is otherwise of a map. */
function wordsOfMaps() {
  byId("maps-title").textContent = "Images";
  byId("kind").textContent = "Raman maps";
  byId("points-chooser").hidden = true;
  byId("against").closest("label").hidden = axes.scans.length < 2;
  byId("steering").textContent =
    `Each image is ${raster.words} ${raster.unit}. Click a pixel, or focus an image and use the arrow keys, from pixel to ` +
    "pixel; page up and page down lead to the same pixel of another scan. + and − zoom (or drag across), 0 shows all, " +
    "Shift with an arrow moves along; C compares, Escape leads back to the overview.";
  byId("points-key").append(
    keyEntry("line", "median over the pixels, between its quartiles", "var(--p0)"),
    keyEntry("line", "the selected pixel", "var(--accent)"),
  );
  byId("traces").hidden = axes.scans.length < 2;
}
