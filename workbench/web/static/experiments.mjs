// All experiments: what was run, how far, how it came out, whether it can be trusted.

import { experimentPath } from "./address.mjs";
import { searchPath } from "./evidence_address.mjs";
import { failed, first, frame } from "./frame.mjs";
import { percent } from "./marks.mjs";
import { liveStream, politely } from "./live.mjs";
import { progressBar, progressWords } from "./progress.mjs";
import { byId, count, el, painted, show } from "./viewer/dom.mjs";
import { walkedRows } from "./walked_rows.mjs";

const range = (found, why) => {
  if (!found) return el("span.soft", { title: why }, "–");
  const [low, high] = [percent(found.min), percent(found.max)];
  return low === high ? low : `${low} – ${high}`;
};

function sealed({ seal, fault }) {
  if (fault) return el("span.fault-line", {}, "cannot be read");
  if (!seal) return el("span.soft", {}, "no journal");
  if (!seal.sealed) return el("span.lacking", {}, "not sealed");
  return seal.newer ? el("span.lacking", {}, `${count(seal.newer, "run")} since the seal`) : "sealed";
}

function storeWords({ exp, store, seal }) {
  if (!seal) return el("span.soft", { title: store.lacking }, "–"); // results of others
  if (!store.found) return el("span.lacking", { title: store.lacking }, "not at hand");
  return [el("a", { href: searchPath({ exp }) }, store.name), el("span.soft", {}, store.seq === null ? "" : `, event ${store.seq}`,
    store.newer ? ` (${store.newer} since)` : "")];
}

const HEADS = [["Experiment"], ["Conditions", "number"], ["Cases", "number"], ["Runs", "number"], ["Progress"], ["Accuracy, %", "number"],
  ["High-risk, %", "number"], ["Record"], ["Store"], ["Changed"]];

function row(line) {
  return el("tr", { "data-exp": line.exp, "aria-selected": "false" },
    el("th", { scope: "row" }, el("a", { href: experimentPath(line.exp) }, line.exp)),
    el("td.number", {}, line.conditions || "–"), el("td.number", {}, line.cases?.toLocaleString("en") ?? "–"),
    el("td.number.runs", {}, line.runs ? line.runs.toLocaleString("en") : "–"),
    el("td.far", {}, el("span.soft", { title: "no journal tells" }, "–")),
    el("td.number", {}, range(line.accuracy, "no results yet")),
    el("td.number", {}, range(line.high_risk, "no case is labelled")),
    el("td", {}, sealed(line)), el("td", {}, storeWords(line)),
    el("td.soft", {}, line.changed ? line.changed.slice(0, 16).replace("T", " ") : "–"));
}

function start() {
  const { experiments } = first(), tell = politely();
  const live = liveStream({ on: { progress: (state) => drawFar(state, tell), sealed: ({ exp }) => tell(`${exp}: sealed`) } });
  const page = frame({ crumbs: [["Experiments"]], command: () => "evitrail serve", live: live.node });
  const notes = experiments.flatMap((line) => [line.fault, line.store.found || !line.seal ? "" : line.store.lacking]
    .filter(Boolean).map((said) => el("p.soft", {}, el("b", {}, line.exp), `: ${said}`)));
  document.title = "Experiments · evitrail";
  byId("main").className = "sheet wide";
  show(byId("main"), el("h1", {}, "Experiments"), el("p.soft.page-links", {}, el("a", { href: "/jobs" }, "Jobs")),
    experiments.length ? el("table.plain-table", {},
      el("thead", {}, el("tr", {}, HEADS.map(([name, kind]) => el(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, name)))),
      el("tbody", {}, experiments.map(row)))
      : el("p.empty", {}, "No experiment is here. ", el("code", {}, "evitrail demo"), " makes one, ",
        el("code", {}, "evitrail run"), " one of your own; then reload this page."),
    notes.length > 0 && el("section", {}, el("h2", {}, "What is lacking"), notes));
  page.keys(walkedRows([...document.querySelectorAll("tbody tr")], "experiment"));
  document.body.dataset.ready = "yes";
  painted().then(live.start);
}

// Only the cell of its row changes, which has its width already: nothing moves.
function drawFar(state, tell) {
  const row = document.querySelector(`tr[data-exp="${CSS.escape(state.exp)}"]`);
  if (!row || state.done === undefined) return;
  show(row.querySelector(".far"), progressBar(state));
  if (state.rate !== null) tell(`${state.exp}: ${progressWords(state)}`);
}

try { start(); } catch (error) { failed(error); }
