// An option as it stands in a list: its letter, its words, and whether it was chosen or is right.

import { badge, el } from "../dom.mjs";

export function optionName(letter, question, chosen) {
  return [
    el("b.letter", {}, letter), ` ${question?.options?.[letter] ?? ""} `,
    letter === chosen && badge("chosen", "chosen"), letter === question?.answer && badge("right", "✓ answer"),
  ];
}
