// Who relies on it: the runs whose answer cites it, then those that only saw it, by outcome; each number leads to them.

import { experimentPath, runPath, withParameters } from "../address.mjs";
import { MARKED, mark, outcomeMarks } from "../marks.mjs";
import { el } from "../dom.mjs";

const COLUMNS = ["right", "wrong", "abstained", "high_risk", "unsafe", "contradicts", "overconfident", "stale"];

export function relianceView({ ref, experiments }, scope) {
  return [scope, experiments.length ? experiments.map((one) => experimentView(one, ref)) : el("p.empty", {}, "No experiment that was run on this store is served.")];
}

function experimentView(told, ref) {
  const { exp, total, cited, seen, lacking } = told;
  if (lacking) return el("section", {}, el("h3", {}, exp), el("p.lacking", {}, `Who relied on it cannot be told: ${lacking}`));
  if (!cited) return el("section", {}, el("h3", {}, exp), el("p.empty", {}, `None of its ${total} runs cites, was given or found ${ref}.`));
  return el("section", { "data-exp": exp },
    el("h3", {}, el("a", { href: experimentPath(exp) }, exp), el("span.soft", {}, ` · ${total} runs`)),
    el("div.wide", {}, el("table.plain-table.reliance", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, ""), el("th.number", { scope: "col" }, "Runs"),
        COLUMNS.map((flag) => el("th.number", { scope: "col" }, mark(flag))))),
      el("tbody", {}, line(exp, "answer cites it", cited), line(exp, "found or given, not cited", seen)))),
    cited.runs.length > 0 && el("ul.relying", { "aria-label": "Runs whose answer cites it" }, cited.runs.map((run) => el("li", {},
      el("a.id", { href: runPath(exp, run.run, { q: cited.all.query }) }, run.run), " ", outcomeMarks(run),
      el("span.soft", {}, run.abstained ? ` · answer ${run.answer}` : ` · chose ${run.chosen}, answer ${run.answer}`)))),
    cited.all.runs > cited.runs.length && el("p", {}, el("a", { href: list(exp, cited.all.query) }, `all ${cited.all.runs} runs`)));
}

const list = (exp, q) => withParameters(experimentPath(exp), { q });

function line(exp, name, group) {
  return el("tr", {}, el("th", { scope: "row" }, name), number(exp, group.all, `${name}`),
    COLUMNS.map((flag) => number(exp, group.counts[flag], `${name}, ${MARKED[flag][1]}`)));
}

// A number, and of how many it is unknown: those stand beside it, and are counted in neither.
function number(exp, { query, runs, unknown }, words) {
  return el("td.number", {}, runs ? el("a", { href: list(exp, query), "aria-label": `${words}: ${runs} runs` }, runs) : "0",
    unknown > 0 && el("span.soft", { title: "runs of which it is not known" }, ` +${unknown}?`));
}
