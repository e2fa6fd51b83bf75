// One case, unfolded: what each condition chose, its outcome, its evidence, and who is blamed for what.
//
// Rules kept here
// - Evidence is aligned: a row a version, the same in every condition, with what it was worth on the question's day.
// - A blame stands with the failure that it is for.

import { evidencePath, experimentPath, withParameters } from "../address.mjs";
import { HARMS, KINDS, confidence, kindWord, outcomeMarks, statusMark } from "../marks.mjs";
import { stepsOf } from "../runs/columns.mjs";
import { el } from "../dom.mjs";

const OPTION = /^([A-Z]) (.*)$/;

export function pairView({ name, places }, { sides, link, exp, hasStore }) {
  const there = sides.map((side, i) => ({ ...side, i, place: places[i] })).filter(({ place }) => place !== null);
  const [first] = there, cell = (column) => ({ pack, place }) => pack.cell(column, place);
  const row = (title, draw) => el("tr", {}, el("th", { scope: "row" }, title), there.map((one) => el("td", {}, draw(one))));
  const refs = [...new Set(there.flatMap((one) => cell("cited")(one) ?? []))].sort();
  const day = cell("day")(first), asof = day === null ? null : new Date(day * 86_400_000).toISOString().slice(0, 10);
  return el("article.pair", { "aria-label": `case ${name}` },
    question(cell("text")(first), there, cell("answer")(first)),
    el("table.doc-table.pair-table", {},
      el("thead", {}, el("tr", {}, el("td"), there.map(({ label, i }) =>
        el("th", { scope: "col" }, el("kbd", {}, i + 1), " ", el("bdi", {}, label), i === 0 && el("span.soft", {}, " baseline"))))),
      el("tbody", {},
        row("Chose", (one) => [el("b", {}, `${cell("chosen")(one) ?? "nothing"} `), outcomeMarks(flags(one))]),
        row("Confidence", (one) => confidence(cell("confidence")(one))),
        row("Blamed", blamed),
        refs.map((ref) => row(hasStore ? el("a.id", { href: evidencePath(ref, { exp, asof }) }, ref) : el("span.id", {}, ref), (one) => cites(one, ref))),
        !refs.length && row("Evidence", () => el("span.soft", {}, "cites nothing")),
        row("Run", (one) => runLinks(one, there[0], link)))));
}

const flags = ({ pack, place }) => Object.fromEntries(["correct", "abstained", ...HARMS].map((flag) => [flag, pack.cell(flag, place)]));

// The words of the question, and its options with who chose which.
function question(text, there, answer) {
  if (!text) return el("p.soft", {}, "The text of the question is not in the results.");
  const lines = text.split("\n"), from = lines.findLastIndex((line) => !OPTION.test(line)) + 1;
  const options = lines.slice(from).map((line) => OPTION.exec(line));
  return [el("p.stem", { dir: "auto" }, lines.slice(0, from).join("\n")), el("ul.pair-options", {}, options.map(([, letter, words]) => {
    const who = there.filter(({ pack, place }) => pack.cell("chosen", place) === letter);
    return el("li", { dir: "auto" }, el("b", {}, letter), ` ${words} `, letter === answer && el("span.mark-badge.right", {}, "✓ answer"),
      who.map(({ i, label }) => el("span.mark-badge.chosen", { title: label }, `${i + 1} chose it`)));
  }))];
}

function blamed({ pack, place }) {
  if (pack.cell("correct", place)) return el("span.soft", {}, "nothing failed");
  const told = KINDS.map((kind) => [kind, pack.cell(`blame.${kind}`, place), pack.cell(`fault.${kind}`, place)]).filter(([, who]) => who?.length);
  if (!told.length) return el("span.soft", {}, "not attributed");
  return el("ul.plain", {}, told.map(([kind, who, code]) => el("li", {}, `${stepsOf(who)} `, el("span.soft", {}, `${code ?? ""} for ${kindWord(kind)}`))));
}

function cites({ pack, place }, ref) {
  const at = (pack.cell("cited", place) ?? []).indexOf(ref);
  if (at < 0) return el("span.soft", {}, "–");
  return [el("span", {}, "cites it "), statusMark(pack.cell("cited_status", place)?.[at] ?? null)];
}

function runLinks({ exp, pack, place, i }, baseline, link) {
  const run = pack.cell("run", place), other = baseline.i === 0 && i > 0 && baseline.exp === exp && baseline.pack.cell("run", baseline.place);
  return [el("a", { href: link(i, run) }, "open the run"), other && [" · ",
    el("a", { href: withParameters(`${experimentPath(exp)}/diff`, { a: other, b: run }) }, "where it diverges from the baseline")]];
}
