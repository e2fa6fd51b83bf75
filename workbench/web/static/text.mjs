// What is read: passages with marked spans, values as plain text, GRADE in words.

import { short } from "./bytes.mjs";
import { badge, count, el, fold, pair, parted } from "./dom.mjs";

// Offsets count characters as the journal does (code points); strings here count UTF-16 units.
export function unitOf(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (offset) => offset;
  const starts = [];
  let at = 0;
  for (const char of text) { starts.push(at); at += char.length; }
  return (offset) => starts[offset] ?? text.length;
}

// The text, cut at every end of a claim's span; a piece that claims were read from is a mark that names them.
export function marked(text, claims) {
  const unit = unitOf(text), spans = claims.map(({ i, start, end }) => ({ i, start: unit(start), end: unit(end) }));
  const ends = new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])]);
  const cuts = [...ends].sort((a, b) => a - b);
  return cuts.slice(1).map((end, n) => {
    const start = cuts[n], over = spans.filter((span) => span.start <= start && end <= span.end);
    const piece = text.slice(start, end);
    return over.length ? el("mark", { "data-claims": over.map((span) => span.i).join(" ") }, piece) : piece;
  });
}

// Any value, as a person reads it; what is deep or long is folded until it is asked for.
export function plain(value, depth = 0) {
  if (value === null || value === undefined) return el("span.soft", {}, "none");
  if (typeof value === "string") return el("span.text", {}, value || "“”");
  if (typeof value !== "object") return el("code", {}, String(value));
  const isList = Array.isArray(value), entries = Object.entries(value);
  if (!entries.length) return el("span.soft", {}, isList ? "empty list" : "nothing");
  const named = (key) => (isList ? String(Number(key) + 1) : key);
  const draw = () => parted(entries, 60, ([key, item]) => pair(named(key), plain(item, depth + 1)), el("dl.plain"));
  return depth < 2 && entries.length <= 60 ? draw() : fold(count(entries.length, isList ? "item" : "field"), draw);
}

export const hash = (name) => el("code.hash", { title: name }, `${name.slice(0, name.indexOf(":") + 1)}${short(name)}…`);
export const nameOf = ({ header, part }) => `${header.id}@${header.version}#${part}`;
export const number = (value, digits = 2) => (typeof value === "number" ? value.toFixed(digits) : "–");
export const spaced = (word) => String(word).replaceAll("_", " ");
export const stamp = (time) => String(time ?? "").replace("T", " ").replace(/(\.\d{3})\d*/, "$1").replace("+00:00", " UTC");
export function took(ms) {
  if (ms === null || ms === undefined) return "";
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const LEVELS = ["very_low", "low", "moderate", "high"];
const STARTS = { randomized: "high", observational: "low", expert: "very_low" };

// GRADE certainty in words, with the four circles that the handbook draws.
export function certainty(grade) {
  if (!grade) return badge("", "certainty not rated");
  const level = LEVELS.indexOf(grade.certainty) + 1, circles = "⊕".repeat(level) + "○".repeat(4 - level);
  const said = [el("span", { "aria-hidden": "true" }, circles), ` ${spaced(grade.certainty)} certainty`];
  return el("span.badge", { title: sumInWords(grade) }, said);
}

export function sumInWords(grade) {
  const moves = Object.entries({ ...grade.downgrades, ...grade.upgrades });
  const terms = moves.map(([name, by]) => ` ${by < 0 ? "−" : "+"} ${Math.abs(by)} (${spaced(name)})`).join("");
  const start = spaced(grade.start ?? STARTS[grade.study_design]), end = spaced(grade.certainty);
  const sum = terms ? `${start}${terms} = ${end}` : `${start} (${spaced(grade.study_design)})`;
  return grade.override_reason ? `${sum}; stated otherwise: ${grade.override_reason}` : sum;
}

export const refOf = ({ id, version }) => `${id}@${version}`;

// What took a version's place, of all that the run met: what says so, or the version of it that began when it ended.
function successorOf(header, met) {
  const ref = refOf(header), others = [...met.values()].filter((one) => refOf(one.header) !== ref);
  const isNext = (one) => one.id === header.id && header.valid_to !== null && one.valid_from === header.valid_to;
  const found = others.filter((one) => one.header.supersedes === ref);
  const all = found.length > 0 ? found : others.filter((one) => isNext(one.header));
  return all.sort((a, b) => (a.header.valid_from < b.header.valid_from ? -1 : 1))[0] ?? null;
}

// The status of a version on the question's day, as far as it is on record; null where it is not.
export function standingOf(header, day, met) {
  const next = successorOf(header, met), by = next && (!day || next.header.valid_from <= day) ? next.header : null;
  if (header.retracted) return { status: "retracted" };
  if (day && day < header.valid_from) return { status: "not_yet" };
  if (day && !(header.valid_to && header.valid_to <= day)) return { status: "current" };
  if (by) return { status: "superseded", since: header.valid_to ?? by.valid_from, by: refOf(by) };
  return { status: day || header.valid_to ? null : "current" };
}

// When a version held, whether it did on the day that was asked of, and what took its place by then, or later.
export function validity(header, { question, met, link }) {
  const on = question?.as_of, { valid_from: from, valid_to: to } = header, next = successorOf(header, met);
  const isEarly = on && on < from, isOver = on ? to && to <= on : next && to;
  const name = next && (next.header.id === header.id ? next.header.version : refOf(next.header));
  const there = next && el("a", { href: link({ step: next.step, passage: next.passage }) }, name);
  const said = `valid ${from} to ${to ?? "now"}`, late = isEarly || isOver;
  const isReplaced = next && (!on || next.header.valid_from <= on);
  return [header.retracted && badge("grave", "retracted"), header.concern && badge("bad", "expression of concern"),
    isReplaced && badge("bad", `superseded ${to ?? next.header.valid_from} by `, there),
    next && !isReplaced && badge("", `newer version from ${next.header.valid_from}: `, there),
    badge(late ? "bad" : on ? "right" : "", late && on ? `${said}, not in force on ${on}` : said),
    isOver && !next && badge("", "the run met nothing that took its place")];
}
