// Where each condition loses the evidence that decides: from the store to the answer, runs of labelled cases only.
//
// Rules kept here
// - A number of lost runs leads to these runs, where a query can ask for them: only the store knows what it held.
// - Unknown is a dash, never 0; how many runs are not counted stands below.

import { runsPath } from "./query.mjs";
import { count, el } from "../dom.mjs";

const STAGES = { in_store: "in the store", in_force: "in force", retrieved: "retrieved", served: "served", quoted: "quoted",
  supports: "supports the answer", chosen: "chosen" };
const OF_STORE = ["in_store", "in_force"]; // stages that results do not hold

export function funnelTable(conditions, focus) {
  const lacking = [...new Set(conditions.map((one) => one.funnel_lacking).filter(Boolean))];
  const shown = conditions.filter(({ funnel }) => funnel), place = (one) => conditions.indexOf(one);
  const [first] = shown;
  return el("section.beside-box", { id: "funnel" }, el("h2", {}, "Where the deciding evidence is lost"),
    lacking.map((line) => el("p.soft", {}, line)),
    first && el("div.scrolls", { tabindex: "0", role: "group", "aria-label": "Loss funnel" }, el("table.funnel", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Runs reached"), shown.map((one) =>
        el(`th.number${place(one) === focus ? ".in-focus" : ""}`, { scope: "col" }, el("kbd", {}, place(one) + 1), " ", el("bdi", {}, one.label))))),
      el("tbody", {}, first.funnel.stages.map(({ stage }, i) => el("tr", {}, el("th", { scope: "row" }, STAGES[stage]), shown.map((one) => cell(one, i))))))),
    shown.map((one) => notes(one)));
}

function cell({ funnel: { runs, stages }, exp, query, label }, i) {
  const { stage, reached, lost, unknown } = stages[i];
  if (reached === null) return el("td.number", {}, el("span.soft", { title: `unknown of ${count(unknown, "run")}` }, "–"));
  const words = `−${lost?.toLocaleString("en")}`;
  return el("td.number", { "--share": runs ? reached / runs : 0 }, reached.toLocaleString("en"),
    lost > 0 && [" ", OF_STORE.includes(stage) ? el("span.lost", {}, words)
      : el("a.lost", { href: runsPath(exp, `${query} lost:${stage}`), "aria-label": `${lost} lost: ${STAGES[stage]}, ${label}` }, words)],
    unknown > 0 && el("span.soft", {}, ` (${unknown} unknown)`));
}

function notes({ label, funnel, exp, query }) {
  const lines = [
    funnel.right_without > 0 && el("a", { href: runsPath(exp, `${query} right -lost:nothing`) }, `${count(funnel.right_without, "right answer")} do not rest on it`),
    funnel.unlabelled > 0 && el("a", { href: runsPath(exp, `${query} lost:unknown`) }, `${count(funnel.unlabelled, "run")} not counted: the case does not name what decides it`),
  ].filter(Boolean);
  return lines.length > 0 && el("p.soft", {}, el("bdi", {}, label), ": ", lines.map((line, i) => [i > 0 && "; ", line]));
}
