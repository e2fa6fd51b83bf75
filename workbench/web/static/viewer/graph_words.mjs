// The text of a box of the graph, and the same in one line, for screen readers and for the list of the same edges.

import { button, el } from "../dom.mjs";
import { nestedGraph } from "./graph.mjs";
import { number, spaced } from "../text.mjs";

const STANDINGS = { superseded: ["◷", "superseded"], expired: ["◷", "expired"], not_yet: ["◷", "not yet in force"],
  retracted: ["⊘", "retracted"], withdrawn: ["⊘", "withdrawn"], current: ["✓", "in force"] };

// The status of a version on the day: superseded 2017-02-23 by 2017.
function standingLine({ status, since, by }) {
  const [glyph, word] = STANDINGS[status] ?? ["?", "status not known"];
  return { kind: status ?? "unknown", glyph, words: [word, since, by && `by ${by}`].filter(Boolean).join(" ") };
}

const certaintyWord = ({ certainty }) => (certainty ? `${spaced(certainty)} certainty` : "certainty not rated");
const optionMarks = ({ isChosen, isRight }) => [isChosen && ["chosen", "chosen"], isRight && ["right", "✓ answer"]].filter(Boolean);

export function boxBody(box, { blamedFor }) {
  const { kind, label, sub } = box, line = (name, ...said) => el(`span.${name}`, {}, ...said);
  if (kind === "passage") {
    const { kind: how, glyph, words } = standingLine(box.standing);
    return [line("box-name", label), line("box-sub", el("b", {}, sub), ` · ${certaintyWord(box)}`),
      line(`box-standing.is-${how}`, el("span", { "aria-hidden": "true" }, `${glyph} `), words)];
  }
  if (kind === "claim") return [line("box-words", label), line("box-sub", sub)];
  if (kind === "option") return [line("box-words", el("b", {}, box.letter), ` ${label}`),
    line("box-sub", optionMarks(box).map(([how, word]) => el(`span.box-mark.is-${how}`, {}, word)), box.weight === null ? "" : number(box.weight))];
  if (kind === "abstained") return [line("box-name", label), line("box-words", sub)];
  if (kind === "question") return [line("box-words", label), line("box-sub", sub)];
  return [line("box-name", label), sub && line("box-sub", sub), box.isBlamed && line("box-blamed", `blamed: ${blamedFor}`)];
}

// What stands in a lane that has no box.
export const lackingIn = (lane, { passages }) => ["", passages.length ? "" : "Nothing was searched for, or found.", "No claim was used.", ""][lane];

// A box in one line.
export function boxWords(box, { blamedFor }) {
  const { kind, label, sub, title } = box;
  const parts = {
    passage: () => [label, title, certaintyWord(box), standingLine(box.standing).words],
    claim: () => [`“${label}”`, sub],
    option: () => [`option ${box.letter}: ${label}`, ...optionMarks(box).map(([how]) => (how === "right" ? "the right answer" : how)),
      box.weight === null ? "" : `weight ${number(box.weight)}`],
    step: () => [label, sub, title && `“${title}”`, box.isBlamed && `blamed for ${blamedFor}`],
  }[kind]?.() ?? [label, sub];
  return parts.filter(Boolean).join(" · ");
}

const RELATIONS = { then: "then", found: "found", read: "read as", shown: "shown to", supports: "supports", refutes: "refutes", about: "about" };

export function graphList(graph, values, choose) {
  const item = ({ box, relation, isAgain, inner }) => {
    const words = isAgain ? el("span", {}, shortly(box)) : button(".link", () => choose(box), boxWords(box, values));
    if (!isAgain) words.dataset.of = box.id;
    return el("li", {}, el("div", {}, relation && el("span.soft", {}, RELATIONS[relation]), words), inner.length > 0 && el("ul", {}, inner.map(item)));
  };
  return el("ul", { "aria-label": "The graph as a list" }, nestedGraph(graph).map(item));
}

const shortly = ({ letter, label, kind }) => (kind === "option" ? `option ${letter}` : label);
