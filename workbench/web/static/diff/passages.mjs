// Passages that one of two runs, or both, were given: added, removed or moved, each with its status and certainty.

import { evidencePath } from "../address.mjs";
import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { count, el, fold } from "../dom.mjs";
import { nameOf, refOf } from "../text.mjs";

const CHANGES = { out: ["−", "gone"], in: ["+", "new"], moved: ["↕", "moved"], same: ["=", "same rank"] };
const ORDER = ["out", "in", "moved", "same"];
const changeOf = ({ was, now }) => (now === null ? "out" : was === null ? "in" : was === now ? "same" : "moved");

export const changeMark = (change) => el(`span.mark-badge.change.${change}`, {}, el("span", { "aria-hidden": "true" }, `${CHANGES[change][0]} `), CHANGES[change][1]);

export function diffPassages(passages, diff, exp) {
  if (!passages.length) return el("p.soft", {}, "Neither was given a passage.");
  const sorted = passages.map((one) => ({ ...one, change: changeOf(one) })).sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change));
  const moved = sorted.filter(({ change }) => change !== "same"), same = sorted.filter(({ change }) => change === "same");
  const words = ORDER.map((change) => [change, sorted.filter((one) => one.change === change).length]).filter(([, n]) => n).map(([change, n]) => `${n} ${CHANGES[change][1]}`);
  return [
    el("p.soft", {}, `${words.join(", ")}.${moved.length ? "" : " Nothing moved."}`),
    moved.length > 0 && table(moved, diff, exp),
    same.length > 0 && fold(`${count(same.length, "passage")} at the same rank in both`, () => table(same, diff, exp)),
  ];
}

const table = (rows, diff, exp) => el("div.wide", {}, el("table.plain-table.moved", {},
  el("thead", {}, el("tr", {}, ["Change", "First", "Second", "Passage", "On the day", "Certainty"].map((name) => el("th", { scope: "col" }, name)))),
  el("tbody", {}, rows.map((one) => el("tr", { "data-passage": one.passage, "data-change": one.change },
    el("td", {}, changeMark(one.change)), el("td.number", {}, one.was ?? "–"), el("td.number", {}, one.now ?? "–"),
    el("th", { scope: "row" }, title(one, diff, exp), el("span.id.soft.passage-id", {}, one.passage)),
    el("td", {}, standingCell(refOf(one.evidence), diff)), el("td", {}, gradeMark(one.evidence.grade)))))));

function title({ evidence }, { first, second }, exp) {
  const side = second.case ? second : first, asked = { exp, asof: side.case?.as_of, seq: side.seq };
  return el("a", { href: evidencePath(refOf(evidence), asked) }, el("bdi", {}, evidence.title || nameOf({ header: evidence, part: 0 })));
}

// The status and certainty of a version in each run; shown once where both have the same day and ledger number.
function standingCell(ref, { standing: [was, now] }) {
  const one = (told) => [statusMark(told?.status ?? null), told?.superseded_by && el("span.soft.by", {}, `by `, el("span.id", {}, told.superseded_by), told.since && ` since ${told.since}`)];
  const same = JSON.stringify(was[ref]) === JSON.stringify(now[ref]);
  return same ? one(was[ref]) : [el("span.soft", {}, "first "), one(was[ref]), el("br"), el("span.soft", {}, "second "), one(now[ref])];
}
