// -- the table of all spectra ------------------------------------------------------------------------------------

const PAGE = 25;
const rankOf = Object.fromEntries(Object.keys(data.flags).map((word, rank) => [word, rank]));
const severity = (row) => Math.min(...flagsOf(row).map((word) => rankOf[word] ?? 99)); // Infinity where there is none

const keyOf = (name) => (row) => columns[name][row];
const cellOf = (name) => (row) => cells[name][row];

/** Of every column: its head, what its cells show, and the number they sort by. */
const tableColumns = {
  scan: { head: ["scan"], cell: (row) => String(columns.scan[row]), key: keyOf("scan") },
  point: { head: ["point"], cell: (row) => text("point", row), key: (row) => placeOf[row][1], kind: "text" },
};
if (axes.timed) tableColumns.time = { head: ["time (h)"], cell: cellOf("time_h"), key: keyOf("time_s") };
tableColumns.flags = { head: ["flags"], cell: (row) => flagsOf(row).join(", "), key: severity, kind: "text flags" };
const byRatio = Object.keys(quantities).sort((a, b) => Boolean(quantities[a].peak) - Boolean(quantities[b].peak)); // ratios first
for (const name of byRatio)
  tableColumns[name] = { head: labelOf(name), title: quantities[name].words, cell: cellOf(name), key: keyOf(name) };
for (const [name, [label, title]] of Object.entries(data.words))
  tableColumns[name] = { head: typeset(label), title, cell: cellOf(name), key: keyOf(name) };
tableColumns.source = {
  head: ["file"],
  cell: (row) => text("source", row),
  key: (row) => texts.source.at[row],
  kind: "text",
};

const ALWAYS_LISTED = ["scan", "point", "time", "flags"];
const SELDOM = ["fwhm_cm1", "area", "area_ratio"];
const usual = [...byRatio.filter((name) => !SELDOM.includes(quantities[name].kind)), "redchi2", "soc"];
const listed = new Set([...ALWAYS_LISTED, ...usual].filter((name) => name in tableColumns));
const listedColumns = () => Object.entries(tableColumns).filter(([name]) => listed.has(name));

// -- the filter: words of any cell that is shown --------------------------------------------------------------------

let haystacks = [];
const haystackOf = (row) =>
  (haystacks[row] ??= [...listedColumns().map(([, { cell }]) => cell(row)), text("source", row), nameOf(row)]
    .join(" ")
    .toLowerCase());
const pointWords = new Set(axes.points.map((point) => point.toLowerCase()));

/** What a row must have: a scan by its number, a point by its whole name, else words that some cell holds. */
function testsOf(filter) {
  const scans = [];
  const rest = filter.toLowerCase().replace(/\bscan[\s-](\d+)/g, (_, number) => {
    scans.push(Number(number));
    return " ";
  });
  const words = rest.split(/[\s,|]+/).filter(Boolean);
  return [
    ...scans.map((scan) => (row) => columns.scan[row] === scan),
    ...words.map((word) =>
      pointWords.has(word) ? (row) => text("point", row).toLowerCase() === word : (row) => haystackOf(row).includes(word),
    ),
  ];
}

function arrange() {
  const tests = testsOf(byId("filter").value);
  const only = byId("flagged").checked;
  const { key } = tableColumns[state.sort];
  const keys = columns.scan.map((_, row) => key(row));
  const missing = (row) => keys[row] === null || keys[row] === Infinity; // last, whatever the direction
  const sign = state.descending ? -1 : 1;
  state.order = keys
    .map((_, row) => row)
    .filter((row) => !(only && !flagsOf(row).length) && tests.every((test) => test(row)))
    .sort((a, b) => missing(a) - missing(b) || (missing(a) ? 0 : sign * (keys[a] - keys[b])) || a - b);
  state.page = 0;
}

function buildHeads() {
  const sortBy = (name) => {
    state.descending = state.sort === name && !state.descending;
    state.sort = name;
    arrange();
    showTable();
  };
  byId("table")
    .querySelector("thead tr")
    .replaceChildren(
      ...listedColumns().map(([name, { head, title = "", kind = "" }]) =>
        make(
          "th",
          { scope: "col", "data-column": name, title, class: kind.split(" ")[0] },
          make("button", { type: "button", onclick: () => sortBy(name) }, ...head.map((part) => part.cloneNode?.(true) ?? part)),
        ),
      ),
    );
}

