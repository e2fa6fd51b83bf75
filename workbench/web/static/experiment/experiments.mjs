// All experiments: what was run, how far, how it came out, whether it can be trusted.

import { experimentPath } from "../address.mjs";
import { searchPath } from "../evidence/address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { percent } from "../marks.mjs";
import { liveStream, politely } from "../live.mjs";
import { progressBar, progressWords } from "../progress.mjs";
import { button, byId, count, el, painted, say, show } from "../dom.mjs";
import { walkedRows } from "../walked_rows.mjs";

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
  if (!store.found) return el("span.lacking", { title: store.lacking }, "not available");
  return [el("a", { href: searchPath({ exp }) }, store.name), el("span.soft", {}, store.seq === null ? "" : `, event ${store.seq}`,
    store.newer ? ` (${store.newer} since)` : "")];
}

// The newest audit on record; the page of the audit says more.
function policyWords({ exp, audit }) {
  if (!audit) return el("span.soft", { title: "no audit is on record" }, "–");
  const words = { pass: "✓ passes", fail: `✗ ${audit.failed} failed`, "cannot tell": "? cannot tell" }[audit.verdict];
  return el("a", { href: `${experimentPath(exp)}/audit`, title: `by the policy ${audit.policy}, on ${audit.day}` }, words);
}

const HEADS = [["Compare", "choice"], ["Experiment"], ["Conditions", "number"], ["Cases", "number"], ["Runs", "number"], ["Progress"], ["Accuracy, %", "number"],
  ["High-risk, %", "number"], ["Audit"], ["Record"], ["Store"], ["Changed"]];

function row(line, onchange) {
  const chosen = line.conditions > 0 && el("input", { type: "checkbox", value: line.exp, "aria-label": `compare ${line.exp}`, onchange });
  return el("tr", { "data-exp": line.exp, "aria-selected": "false" }, el("td.choice", {}, chosen),
    el("th", { scope: "row" }, el("a", { href: experimentPath(line.exp) }, line.exp)),
    el("td.number", {}, line.conditions || "–"), el("td.number", {}, line.cases?.toLocaleString("en") ?? "–"),
    el("td.number.runs", {}, line.runs ? line.runs.toLocaleString("en") : "–"),
    el("td.far", {}, el("span.soft", { title: "no journal: progress is not known" }, "–")),
    el("td.number", {}, range(line.accuracy, "no results yet")),
    el("td.number", {}, range(line.high_risk, "no case is labelled")),
    el("td", {}, policyWords(line)), el("td", {}, sealed(line)), el("td", {}, storeWords(line)),
    el("td.soft", {}, line.changed ? line.changed.slice(0, 16).replace("T", " ") : "–"));
}

// Two experiments that are chosen are compared: the first of the list is the one whose conditions come first.
function comparing() {
  const chosen = () => [...document.querySelectorAll("tbody input:checked")].map(({ value }) => value);
  const open = () => {
    const [one, other] = chosen();
    if (chosen().length !== 2) { say("choose two experiments to compare"); return false; }
    location.href = `${experimentPath(one)}/compare?${new URLSearchParams({ with: other })}`;
    return true;
  };
  const node = button("", open, "Compare the two"), told = el("span.soft", {});
  const changed = () => {
    node.disabled = chosen().length !== 2;
    told.textContent = node.disabled ? `Choose two experiments on the same questions to compare them; ${chosen().length} chosen.` : chosen().join(", ");
  };
  const toggle = () => document.querySelector("tbody tr[aria-selected=true] input")?.click();
  changed();
  return { changed, node: el("p.comparing", {}, node, " ", told),
    keys: { s: ["choose the experiment to compare", toggle], c: ["compare the two that are chosen", open] } };
}

function start() {
  const { experiments } = first(), tell = politely();
  const live = liveStream({ on: { progress: (state) => drawFar(state, tell), sealed: ({ exp }) => tell(`${exp}: sealed`) } });
  const page = frame({ crumbs: [["Experiments"]], command: () => "evitrail serve", live: live.node });
  const compare = experiments.length > 1 && comparing();
  const notes = experiments.flatMap((line) => [line.fault, line.store.found || !line.seal ? "" : line.store.lacking]
    .filter(Boolean).map((said) => el("p.soft", {}, el("b", {}, line.exp), `: ${said}`)));
  document.title = "Experiments · evitrail";
  byId("main").className = "sheet wide";
  show(byId("main"), el("h1", {}, "Experiments"),
    experiments.length ? el(`table.plain-table${compare ? "" : ".alone"}`, {},
      el("thead", {}, el("tr", {}, HEADS.map(([name, kind]) => el(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, name)))),
      el("tbody", {}, experiments.map((line) => row(line, () => compare?.changed?.()))))
      : el("p.empty", {}, "No experiment is here. ", el("code", {}, "evitrail demo"), " makes one, ",
        el("code", {}, "evitrail run"), " one of your own; then reload this page."),
    compare && compare.node,
    el("p.page-links", {}, el("a", { href: "/jobs" }, "Jobs"), el("a", { href: searchPath() }, "Evidence"), el("a", { href: "/api/docs" }, "The API")),
    notes.length > 0 && el("section", {}, el("h2", {}, "What is lacking"), notes));
  page.keys(walkedRows([...document.querySelectorAll("tbody tr")], "experiment"));
  if (compare) page.keys(compare.keys);
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
