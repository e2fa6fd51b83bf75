// How things are marked: a glyph and a word always stand with a colour, and unknown is said.

import { el } from "./dom.mjs";
import { number, spaced } from "./text.mjs";

export const MARKED = {
  right: ["✓", "right"], wrong: ["✗", "wrong"], abstained: ["–", "abstained"], unknown: ["?", "not labelled"],
  high_risk: ["▲", "high-risk"], unsafe: ["△", "unsafe"], contradicts: ["≠", "contradicts"],
  overconfident: ["!", "overconfident"], stale: ["◷", "stale"],
};
export const HARMS = ["high_risk", "unsafe", "contradicts", "overconfident", "stale"]; // the gravest first
export const KINDS = ["high_risk", "unsafe", "contradiction", "overconfident", "wrong"]; // of failure, the same
const KIND_WORDS = { high_risk: "high-risk", contradiction: "contradiction" };

export const kindWord = (kind) => KIND_WORDS[kind] ?? spaced(kind);

export function mark(kind, words = MARKED[kind]?.[1]) {
  return el(`span.mark-badge.${kind}`, {}, el("span", { "aria-hidden": "true" }, `${MARKED[kind]?.[0] ?? ""} `), words);
}

// An outcome in marks: right, abstained, or what is known against it; a harm says that it is wrong.
export function outcomeMarks({ correct, abstained, ...flags }) {
  if (correct === null && abstained === null) return [mark("unknown", "no outcome")];
  if (correct) return [mark("right")];
  if (abstained) return [mark("abstained")];
  const harms = HARMS.filter((harm) => flags[harm]);
  if (!harms.length) return [mark("wrong")];
  const others = harms.slice(1).map((harm) => MARKED[harm][1]).join(", ");
  return [mark(harms[0]), others && el("span.soft.others", {}, others)];
}

export const STATUS = {
  superseded: ["superseded", "superseded"], expired: ["superseded", "expired"], retracted: ["retracted", "retracted"],
  withdrawn: ["retracted", "withdrawn"], not_yet: ["superseded", "not yet in force"], current: ["right", "in force"],
};

export function statusMark(status, more = "") {
  const [kind, word] = STATUS[status] ?? ["unknown", "status not known"];
  return el(`span.mark-badge.${kind}`, {}, `${word}${more}`);
}

export const percent = (share, digits = 1) => (100 * share).toFixed(digits);

// A rate with its interval; a dash that says why where it is unknown.
export function rate({ value, lo, hi, n }, all, why) {
  if (value === null) return el("span.soft", { title: why, "aria-label": why }, "–");
  const of = n === all ? "" : ` of ${n}`;
  const between = lo === null ? "" : ` [${percent(lo, 0)}–${percent(hi, 0)}]`;
  return [el("b", {}, percent(value)), el("span.soft", {}, `${between}${of}`)];
}

export const confidence = (value) => (value === null || value === undefined ? "–" : number(value));

// Whether the author of a review was known by a token of their own, or is only a name.
export const authorMark = ({ authenticated }) => (authenticated ? " (authenticated)" : " (declared)");
