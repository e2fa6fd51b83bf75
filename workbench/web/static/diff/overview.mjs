// What differs between two whole runs: weights of options, passages added and removed, and claims.

import { diffPassages } from "./passages.mjs";
import { changedWords } from "../changed_words.mjs";
import { claimsTable } from "./claims.mjs";
import { el } from "../dom.mjs";
import { number } from "../text.mjs";

export function overview(diff, exp) {
  const { first, second, passages, claims, same_question: same, text } = diff;
  if ([first, second].some(({ state }) => state !== "ended")) {
    return el("p.empty", {}, "Evidence, claims and options are compared once both runs have ended and can be read; their steps stand beside.");
  }
  return [
    same && (first.logits || second.logits) && el("section", {}, el("h2", {}, "Options"), optionsTable(first.case, [first.logits ?? {}, second.logits ?? {}], [first.chosen, second.chosen])),
    text.length > 0 && el("section", {}, el("h2", {}, "Answers, word by word"), el("p.evidence-text.words.diff", {}, changedWords(text))),
    el("section", {}, el("h2", {}, "Passages"), diffPassages(passages, diff, exp)),
    same && el("section", {}, el("h2", {}, "Claims that the choice used"), claimsTable(claims, diff)),
  ];
}

// How strongly each option was held, in the reader's own numbers.
export function optionsTable(asked, [was, now], [before, after]) {
  const letters = [...new Set([...Object.keys(was), ...Object.keys(now)])].sort();
  const most = Math.max(1e-9, ...[was, now].flatMap((one) => Object.values(one).map(Math.abs)));
  const cell = (one, letter, chosen) => el("td.weight-cell", {}, one[letter] === undefined ? el("span.soft", {}, "–")
    : [el(`span.weight-bar${letter === chosen ? ".is-chosen" : ""}`, { "--part": Math.abs(one[letter]) / most, "aria-hidden": "true" }), el("span.weight-number", {}, number(one[letter])),
      letter === chosen && el("span.mark-badge.chosen", {}, "chosen")]);
  return el("table.plain-table.moved.options-table", {}, el("thead", {}, el("tr", {}, ["Option", "First", "Second", "Change"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, letters.map((letter) => el("tr", {}, el("th", { scope: "row" }, el("b", {}, letter), " ", el("bdi", {}, asked?.options[letter]), " ",
      letter === asked?.answer && el("span.mark-badge.right", {}, "✓ answer")), cell(was, letter, before), cell(now, letter, after),
    el("td.number", {}, was[letter] === undefined || now[letter] === undefined ? "–" : signed(now[letter] - was[letter]))))));
}

const signed = (value) => `${value < 0 ? "−" : "+"}${number(Math.abs(value))}`;