/** Leave out what does not fit a wide screen: the chooser names it. */
function fitColumns() {
  const room = byId("table").querySelector(".wide");
  const last = listedColumns().filter(([name]) => !ALWAYS_LISTED.includes(name)).reverse();
  for (const [name] of last) {
    if (room.clientWidth < 800 || room.scrollWidth <= room.clientWidth) break;
    listed.delete(name);
    buildHeads();
    showTable();
  }
}

function buildTable() {
  buildHeads();
  byId("table")
    .querySelector("tbody")
    .addEventListener("click", (event) => {
      const line = event.target.closest("tr");
      if (line) select(Number(line.dataset.row), { reveal: true });
    });
  byId("filter").form.addEventListener("submit", (event) => event.preventDefault());
  const again = () => {
    arrange();
    showTable();
  };
  for (const id of ["filter", "flagged"]) byId(id).addEventListener("input", again);
  const turn = (by) => {
    state.page += by;
    showTable();
  };
  byId("page-before").addEventListener("click", () => turn(-1));
  byId("page-after").addEventListener("click", () => turn(1));
  const step = (by) => {
    const row = state.order[state.order.indexOf(state.row) + by];
    if (row !== undefined) select(row);
  };
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  const embedded = spectra.at.filter((k) => k >= 0).length;
  const left = [];
  if (rowCount < data.rows)
    left.push(`The page shows ${rowCount} of ${data.rows} spectra, evenly chosen; the tables beside it hold all.`);
  if (spectra.at.some((k) => k < NOT_AT_HAND))
    left.push(`${embedded} spectra can be looked at: the flagged, the worst, and an even choice of the others.`);
  byId("left-out").textContent = left.join(" ");
  byId("left-out").hidden = !left.length;
}

function buildColumnChooser() {
  const names = Object.keys(tableColumns).filter((name) => !ALWAYS_LISTED.includes(name));
  const changed = (name, on) => {
    if (on) listed.add(name);
    else listed.delete(name);
    haystacks = [];
    buildHeads();
    arrange();
    showTable();
  };
  ticksInto(byId("table").querySelector("fieldset"), names, {
    words: (name) => tableColumns[name].head.map((part) => part.cloneNode?.(true) ?? part),
    on: (name) => listed.has(name),
    changed,
  });
}

function tableRow(row) {
  const opener = make("button", { type: "button", "aria-label": `show ${nameOf(row)}` }, String(columns.scan[row]));
  const others = listedColumns().slice(1);
  return make(
    "tr",
    { "data-row": row },
    make("th", { scope: "row" }, opener),
    ...others.map(([, { cell, kind = "" }]) => make("td", { class: kind }, cell(row))),
  );
}

let listedContent = ""; // of the table as it is: what stays is not made again

function showTable() {
  for (const head of byId("table").querySelectorAll("th[data-column]")) {
    if (head.dataset.column === state.sort)
      head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  const [first, end] = [state.page * PAGE, Math.min((state.page + 1) * PAGE, state.order.length)];
  const body = byId("table").querySelector("tbody");
  const focused = body.contains(document.activeElement);
  const wanted = state.order.slice(first, end);
  const content = `${wanted.join()} ${[...listed].join()}`;
  if (content !== listedContent) body.replaceChildren(...wanted.map(tableRow));
  listedContent = content;
  for (const line of body.children) {
    if (Number(line.dataset.row) === state.row) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  if (focused) body.querySelector("tr[aria-current] button")?.focus();
  byId("page-place").textContent = state.order.length
    ? `${first + 1}–${end} of ${state.order.length}`
    : "no spectrum matches";
  byId("page-before").disabled = first === 0;
  byId("page-after").disabled = end >= state.order.length;
  const at = state.order.indexOf(state.row);
  const apart = state.row < 0 ? "" : "not in the table’s choice";
  byId("place").textContent = at < 0 ? apart : `${at + 1} of ${state.order.length} in the table`;
  byId("previous").disabled = at <= 0;
  byId("next").disabled = at + 1 >= state.order.length;
}

/** All rows that the filter leaves, with the columns that are shown. */
function tableCsv() {
  const names = [...listed].filter((name) => name in columns);
  return rowsCsv(state.order, withErrors(Object.keys(tableColumns).filter((name) => names.includes(name))));
}
