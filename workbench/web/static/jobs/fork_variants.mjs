// What a run can be forked with: each kind of change with its control and its variants.
//
// Rules kept here
// - The server decides what is offered for this run.
// - "Every retriever" is one variant for each, so one job shows which of them turns the answer.

import { el } from "../dom.mjs";

const numberField = (value, more = {}) => el("input", { type: "number", value, min: 0, required: true, ...more });
const choiceField = (names, words = (name) => name) => el("select", {}, names.map((name) => el("option", { value: name }, words(name))));
const whole = (node) => Number.parseInt(node.value, 10);

// Each: name, words, the control, and its variants; those that this run has no use for are left out.
export function changesOf(choices, view) {
  const searches = choices.retrievers.length > 0, versions = [...new Set(choices.steps.flatMap((step) => step.found))];
  const titles = Object.fromEntries(view.passages.map((passage) => [passage.ref, passage.header.title]));
  const versionWords = (ref) => (titles[ref] ? `${ref}: ${titles[ref].slice(0, 60)}` : ref);
  const options = choices.steps.flatMap((step) => step.options).filter((letter) => letter !== choices.chosen);
  const best = [...choices.retrievers].sort((a, b) => (b === "clean") - (a === "clean"));
  const one = (label, changes) => [{ label, changes }];
  const each = (names) => names.map((retriever) => ({ label: `retriever ${retriever}`, changes: { retriever } }));
  const number = (name, words, value, more) => value !== null && {
    name, words, field: () => numberField(value, more), variants: (node) => one(`${words.toLowerCase()} ${node.value}`, { [name]: whole(node) }) };
  return [
    searches && { name: "retriever", words: "Another retriever", at: "retrieve", field: () => choiceField(best), variants: (node) => each([node.value]) },
    searches && { name: "retrievers", words: `Every other retriever (${choices.retrievers.length})`, at: "retrieve", field: null, variants: () => each(choices.retrievers) },
    choices.planned.length > 0 && choices.planned.length < choices.retrievers.length && {
      name: "planned", words: `Every other retriever of the plan (${choices.planned.length})`, at: "retrieve", field: null, variants: () => each(choices.planned) },
    searches && number("k", "Passages", choices.k, { min: 1 }),
    choices.as_of && { name: "as_of", words: "Day asked about", field: () => el("input", { type: "date", value: choices.as_of, required: true }),
      variants: (node) => one(`as of ${node.value}`, { as_of: node.value }) },
    versions.length > 0 && { name: "without", words: "Withhold evidence", at: "retrieve", field: () => choiceField(versions, versionWords),
      variants: (node) => [{ label: `without ${node.value}`, without: [node.value] }] },
    options.length > 0 && { name: "choose", words: "Choose another option", at: "choose", field: () => choiceField(options, (letter) => `${letter}: ${(view.case?.options[letter] ?? "").slice(0, 60)}`),
      variants: (node) => [{ label: `choose ${node.value}`, choose: node.value }] },
    choices.retriever === "clean" && { name: "gates", words: "Leave out a gate", at: "retrieve", field: () => choiceField(choices.gates),
      variants: (node) => one(`without gate ${node.value}`, { gates: choices.gates.filter((gate) => gate !== node.value) }) },
    choices.readers.length > 0 && { name: "reader", words: "Another reader", field: () => choiceField(choices.readers), variants: (node) => one(`reader ${node.value}`, { reader: node.value }) },
    searches && versions.length > 0 && { name: "retract", words: "Suppose a retraction", field: () => choiceField(versions, versionWords),
      variants: (node) => one(`${node.value} retracted`, { retract: [node.value] }) },
    searches && number("seq", "Store event", choices.seq),
    number("samples", "Samples", choices.samples), number("seed", "Seed", choices.seed),
    choices.temperature !== null && { name: "temperature", words: "Temperature", field: () => numberField(choices.temperature, { step: "any", min: "0.01" }),
      variants: (node) => one(`temperature ${node.value}`, { temperature: Number(node.value) }) },
  ].filter(Boolean);
}

// The step at which a change begins unless one is chosen: the one that is looked at, or the first that it is about.
export function stepFor(change, choices, looked) {
  const steps = choices.steps, kind = change.at;
  const fits = steps.filter((step) => !kind || (kind === "choose" ? step.options.length > 0 : step.kind === kind));
  return fits.find((step) => step.path === looked)?.path ?? (kind ? fits[0]?.path : null) ?? "";
}
