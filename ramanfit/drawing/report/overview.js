// -- where the page opens: flags and events ------------------------------------------------------------------------

function buildOverview() {
  const counts = Object.keys(data.flags)
    .map((word) => [word, placeOf.filter((_, row) => flagsOf(row).includes(word)).length])
    .filter(([, count]) => count);
  const item = ([word, count]) =>
    make(
      "li",
      {},
      make("button", { type: "button", onclick: () => filterFor(word) }, word),
      ` ${count} ${count === 1 ? "spectrum" : "spectra"}: ${data.flags[word]}`,
    );
  byId("flag-counts").replaceChildren(
    make("h3", {}, counts.length ? "Flags" : "No spectrum is flagged"),
    make("ul", {}, ...counts.map(item)),
  );
}

/** Show in the table what holds a word. */
function filterFor(word) {
  byId("filter").value = word;
  arrange();
  showTable();
  byId("table").scrollIntoView({ block: "start" });
  byId("filter").focus({ preventScroll: true });
}

function buildEvents() {
  byId("events").hidden = !data.events.length;
  const kinds = [...new Set(data.events.map(({ kind }) => kind))];
  const words = { vanishes: "a peak vanishes", appears: "a peak appears", steepest: "steepest change" };
  byId("events-key").append(
    ...kinds.map((kind) => {
      const picture = draw("svg", { viewBox: "-7 -7 14 14", class: "sign-key", "aria-hidden": "true" });
      picture.append(sign(kind, 0, 0, "var(--event)"));
      return make("li", {}, picture, words[kind]);
    }),
  );
  byId("events")
    .querySelector("tbody")
    .append(
      ...data.events.map(({ point, words: happened, rows: [before, after] }) => {
        const row = after < 0 ? before : after;
        const open = make("button", { type: "button", onclick: () => select(row, { reveal: true }) }, ...typeset(happened));
        open.disabled = row < 0;
        return make("tr", {}, make("th", { scope: "row" }, point), make("td", { class: "text" }, open));
      }),
    );
}
