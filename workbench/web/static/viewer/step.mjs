// One record: who did it, on what, with what result; or the record as it was written.

import { decoder } from "../bytes.mjs";
import { ballotsView, blamesView, choiceView, reviewSays } from "./choice.mjs";
import { count, el, facts, fold, parted } from "../dom.mjs";
import { readingOf, retrievedView, synthesisView } from "./evidence.mjs";
import { optionName } from "./option.mjs";
import { overview } from "./question.mjs";
import { hash, plain, spaced, stamp, took } from "../text.mjs";

export const DOING = {
  retrieve: "searched the evidence", critique: "judged whether that was enough", requery: "asked again, in other words",
  synthesise: "read what was found", choose: "picked an option from what was read",
};
const TOUCHES = {
  pure: "pure: nothing outside was touched", reads_external: "read from outside",
  writes_external: "changed something outside",
};
const TITLES = { "run.begin": "Question and answer", "run.end": "Answer", attribution: "Blame", review: "Review",
  checkpoint: "Seal" };
export const MARKS = { reused: "reused", given: "given", error: "failed", unfinished: "never ended" };

export const titleOf = ([seq, , type, name]) => name || TITLES[type] || `${type} ${seq}`;
export const lastPart = (path) => path.slice(path.lastIndexOf("/") + 1);
export const stepOf = (row) => (row[2] === "activity.end" && row[3] ? row[3] : `@${row[0]}`);

const turn = (who, text) => el("section.card", {}, el("h4.soft", {}, who), el("p.words", {}, text));
const others = (fields) => facts(Object.entries(fields).map(([key, value]) => [spaced(key), plain(value)]));

// What is shown of an output, by its type; every other type is shown as plain JSON.
const VIEWS = {
  Retrieved: retrievedView,
  Synthesis: (_, context) => synthesisView(context.own, context),
  Choice: choiceView,
  Blames: blamesView,
  Review: (review) => [el("p.lead", {}, reviewSays(review)), el("p.words", {}, review.reason)],
  Query: ({ text, reason }) => el("p.query", {}, el("q", {}, text), el("span.soft", {}, ` · ${reason}`)),
  Critique: ({ adequate, reason, weak_options: weak }) => [
    el("p.lead", {}, adequate ? "Enough to choose" : "Not enough to choose", el("span.soft", {}, ` · ${reason}`)),
    weak?.length > 0 && el("p", {}, `Nothing on ${weak.join(", ")}`)],
  Answer: ({ option, reason, ballots, citations }, { question, reading, link }) => [
    el("p.lead", {}, option === null ? "Abstained" : optionName(option, question, option)), el("p.soft", {}, reason),
    ballotsView(ballots), citations.length > 0 && el("h3", {}, "Cited"),
    citations.map(({ quote, passage, start, end }) => el("blockquote", {}, quote, el("footer", {},
      el("a", { href: link({ step: reading?.path, passage }) }, passage), ` characters ${start} to ${end}`)))],
  Prompt: ({ messages, ...how }) => [parted(messages, 30, ({ role, content }) => turn(role, content)), others(how)],
  Completion: ({ texts, finish_reasons: ends, ...rest }) =>
    [texts.map((text, i) => turn(`answer${ends[i] ? `, ended by ${ends[i]}` : ""}`, text)), others(rest)],
};

export function viewOf({ absent, type, value }, context) {
  if (absent) return el("p.empty", {}, absent);
  try {
    return Object.hasOwn(VIEWS, type) ? VIEWS[type](value, context) : plain(value);
  } catch {
    return plain(value); // of another shape than this page knows
  }
}

export async function stepBody(file, row, { line: { type, body } }, context) {
  if (type === "run.begin") return overview(file, context);
  if (type === "activity.error") return el("p.failure", {}, body.error);
  const left = body.output ?? body.blames ?? body.review;
  if (!body.inputs) return left ? viewOf(await file.blob(left), context) : plain(body);
  const own = body.output_type === "Synthesis" ? await readingOf(file, body) : null;
  return body.output ? viewOf(await file.blob(body.output), { ...context, own }) : el("p.soft", {}, "It has no output.");
}

export function stepFacts(file, { line: { body, t } }) {
  const { reused_from: from, path } = body;
  return facts([
    ["By", body.by], ["Effect", TOUCHES[body.effect] ?? body.effect], ["Took", took(body.milliseconds)],
    ["Recorded", stamp(t)],
    ["Reused from", from && (file.runs.has(from) ? el("a", { href: file.linkTo(from, path) }, from) : from)],
    ["Given", body.given && "overridden by a fork, not made by the component"],
    ["Code", body.code && el("code", {}, body.code)], ["Key", body.key && hash(body.key)],
  ]);
}

// The record's own bytes, and those of every blob it names.
export function rawView(file, { bytes, line }) {
  const blob = async (name) => {
    const { absent, type, text } = await file.blob(name);
    if (absent) return el("p.empty", {}, absent);
    const parts = text.match(/[^]{1,60000}/gu) ?? [];
    const size = `${type}, ${count(text.length, "character")}`;
    return [el("p.soft", {}, size), parted(parts, 1, (part) => el("pre", {}, part))];
  };
  return [
    el("p.soft", {}, `As it was hashed: ${count(bytes.length, "byte")}`), el("pre", {}, decoder.decode(bytes)),
    [...new Set(file.named(line.body ?? {}))].map((name) => fold(el("code", {}, name), () => blob(name))),
  ];
}
