// The list of runs in this file: the filter, the facets and the table that the server's page has, over the same pack.
//
// Rules kept here
// - The address after `#` holds what is shown: `q`, `sort`, `facets`. It is kept while a run is open.
// - Words of claims and passages are searched in the file's own records.

import { facetPanel } from "../runs/facets.mjs";
import { OPENED, filterBox } from "../runs/filter_box.mjs";
import { HARMS } from "../marks.mjs";
import { readSort, sortText, sorted } from "../runs/pack.mjs";
import { SHOWN, runColumns } from "../runs/columns.mjs";
import { runFinder } from "../runs/finder.mjs";
import { gridTable } from "../table.mjs";
import { button, byId, el, say, show } from "../dom.mjs";
import { recordedWords } from "./words.mjs";

// A run's name; where it is too long, what a fork changed stays to be read, and its parent's name is cut.
export function runName({ run, parent }) {
  const change = parent && run.startsWith(`${parent}~`) ? run.slice(parent.length) : "";
  const of = el("span.of", {}, change ? parent : run);
  return el("span.name", { title: run }, of, change && el("span.change", {}, change));
}

const STATE = ["q", "sort", "facets"];
const linkToRuns = (state) => `#${new URLSearchParams(Object.entries(state).filter(([, said]) => said))}`;

export function runList(file, open) {
  const { pack } = file, finder = runFinder(pack, file.index.vocabulary), state = {};
  const all = Uint32Array.from({ length: pack.n }, (_, place) => place), runAt = (place) => file.runs.get(pack.cell("run", place));
  const columns = runColumns(pack, (run) => file.linkTo(run)).filter(({ name }) => SHOWN.includes(name));
  let found = all, order = all;

  const table = gridTable({ label: "Runs", onopen: (place) => open(runAt(place)), onsort: (column) => {
    const { field, descending } = readSort(state.sort), isSame = field === column.sort;
    set({ sort: sortText({ field: column.sort, descending: isSame ? !descending : Boolean(column.isGravestFirst) }) });
    draw();
  } });
  const flags = ["right", "wrong", "abstained", ...HARMS].map((flag) => [flag, finder.count(flag, all)]).filter(([, many]) => many > 0);
  const opens = button(".quiet", () => { set({ facets: state.facets ? "" : OPENED }); drawFacets(); }, "Facets");
  opens.id = "facets";
  const filter = filterBox({
    total: pack.n, facets: flags, select: finder.select, complete: finder.complete, asks: "searching the records for",
    ask: recordedWords(file, pack, finder, runAt), extra: [opens], ontyped: (q) => set({ q }), onleap: (q) => set({ q }, true),
    onselected: ({ places }) => { found = places === null ? all : Uint32Array.from(places); draw(); },
  });
  const facets = facetPanel({ finder, total: pack.n, ontoggle: filter.toggle, onopened: (names) => { set({ facets: names }); drawFacets(); } });

  // A walk replaces the entry of the history, a leap adds one.
  function set(changes, isLeap = false) {
    Object.assign(state, changes);
    const to = linkToRuns(state);
    byId("home").href = to;
    if (to !== (location.hash || "#")) history[isLeap ? "pushState" : "replaceState"](null, "", to);
  }

  function draw() {
    order = sorted(pack, found, readSort(state.sort));
    table.set(columns, readSort(state.sort), order);
    drawFacets();
  }

  function drawFacets() {
    opens.setAttribute("aria-pressed", String(Boolean(state.facets)));
    facets.draw(found, filter.query, state.facets ?? "");
  }

  // The parameters of the address, where it is that of the list.
  async function read(asked) {
    const before = state.q;
    for (const name of STATE) state[name] = asked[name] ?? "";
    byId("home").href = linkToRuns(state);
    if (before === state.q) draw();
    else await filter.set(state.q);
  }

  show(byId("runs"), filter.node, el("div.list-box", {}, facets.node, table.node));
  say(`${pack.n} runs`);
  return { all: Array.from(all, runAt), table, filter, read, toggleFacets: () => opens.click(), get shown() { return Array.from(order, runAt); },
    select: (run) => table.selectPlace(run ? order.find((place) => runAt(place) === run) ?? order[0] : order[0]) };
}
