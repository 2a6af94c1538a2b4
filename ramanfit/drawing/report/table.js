// -- the table of all spectra ------------------------------------------------------------------------------------

const PAGE = 25;
const rankOf = Object.fromEntries(Object.keys(data.flags).map((word, rank) => [word, rank]));
const severity = (row) => Math.min(...flagsOf(row).map((word) => rankOf[word] ?? 99)); // Infinity where there is none
const listed = Object.keys(quantities)
  .filter((name) => !["fwhm_cm1", "area", "area_ratio"].includes(quantities[name].kind))
  .sort((a, b) => Boolean(quantities[a].peak) - Boolean(quantities[b].peak)); // ratios first

const keyOf = (name) => (row) => columns[name][row];
const rounded = (name, digits) => (row) => columns[name][row]?.toFixed(digits) ?? "";

/** Of every column: its head, what its cells show, and the number they sort by. */
const tableColumns = {
  scan: { head: ["scan"], cell: (row) => String(columns.scan[row]), key: keyOf("scan") },
  point: { head: ["point"], cell: (row) => text("point", row), key: (row) => placeOf[row][1], kind: "text" },
};
if (axes.timed) tableColumns.time = { head: [axes.time], cell: (row) => timeOf(row).toFixed(2), key: timeOf };
if ("soc" in columns) {
  tableColumns.soc = { head: ["SOC (%)"], title: data.words.soc[1], cell: rounded("soc", 1), key: keyOf("soc") };
}
tableColumns.flags = { head: ["flags"], cell: (row) => flagsOf(row).join(", "), key: severity, kind: "text flags" };
for (const name of listed) {
  tableColumns[name] = {
    head: labelOf(name),
    title: quantities[name].words,
    cell: (row) => shown(name, row),
    key: keyOf(name),
  };
}
tableColumns.redchi2 = {
  head: ["red. χ²"],
  title: data.words.redchi2[1],
  cell: rounded("redchi2", 2),
  key: keyOf("redchi2"),
};

function arrange() {
  const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = byId("flagged").checked;
  const { key } = tableColumns[state.sort];
  const keys = columns.scan.map((_, row) => key(row));
  const missing = (row) => keys[row] === null || keys[row] === Infinity; // last, whatever the direction
  const sign = state.descending ? -1 : 1;
  state.order = keys
    .map((_, row) => row)
    .filter((row) => {
      if (only && !flagsOf(row).length) return false;
      const words =
        `${text("point", row)} ${text("flags", row)} ${text("source", row)} scan ${columns.scan[row]}`.toLowerCase();
      return wanted.every((word) => words.includes(word));
    })
    .sort((a, b) => missing(a) - missing(b) || (missing(a) ? 0 : sign * (keys[a] - keys[b])) || a - b);
  state.page = 0;
}

function buildTable() {
  const sortBy = (name) => {
    state.descending = state.sort === name && !state.descending;
    state.sort = name;
    arrange();
    showTable();
  };
  byId("table")
    .querySelector("thead tr")
    .append(
      ...Object.entries(tableColumns).map(([name, { head, title = "", kind = "" }]) =>
        make(
          "th",
          { scope: "col", "data-column": name, title, class: kind.split(" ")[0] },
          make("button", { type: "button", onclick: () => sortBy(name) }, ...head),
        ),
      ),
    );
  byId("table")
    .querySelector("tbody")
    .addEventListener("click", (event) => {
      const line = event.target.closest("tr");
      if (line) select(Number(line.dataset.row), { reveal: true });
    });
  byId("filter").form.addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["filter", "flagged"])
    byId(id).addEventListener("input", () => {
      arrange();
      showTable();
    });
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

function tableRow(row) {
  const opener = make("button", { type: "button", "aria-label": `show ${nameOf(row)}` }, String(columns.scan[row]));
  const others = Object.values(tableColumns).slice(1);
  return make(
    "tr",
    { "data-row": row, ...(row === state.row ? { "aria-current": "true" } : {}) },
    make("th", { scope: "row" }, opener),
    ...others.map(({ cell, kind = "" }) => make("td", { class: kind }, cell(row))),
  );
}

function showTable() {
  for (const head of byId("table").querySelectorAll("th[data-column]")) {
    if (head.dataset.column === state.sort)
      head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  const [first, end] = [state.page * PAGE, Math.min((state.page + 1) * PAGE, state.order.length)];
  const body = byId("table").querySelector("tbody");
  const focused = body.contains(document.activeElement);
  body.replaceChildren(...state.order.slice(first, end).map(tableRow));
  if (focused) body.querySelector("tr[aria-current] button")?.focus();
  byId("page-place").textContent = state.order.length
    ? `${first + 1}–${end} of ${state.order.length}`
    : "no spectrum matches";
  byId("page-before").disabled = first === 0;
  byId("page-after").disabled = end >= state.order.length;
  const at = state.order.indexOf(state.row);
  byId("place").textContent = at < 0 ? "not in the table’s choice" : `${at + 1} of ${state.order.length} in the table`;
  byId("previous").disabled = at <= 0;
  byId("next").disabled = at + 1 >= state.order.length;
}
