// Claims that one of two runs, or both, used: the text, the passage, and the strength in either run.

import { changeMark } from "./passages.mjs";
import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { count, el, fold, parted } from "../dom.mjs";
import { number } from "../text.mjs";

const FIRST = 12;
const ORDER = ["out", "in", "moved", "same"];
const changeOf = ({ was, now, strength_was: before, strength_now: after }) => (!now ? "out" : !was ? "in" : before === after ? "same" : "moved");

// `diff` has the status and the certainty of every passage; a claim has neither.
export function claimsTable(claims, diff) {
  if (!claims.length) return el("p.soft", {}, "Neither made a claim.");
  const told = claims.map((one) => ({ ...one, change: changeOf(one) })).sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change));
  const moved = told.filter(({ change }) => change !== "same"), same = told.filter(({ change }) => change === "same");
  return [
    !moved.length && el("p.soft", {}, "Both have the same claims, equally strong."),
    moved.length > 0 && parted(moved, FIRST, (one) => row(one, diff), el("ul.claim-diffs")),
    same.length > 0 && fold(`${count(same.length, "claim")} of both, equally strong`, () => el("ul.claim-diffs", {}, same.map((one) => row(one, diff)))),
  ];
}

function row({ claim, change, strength_was: was, strength_now: now }, { standing: [before, after], passages }) {
  const ref = claim.passage.replace(/#.*$/, ""), status = (after[ref] ?? before[ref])?.status ?? null;
  const evidence = passages.find(({ passage }) => passage === claim.passage)?.evidence;
  const strengths = change === "moved" ? `${number(was)} → ${number(now)}` : number(now ?? was);
  return el("li", { "data-change": change }, el("span", {}, changeMark(change)),
    el("span.claim-says", {}, el("b", {}, `${claim.stance === "supports" ? "for" : "against"} ${claim.option}`), el("span.soft", { title: "strength" }, ` ${strengths}`)),
    el("span.claim-text", {}, el("q", {}, claim.quote), el("span.soft.source", {}, el("span.id", {}, claim.passage), " ", status !== "current" && statusMark(status), evidence && gradeMark(evidence.grade))));
}
