// One step of two runs: its inputs, its component, and what differs in its output, texts word by word.

import { changedWords, hasChanges } from "../changed_words.mjs";
import { claimsTable } from "./claims.mjs";
import { optionsTable } from "./overview.mjs";
import { diffPassages } from "./passages.mjs";
import { statusBadge } from "./steps.mjs";
import { button, count, el, fold, parted } from "../dom.mjs";
import { spaced, took } from "../text.mjs";

const LONG = 90; // characters from which on a field stands below its name

export function stepDetail(detail, diff, exp, { goTo, open, beside }) {
  const { step, first, second, lacking } = detail, kind = (second ?? first)?.output_type;
  return [
    header(step, diff, { goTo, open, beside }),
    step.why && el("p.step-why", {}, `${step.why}.`),
    lacking && el("p.failure", { role: "alert" }, `Its output cannot be shown: ${lacking}`),
    detail.failed.map((error, i) => error && el("p.failure", {}, `It failed in the ${i ? "second" : "first"} run: `, el("bdi", {}, error))),
    inputs(detail, goTo),
    !lacking && (first || second) && el("section", {}, el("h2", {}, "Output ", el("span.soft", {}, kind)), left(detail, diff, exp)),
    (first || second) && sidesTable(first, second),
  ];
}

function header(step, diff, { goTo, open, beside }) {
  const to = (by, words) => {
    const path = beside(by), node = button(".quiet", () => goTo(path), words);
    node.disabled = path === null;
    return node;
  };
  return el("header.step-head", {}, el("h2", {}, step.path), statusBadge(step.status),
    step.first && el("a", { href: open(diff.first.run, "first") }, "in the first run"), step.second && el("a", { href: open(diff.second.run, "second") }, "in the second run"),
    el("span.walk", {}, to(-1, "‹ previous step"), to(1, "next step ›")));
}

// Only what differs: an input that is another step's output leads to that step.
function inputs({ inputs: all, parameters, step }, goTo) {
  if (step.status.startsWith("only") || (!all.length && !parameters.length)) return null;
  const from = (path) => (path ? button(".link.id", () => goTo(path), path) : el("span.soft", {}, "no step"));
  return el("section", {}, el("h2", {}, "Inputs"),
    all.map(({ role, first_from: a, second_from: b, fields }) => el("div.input-line", {}, el("b", {}, role), " ",
      a || b ? [el("span.soft", {}, "output of "), a === b ? from(a) : [from(a), el("span.soft", {}, " in the first, "), from(b), el("span.soft", {}, " in the second")]]
        : fields.length ? "" : el("span.soft", {}, "only one run has it"), fieldList(fields))),
    fieldList(parameters));
}

function left(detail, diff, exp) {
  const { query, passages, drops, claims, logits, chosen, fields } = detail;
  const parts = [
    detail.step.status.startsWith("same") && el("p", {}, "Identical in both."),
    query.length > 0 && el("div", {}, el("h3", {}, "Searched for"), el("p.words.diff.query-words", {}, changedWords(query))),
    passages.length > 0 && el("div", {}, el("h3", {}, "Passages"), diffPassages(passages, diff, exp)),
    drops.length > 0 && el("div", {}, el("h3", {}, "Held back by gates"), dropsTable(drops)),
    claims.length > 0 && el("div", {}, el("h3", {}, "Claims"), claimsTable(claims, diff)),
    logits && diff.same_question !== false && optionsTable(diff.second.case ?? diff.first.case, logits, chosen),
    fields.length > 0 && el("div", {}, (passages.length > 0 || claims.length > 0 || logits) && el("h3", {}, "Other fields"), fieldList(fields)),
  ].filter(Boolean);
  return parts.length ? parts : el("p.soft", {}, "There is nothing to compare in its output.");
}

function dropsTable(drops) {
  const differs = drops.filter(({ first, second }) => first !== second), same = drops.filter(({ first, second }) => first === second);
  const table = (rows) => el("div.wide", {}, el("table.plain-table.moved", {}, el("thead", {}, el("tr", {}, ["Gate", "Passage", "In the first", "In the second"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, rows.map(({ gate, passage, first, second }) => el("tr", {}, el("td", {}, el("code", {}, gate)), el("td.id", {}, passage),
      el("td", {}, first ?? el("span.soft", {}, "not held back")), el("td", {}, second ?? el("span.soft", {}, "not held back")))))));
  return [differs.length > 0 && table(differs.slice(0, 12)), differs.length > 12 && fold(`${differs.length - 12} more`, () => table(differs.slice(12))),
    same.length > 0 && fold(`${count(same.length, "passage")} held back in both, for the same reason`, () => table(same))];
}

function fieldList(fields) {
  if (!fields.length) return null;
  const value = (text) => (text === null ? el("span.soft", {}, "nothing") : el("bdi", {}, text || "“”"));
  const line = ({ field, first, second, words }) => {
    const isWords = words.length > 0 && hasChanges(words), isLong = Math.max(first?.length ?? 0, second?.length ?? 0) > LONG;
    const content = first === null && second === null ? null : isWords && (isLong || words.some(([op]) => op === "=")) ? el("span.words.diff", {}, changedWords(words))
      : first === null || second === null ? [el("span.soft", {}, first === null ? "only in the second: " : "only in the first: "), value(first ?? second)]
        : [value(first), el("span.soft", {}, " → "), value(second)];
    return el("div.field-diff", {}, el("dt", {}, spaced(field)), el("dd", {}, content));
  };
  return parted(fields, 20, line, el("dl.field-diffs"));
}

function sidesTable(first, second) {
  const told = [["Done by", "by"], ["Took", "milliseconds"], ["Reused from", "reused_from"], ["Overridden", "given"], ["Code", "code"]];
  const say = (side, name) => (!side ? "–" : name === "milliseconds" ? took(side[name]) : name === "given" ? (side[name] ? "yes" : "no") : side[name] ?? "–");
  const rows = told.filter(([, name]) => name === "by" || name === "milliseconds" || [first, second].some((side) => side?.[name] && side[name] !== "") && first?.[name] !== second?.[name]);
  return el("section", {}, el("h2", {}, "Component and settings"), el("div.wide", {}, el("table.plain-table.moved", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span.vh", {}, "What")), el("th", { scope: "col" }, "First"), el("th", { scope: "col" }, "Second"))),
    el("tbody", {}, rows.map(([title, name]) => el("tr", {}, el("th", { scope: "row" }, title), [first, second].map((side) => el("td", {}, el("code", {}, say(side, name))))))))));
}
