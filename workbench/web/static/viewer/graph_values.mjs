// The values of a run for its graph: steps, passages with their status, claims, options, and who is blamed.

import { KINDS } from "../marks.mjs";
import { stepOf, titleOf } from "./step.mjs";
import { refOf, spaced, standingOf } from "../text.mjs";

// Every record in the order in which they were made, and those that end a run and find a blame.
export function stepOrder(rows) {
  const first = (type) => rows.find((row) => row[2] === type), names = new Map(rows.map((row) => [stepOf(row), titleOf(row)]));
  const name = (row) => (row ? stepOf(row) : null);
  return { order: rows.filter(([seq, depth]) => depth === 0 && seq >= 0).map(stepOf), named: (step) => names.get(step) ?? step,
    end: name(first("run.end")), blameStep: name(first("attribution")) };
}

// The steps that stand in the graph: those that stand in no other, and every search.
export const graphSteps = (rows) => rows.filter(([, depth, type, path, , , output]) =>
  type === "activity.end" && path && (depth === 0 || output === "Retrieved")).map(([, , , path, , , output]) => ({ path, output }));

// A version by its name alone where it is of the same lineage.
export const versionIn = (ref, { id }) => (ref?.startsWith(`${id}@`) ? ref.slice(id.length + 1) : ref ?? null);

export function valuesOfStory({ run, question, said, choice, reading, finders, found, met, blames }, blameFor) {
  const used = new Set(choice?.claims), sorted = blames?.blames.toSorted((a, b) => KINDS.indexOf(a.outcome) - KINDS.indexOf(b.outcome));
  const blame = sorted?.find(({ outcome }) => outcome === blameFor) ?? sorted?.[0];
  return {
    ...stepOrder(run.rows), steps: graphSteps(run.rows),
    question: question && { options: {}, ...question }, chosen: choice ? said?.option ?? null : undefined, reason: choice?.reason ?? "",
    weights: choice?.logits ?? {}, asked: Object.fromEntries([...finders.values()].map(({ path, query }) => [path, query])),
    passages: [...found].map(([name, { passage: { header }, step }]) => ({ name, ref: refOf(header), step, version: header.version, title: header.title,
      certainty: header.grade?.certainty ?? null, standing: standingIn(header, question, met) })),
    claims: (reading?.claims ?? []).filter(({ name, passage }) => used.has(name) && found.has(passage)),
    seen: [...new Set((reading?.context?.passages ?? []).map(({ passage }) => passage))].filter((name) => found.has(name)),
    blamed: blame?.culprit ?? [], blamedFor: blame ? spaced(blame.outcome) : "",
  };
}

function standingIn(header, question, met) {
  const { status, since, by } = standingOf(header, question?.as_of, met);
  return { status, since, by: versionIn(by, header) };
}
