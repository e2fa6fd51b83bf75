// The head of a run: the question, its options as buttons, what was chosen, and the way to the runs beside it.

import { diffPath, experimentPath, runPath, withParameters } from "../address.mjs";
import { HARMS, mark, outcomeMarks } from "../marks.mjs";
import { button, el } from "../dom.mjs";
import { spaced } from "../text.mjs";

export function runHead({ view, exp, kept, neighbours, actions }, at, go) {
  const { outcome, case: asked } = view;
  return [
    el("div.run-title", {},
      el("h1", {}, asked ? asked.stem : view.run),
      el("div.run-result", {}, resultLine(view, outcome), el("div.beside-row", {}, actions(), beside({ exp, kept, neighbours })),
        el("p.acts", {}, el("a", { href: diffPath(exp, { a: view.parent, b: view.run }) }, view.parent ? "compare with its parent" : "compare with another run")))),
    asked && el("ul.options", { "aria-label": "Options" }, Object.keys(asked.options).sort().map((letter) =>
      option(letter, asked, outcome?.chosen ?? view.chain?.chosen ?? null, at, go))),
    view.why && el("p.notice", {}, `${view.state === "damaged" ? "This record is damaged: " : ""}${view.why}`),
    el("p.soft.meta", {}, facts(view).join(" · ")),
    view.parent && el("p.meta", {}, "Done again from ", el("a.id", { href: runPath(exp, view.parent, kept) }, view.parent),
      view.chain?.fork && el("span.soft", {}, `: ${view.chain.fork}`)),
  ];
}

function resultLine(view, outcome) {
  const told = outcome ?? view.row;
  if (!told) {
    const chosen = view.chain?.chosen, answer = view.case?.answer;
    return view.chain ? el("p.marks", {}, mark(chosen === answer ? "right" : chosen === null ? "abstained" : "wrong"), `chose ${chosen ?? "nothing"}`)
      : el("p.marks", {}, mark("unknown", spaced(view.state)));
  }
  const harms = outcomeMarks(Object.fromEntries(["correct", "abstained", ...HARMS].map((flag) => [flag, told[flag]])));
  const said = told.abstained ? `answer ${told.answer}` : told.correct ? `chose ${told.chosen}` : `chose ${told.chosen}, answer ${told.answer}`;
  return el("p.marks", {}, harms, el("b", {}, said));
}

const facts = ({ case: asked, condition, reader, seq }) => [
  condition && `condition ${condition}`, reader, asked?.as_of && `asked as of ${asked.as_of}`,
  seq !== null && `store event ${seq}`, asked && [asked.subspecialty, asked.question_type].filter(Boolean).map(spaced).join(", "),
].filter(Boolean);

function option(letter, asked, chosen, at, go) {
  const flags = Object.entries(asked.labels[letter] ?? {}).filter(([, is]) => is).map(([flag]) => flag);
  const node = button(".option", () => go({ option: letter, claim: null, passage: null }),
    el("b", {}, letter), ` ${asked.options[letter]} `,
    letter === chosen && el("span.mark-badge.chosen", {}, "chosen"), letter === asked.answer && el("span.mark-badge.right", {}, "✓ answer"),
    flags.map((flag) => mark(flag)), asked.stale_option === letter && mark("stale", "outdated evidence says so"));
  node.setAttribute("aria-pressed", String(at.option === letter));
  return el("li", {}, node);
}

// Where the run stands in the list one came from.
function beside({ exp, kept, neighbours }) {
  const list = withParameters(experimentPath(exp), Object.fromEntries(Object.entries({
    q: kept.q, sort: kept.sort && `${kept.descending ? "-" : ""}${kept.sort}` }).filter(([, value]) => value)));
  const to = (run, name, rel) => (run ? el("a.step-link", { href: runPath(exp, run, kept), rel, "aria-label": `${rel === "prev" ? "previous" : "next"} run: ${run}`, title: run }, name)
    : el("span.step-link", { "aria-disabled": "true" }, name));
  const words = neighbours.place === null ? "not in this list" : `${neighbours.place} of ${neighbours.of}`;
  return el("nav.beside", { "aria-label": "The list one came from" }, to(neighbours.previous, "‹", "prev"),
    el("a", { href: list }, words), to(neighbours.next, "›", "next"), kept.q && el("span.soft.id", {}, kept.q));
}
