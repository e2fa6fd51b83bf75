// The columns that a table of runs can have: what each shows, and by what it is sorted.

import { HARMS, KINDS, confidence, kindWord, outcomeMarks, statusMark } from "../marks.mjs";
import { el } from "../dom.mjs";
import { spaced } from "../text.mjs";

export const SHOWN = ["case", "condition", "chosen", "answer", "outcome", "blamed", "confidence", "cites"];

const soft = (words) => el("span.soft", {}, words);
const known = (value, why = "unknown") => (value === null ? el("span.soft", { title: why }, "–") : value);

// `link` makes the address of a run.
export function runColumns(pack, link) {
  const cell = (name) => (place) => known(pack.cell(name, place));
  const number = (name, digits = 0) => (place) => {
    const value = pack.cell(name, place);
    return value === null ? known(null) : value.toLocaleString("en", { maximumFractionDigits: digits });
  };
  const flags = (place) => Object.fromEntries(["correct", "abstained", ...HARMS].map((flag) => [flag, pack.cell(flag, place)]));
  const opens = (name) => (place) => {
    const run = pack.cell("run", place), change = pack.cell("fork", place) && name === "case" && run.slice(run.indexOf("~"));
    return el("a.id", { href: link(run), tabindex: "-1", title: change ? run : null }, pack.cell(name, place) ?? run, change && soft(` ${change}`));
  };
  const plain = (name, title, width, more = {}) => ({ name, title, width, draw: cell(more.column ?? name), ...more });
  const all = [
    { name: "case", title: "Case", width: pack.columns.fork?.values.includes(1) ? "minmax(18rem, 2fr)" : "minmax(8rem, 1fr)", sort: "case", draw: opens("case") },
    { name: "run", title: "Run", width: "minmax(12rem, 1.4fr)", sort: "run", draw: opens("run") },
    plain("condition", "Condition", "minmax(6rem, .9fr)", { sort: "condition" }),
    plain("chosen", "Chose", "4rem", { sort: "chosen", draw: (place) => known(pack.cell("chosen", place), "abstained") }),
    plain("answer", "Answer", "4.2rem", { says: "The letter of the right option", sort: "answer" }),
    { name: "outcome", title: "Outcome", width: "minmax(13rem, 1.6fr)", sort: "outcome", isGravestFirst: true,
      says: "Gravest first; harm is known only where the case is labelled", draw: (place) => outcomeMarks(flags(place)) },
    { name: "blamed", title: "Blamed, for", width: "minmax(12rem, 1.4fr)", says: "The blame for its gravest kind of failure",
      draw: (place) => blamedFor(pack, place) },
    { name: "confidence", title: "Conf.", width: "4rem", numeric: true, sort: "confidence",
      says: "Agreement of the samples, at most 1", draw: (place) => confidence(pack.cell("confidence", place)) },
    { name: "cites", title: "Rests on", width: "minmax(12rem, 2fr)", draw: (place) => cites(pack, place) },
    { name: "question", title: "Question", width: "minmax(16rem, 3fr)", draw: (place) => known(question(pack, place)) },
    plain("reader", "Reader", "minmax(8rem, 1fr)", { sort: "reader" }),
    plain("subspecialty", "Subspecialty", "minmax(7rem, 1fr)", { sort: "subspecialty" }),
    plain("type", "Type", "minmax(6rem, 1fr)", { sort: "type", column: "question_type" }),
    { name: "day", title: "Day", width: "6.5rem", sort: "day", says: "The day that was asked of",
      draw: (place) => known(day(pack.cell("day", place)), "no day was asked of") },
    plain("lost", "Evidence lost", "7rem", { says: "The first stage that the deciding evidence did not reach",
      draw: (place) => known(lost(pack.cell("lost", place)), "the case does not name what decides it") }),
    plain("ms", "ms", "5rem", { numeric: true, sort: "ms", draw: number("ms") }),
    plain("calls", "Calls", "4.5rem", { numeric: true, sort: "calls", draw: number("calls") }),
    plain("tokens", "Tokens", "5.5rem", { numeric: true, sort: "tokens", draw: (place) => tokens(pack, place) }),
  ];
  return all.filter(({ name }) => !NEEDS[name] || pack.has(NEEDS[name]));
}

const NEEDS = { question: "text", ms: "ms", calls: "calls", tokens: "prompt_tokens", lost: "lost", day: "day",
  subspecialty: "subspecialty", type: "question_type" }; // results of an earlier version lack some

const question = (pack, place) => pack.cell("text", place)?.split("\n", 1)[0] ?? null;
const lost = (stage) => (stage === "nothing" ? soft("nothing") : stage);
const day = (days) => (days === null ? null : new Date(days * 86_400_000).toISOString().slice(0, 10));

function tokens(pack, place) {
  const parts = ["prompt_tokens", "completion_tokens"].map((name) => pack.cell(name, place));
  return parts.includes(null) ? known(null) : (parts[0] + parts[1]).toLocaleString("en");
}

// A blame is always shown with the failure that it is for.
function blamedFor(pack, place) {
  for (const kind of KINDS) {
    const who = pack.cell(`blame.${kind}`, place);
    if (who === null && pack.cell(`fault.${kind}`, place) === null && kind === "wrong" && pack.cell("correct", place) === false)
      return soft("not attributed");
    if (who?.length) return [stepsOf(who), soft(` ${pack.cell(`fault.${kind}`, place) ?? ""} · ${kindWord(kind)}`)];
  }
  return "";
}

export const stepsOf = (paths) => paths.map((path) => spaced(path).replace(/\[1\]$/, "")).join(" + ");

function cites(pack, place) {
  const refs = pack.cell("cited", place) ?? [], statuses = pack.cell("cited_status", place) ?? [];
  const order = refs.map((ref, i) => [ref, statuses[i] ?? null]);
  order.sort(([, a], [, b]) => (a === "current") - (b === "current")); // what was not in force first
  const [first] = order;
  if (pack.cell("cited", place) === null) return known(null);
  if (!first) return soft("nothing");
  const more = refs.length > 1 && soft(` +${refs.length - 1}`);
  return [first[1] !== "current" && first[1] !== null && statusMark(first[1]), el("span.id", { title: refs.join("\n") }, first[0]), more];
}
