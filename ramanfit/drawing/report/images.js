// -- maps as images: x across, y up, one for each scan; traces are then medians over their pixels -----------

const { raster } = axes; // null where the points are no pixels
const pixelAt = new Map(raster?.row.map((row, p) => [`${row}/${raster.column[p]}`, p]));
const scanWords = (s) => {
  const [from, to] = axes.cells[s];
  return axes.timed ? `${((from + to) / 2).toFixed(2)} ${timeUnit}` : `scan ${axes.scans[s]}`;
};

function imagePanel(name, width) {
  const [rows, across] = raster.shape;
  const scans = axes.scans.length;
  const abreast = Math.min(scans, Math.max(1, Math.floor(width / 180)));
  const gap = 8;
  const title = 18;
  const wide = Math.min((width - gap * (abreast - 1)) / abreast, (260 * raster.extent[0]) / raster.extent[1]);
  const tall = (wide * raster.extent[1]) / raster.extent[0];
  const height = Math.ceil(scans / abreast) * (tall + title);
  const corner = (s) => [(s % abreast) * (wide + gap), Math.floor(s / abreast) * (tall + title) + title];
  const cell = (s, p) => {
    const [left, top] = corner(s);
    return [left + (raster.column[p] * wide) / across, top + (raster.row[p] * tall) / rows, wide / across, tall / rows];
  };
  const map = ["height", "area"].includes(quantities[name].kind) ? "cividis" : "viridis";
  const [low, high] = quantities[name].range;
  const sharp = window.devicePixelRatio || 1;
  const canvas = make("canvas", { width: Math.round(width * sharp), height: Math.round(height * sharp) });
  Object.assign(canvas.style, { left: 0, width: "100%", aspectRatio: `${width} / ${height}` });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  const missed = hatching(pen);
  placeOf.forEach(([s, p], row) => {
    const [left, top, w, h] = cell(s, p);
    const number = value(name, row);
    pen.fillStyle = number === null ? missed : colour(map, high > low ? (number - low) / (high - low) : 0.5);
    const [a, b, c, d] = [left, top, left + w, top + h].map((edge) => Math.round(edge * sharp) / sharp); // no seams
    pen.fillRect(a, b, Math.max(c - a, 1 / sharp), Math.max(d - b, 1 / sharp));
    const size = Math.min(6, 0.5 * w, 0.5 * h);
    if (number === null || size < 1.5 || !flagsOf(row).length) return;
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--mark");
    pen.beginPath();
    pen.moveTo(left + w - size, top);
    pen.lineTo(left + w, top);
    pen.lineTo(left + w, top + size);
    pen.fill();
  });
  const over = svg(width, height, `${quantities[name].label} as an image of every scan`);
  axes.scans.forEach((_, s) => {
    const [left, top] = corner(s);
    over.append(write("", left, top - 4, scanWords(s)), box(left, top, left + wide, top + tall));
  });
  const mark = draw("rect", { class: "chosen" });
  over.append(mark);
  watchers.maps.push((row) => {
    if (row < 0) return;
    const [left, top, w, h] = cell(...placeOf[row]);
    fill(mark, { x: left - 1.5, y: top - 1.5, width: w + 3, height: h + 3 });
  });
  const plot = plotOf(name, "Images");
  plot.append(canvas, over);
  const under = (px, py) => {
    const s = axes.scans.findIndex((_, i) => {
      const [left, top] = corner(i);
      return px >= left && px < left + wide && py >= top && py < top + tall;
    });
    if (s < 0) return -1;
    const [left, top] = corner(s);
    const at = [Math.floor(((py - top) / tall) * rows), Math.floor(((px - left) / wide) * across)];
    return rowAt[s][pixelAt.get(at.join("/"))] ?? -1;
  };
  interactive(plot, over, width, under, name);
  return panel(name, known(name).length ? ramp(name, map) : "nothing detected", plot);
}

/** The pixel beside another one, right and upwards. */
function pixelBeside(p, right, up) {
  return pixelAt.get(`${raster.row[p] - up}/${raster.column[p] + right}`);
}

function quartile(sorted, part) {
  const at = part * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.ceil(at)] - sorted[low]);
}

function medianPanel(name, width, x, lowest) {
  const height = 128;
  const into = svg(width, height + (lowest ? 38 : 6), `${quantities[name].label} over time, the median over the pixels`);
  const found = rowAt.map((points, s) => {
    const sorted = points
      .filter((row) => row >= 0)
      .map((row) => value(name, row))
      .filter((number) => number !== null)
      .sort((a, b) => a - b);
    const [from, to] = axes.cells[s];
    return sorted.length ? [(from + to) / 2, ...[0.25, 0.5, 0.75].map((part) => quartile(sorted, part))] : null;
  });
  const there = found.filter(Boolean);
  const y = scale(extent([...quantities[name].range, ...there.flatMap(([, ...numbers]) => numbers)]), [height, 4]);
  yAxis(into, y, x.left, x.right);
  const line_ = (k) => found.map((numbers) => (numbers ? [x(numbers[0]), y(numbers[k])] : null));
  const outline = [...line_(1).filter(Boolean), ...line_(3).filter(Boolean).reverse()];
  const clip = `clip-${watchers.traces.length}`;
  const picked = draw("path", { class: "trace picked", own: "var(--accent)" });
  into.append(
    clipTo(clip, x.left, 0, x.right, height),
    draw(
      "g",
      { "clip-path": `url(#${clip})`, own: "var(--p0)" },
      ...(outline.length ? [draw("path", { class: "band", d: `${path(outline)}Z` })] : []),
      draw("path", { class: "trace", d: path(line_(2)) }),
      ...line_(2)
        .filter(Boolean)
        .map(([cx, cy]) => draw("circle", { class: "lonely", cx, cy, r: 2.5 })),
      picked,
    ),
    box(x.left, 0, x.right, height),
  );
  xAxis(into, x, height, lowest ? axes.time : "");
  watchers.traces.push((row) => {
    if (row < 0) return;
    const own = rowAt.map((points) => points[placeOf[row][1]]);
    fill(picked, {
      d: path(own.map((r) => (r < 0 || value(name, r) === null ? null : [x(timeOf(r)), y(value(name, r))]))),
    });
  });
  const plot = plotOf(name, "Medians");
  plot.append(into);
  const scanUnder = (px) => {
    const time = x.back(px);
    const s = axes.cells.findIndex(([from, to]) => time >= from && time < to);
    return s < 0 || state.row < 0 ? -1 : rowAt[s][placeOf[state.row][1]];
  };
  interactive(plot, into, width, scanUnder, name);
  return panel(name, "", plot);
}

/** Say on the page what is otherwise of a map. */
function wordsOfMaps() {
  byId("maps-title").textContent = "Images";
  document.querySelector(".kind").textContent = "Raman maps";
  const [wide, high] = raster.extent.map(plain);
  byId("steering").textContent =
    `Each image is ${wide} × ${high} ${raster.unit}. A click selects a spectrum; so do the arrow keys, from pixel to ` +
    "pixel, while an image has the focus.";
  byId("points-key").append(
    keyEntry("line", "median over the pixels, between its quartiles", "var(--p0)"),
    keyEntry("line", "the selected pixel", "var(--accent)"),
  );
  byId("traces").hidden = axes.scans.length < 2;
}
