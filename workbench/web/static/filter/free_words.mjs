// A word that is no flag, or a text in quotes: searched in the question, its options, and the name of the run.
//
// Rules kept here
// - Of a run's name, the condition alone does not count; what reaches into the case does (eval/query/free_words.py).
//
//     freeWords("sepsis-003", columns)

import { holdingText } from "./matching.mjs";
import { FALSE, TRUE, orTruth } from "./truth.mjs";

export function freeWords(text, columns) {
  const sought = text.toLowerCase(), { names, cases } = runNames(columns), named = new Uint8Array(columns.n);
  for (let row = 0; row < columns.n; row += 1) {
    const at = names[row].lastIndexOf(sought);
    named[row] = at >= 0 && at + sought.length > cases[row] ? TRUE : FALSE;
  }
  return orTruth(holdingText(columns, text), named);
}

// Each run's name in small letters, and where in it the name of its case begins.
function runNames(columns) {
  return columns.derived("names in small letters", () => {
    const runs = columns.column("run"), cases = columns.column("case"), names = [], places = new Int32Array(columns.n);
    for (let row = 0; row < columns.n; row += 1) {
      const name = (runs.get(row) ?? "").toLowerCase(), ofCase = (cases.get(row) ?? "").toLowerCase();
      names.push(name);
      places[row] = ofCase ? name.indexOf(`.${ofCase}`) + 1 : 0;
    }
    return { names, cases: places };
  });
}
