// Which step to repair first: failures of one kind by step, what repairing each alone prevents, and the runs behind it.
//
// Rules kept here
// - The address holds the failure, the filter, whose blames count, and the selected cell; nothing else does.
// - A filter that selects runs by their results leaves no sample: then there are no intervals, and the page says so.
// - An override is counted once the results are written again; until then the page says that its numbers are older.

import { leap, parameters, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { attributionTable, evidenceTable } from "./table.mjs";
import { blamedList } from "./blamed_list.mjs";
import { filterBox } from "../runs/filter_box.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askBytes, askJson } from "../http.mjs";
import { kindWord } from "../marks.mjs";
import { unpack } from "../runs/pack.mjs";
import { runFinder } from "../runs/finder.mjs";
import { button, byId, count, el, say, show } from "../dom.mjs";

const PAUSE = 250; // milliseconds without a key, after which the table is asked for
const AGAIN = 1000; // milliseconds between looks at whether the results are written
const isSelected = (row) => row.getAttribute("aria-selected") === "true";
const CELL = { step: null, cell: null, code: null, evidence: null };

async function start() {
  const { experiment: line, found: given, pack: etag, vocabulary, fault } = first(), exp = line.exp;
  const page = frame({ exp, here: "attribution", crumbs: [["Experiments", "/"], [exp, `/e/${encodeURIComponent(exp)}`], ["Attribution"]],
    command: () => `evitrail attribute ${quote(line.folder)}` });
  document.title = `Attribution of ${exp} · evitrail`;
  byId("main").className = "attribution";
  if (!etag) {
    show(byId("main"), el("section.sheet", {}, el("h1", {}, "Attribution"), el("p.empty", {}, fault || "No results yet. "),
      el("p", {}, el("code", {}, `evitrail attribute ${line.folder}`), " attributes failed runs and writes the results.")));
    document.body.dataset.ready = "yes";
    return;
  }
  const pack = await unpack(await askBytes(api(exp, "/pack", { v: etag }))), finder = runFinder(pack, vocabulary);
  let found = given, asking = null, waiting = 0, drawn = null;

  const asked = () => {
    const { outcome = "wrong", q = "", machine = "" } = parameters();
    return { outcome, q, machine: machine === "true" ? "true" : "" };
  };
  const list = blamedList({ exp, asked, onselect: (cell) => go({ ...CELL, ...cell }), onrecorded: (recorded) => { say("the override is recorded"); told(recorded.results); look(); } });
  const filter = filterBox({
    total: pack.n, facets: [], select: finder.select, complete: finder.complete,
    ask: (query, signal) => askJson(api(exp, "/selection", { q: query }), signal),
    onselected: (_, query) => later(query), ontyped: (query) => walk({ q: query }), onleap: (query) => leap({ q: query }),
    extra: [el("span", { id: "condition-box" })], told: el("span", { id: "said" }),
  });

  // What was typed is asked for after a pause, and only once it can be read.
  function later(query) {
    clearTimeout(waiting);
    if (drawn === query) return;
    waiting = setTimeout(() => { walk({ q: query }); ask(); }, drawn === null ? 0 : PAUSE);
  }

  async function ask() {
    asking?.abort();
    const turn = asking = new AbortController(), given_ = asked();
    byId("table").setAttribute("aria-busy", "true");
    try {
      found = await askJson(api(exp, "/attribution", given_), turn.signal);
      draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.at === null || error.at === undefined) show(byId("said"), el("span.fault-line", {}, error.message));
    } finally {
      if (turn === asking) byId("table").removeAttribute("aria-busy");
    }
  }

  // Whether the results have what was recorded; looked at until they do.
  async function look() {
    const state = (await askJson(api(exp, "/attribution", asked()))).results;
    told(state);
    if (state === "being written") setTimeout(() => look().catch(failed), AGAIN);
    else { ask(); list.draw(); }
  }

  function told(state) {
    byId("results").hidden = state === "current";
    byId("results").textContent = state === "being written"
      ? "What was recorded is not counted yet: the results are being written again." : `The results are older than the record: ${state}`;
  }

  function draw() {
    const { outcome, machine } = asked();
    drawn = found.q;
    told(found.results);
    show(byId("kinds"), found.kinds.map((kind) => {
      const node = button(".kind", () => go({ ...CELL, outcome: kind.outcome === "wrong" ? null : kind.outcome }),
        kindWord(kind.outcome), el("span.soft", {}, ` ${kind.attributed.toLocaleString("en")}`));
      node.setAttribute("aria-pressed", String(kind.outcome === outcome));
      return node;
    }));
    show(byId("condition-box"), conditionSelect());
    show(byId("said"), ...saidOf(found), whose(machine));
    show(byId("table"), attributionTable(exp, found, { selected: parameters(), onselect: (cell) => go({ ...CELL, ...cell }, walk) }));
    show(byId("evidence-behind"), evidenceTable(found, { exp: line.store.found ? exp : null, selected: parameters(), onselect: (cell) => go({ ...CELL, ...cell }) }));
    byId("table").dataset.shown = JSON.stringify(asked());
    list.draw(found);
  }

  // To another row of the table; the failures behind it are shown beside.
  function move(by) {
    const rows = [...document.querySelectorAll("#table tr[data-step]")], at = rows.findIndex(isSelected);
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (!next) return;
    go({ ...CELL, step: next.dataset.step }, walk);
    document.querySelector(`#table tr[data-step="${CSS.escape(next.dataset.step)}"] .step-name`).focus();
  }

  function go(changes, by = leap) {
    const before = JSON.stringify(asked());
    by(changes);
    if (JSON.stringify(asked()) === before) draw();
    else ask();
  }

  function conditionSelect() {
    const words = () => filter.query.split(/\s+/), now = found.conditions.find(({ query }) => words().includes(query));
    const node = el("select.plain-select", { "aria-label": "Condition" }, el("option", { value: "" }, "all conditions"),
      found.conditions.map(({ label, query }) => el("option", { value: query, selected: query === now?.query }, label)));
    node.addEventListener("change", () => {
      const rest = words().filter((word) => word && word !== now?.query);
      filter.set([node.value, ...rest].filter(Boolean).join(" "));
      leap({ q: filter.query });
    });
    return node;
  }

  function whose(machine) {
    if (!found.overridden && !machine) return el("span.soft", {}, "no blame was overridden");
    const box = el("input", { type: "checkbox", id: "machine", checked: machine === "true" });
    box.addEventListener("change", () => go({ machine: box.checked ? "true" : null }));
    return el("span.switch", {}, `${found.overridden} of ${found.table.n} overridden by reviewers `,
      el("label", {}, box, " count what the attribution found instead"));
  }

  show(byId("main"), el("header.attribution-head", {}, el("h1", {}, "Which step to repair first?"),
    el("div.kinds", { id: "kinds", role: "group", "aria-label": "Kind of failure" })),
  el("p.notice", { id: "results", role: "status", hidden: true }), filter.node,
  fault && el("p.failure", { role: "alert" }, fault),
  el("div", { id: "table" }), el("div.attribution-parts", {}, list.node, el("aside", { id: "evidence-behind" })));
  if (found) draw();
  await filter.set(parameters().q ?? "");
  addEventListener("popstate", () => { filter.set(parameters().q ?? ""); ask(); });
  const open = () => document.querySelector("#table tr[aria-selected=true] a")?.click();
  const down = ["next step", () => move(1)], up = ["previous step", () => move(-1)];
  page.keys({ "/": ["filter", () => { filter.input.focus(); filter.input.select(); }], j: down, ArrowDown: down, k: up, ArrowUp: up,
    Enter: ["open the runs that blame the step", open] });
  if (found?.results === "being written") look().catch(failed);
  document.body.dataset.ready = "yes";
}

// How many failures of how many runs, and what is not known of the others.
function* saidOf({ table, outcome, not_attributed: open, not_attributed_query: query, not_labelled: unlabelled, is_sample: isSample }) {
  yield el("b", { id: "failures" }, count(table.n, "failure"));
  yield el("span", {}, `(${kindWord(outcome)}) of ${count(table.cases, "case")}`);
  if (open) yield el("span.unsaid", { title: query }, `${count(open, "failure")} not attributed; `, el("code", {}, "evitrail attribute"), " does it");
  if (unlabelled) yield el("span.unsaid", {}, `${count(unlabelled, "run")} not labelled for this failure`);
  if (!isSample) yield el("span.unsaid", {}, "no intervals: the filter selects runs by their results, so they are no sample");
}

start().catch(failed);
