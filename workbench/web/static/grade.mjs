// GRADE certainty as four circles and a word, never alone: the reason for it stands beside.

import { el } from "./dom.mjs";
import { spaced, sumInWords } from "./text.mjs";

const LEVELS = ["very_low", "low", "moderate", "high"];

export function gradeMark(grade) {
  if (!grade) return el("span.grade.unrated", { role: "img", "aria-label": "certainty not rated" }, circles(0), " not rated");
  const level = LEVELS.indexOf(grade.certainty) + 1, word = spaced(grade.certainty);
  return el("span.grade", { role: "img", "aria-label": `certainty ${word}, ${level} of 4`, title: sumInWords(grade) },
    circles(level), ` ${word}`);
}

const circles = (level) => Array.from({ length: 4 }, (_, i) =>
  el(`span.circle${i < level ? ".full" : ""}`, { "aria-hidden": "true" }));

// Why it is so: the arithmetic, or the reason for stating another certainty.
export const gradeWhy = (grade) => (grade ? sumInWords(grade) : "");
