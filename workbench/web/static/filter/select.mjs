// The runs that a query asks for, of how many it cannot be told, and what the server alone can answer.
//
// Rules kept here
// - What no column here answers (words of claims and passages, a column that was not sent) is unknown and told in
//   `asked`: the server is then asked with the whole query. `open` runs hang on it; how many stay unknown is not known.
// - A word that is no flag is searched in questions and names (free_words.mjs). Where it looks like a flag or a field, a
//   note says so.
//
//     const { places, unknown, asked } = selectRuns(parseQuery("high_risk cites:superseded"), columns, vocabulary);

import { NotHere } from "./columns.mjs";
import { didYouMean, inQuotes } from "./fault.mjs";
import { fieldTruth, flagTruth } from "./fields.mjs";
import { freeWords } from "./free_words.mjs";
import { nearest } from "./nearest.mjs";
import { termsOf, treeText } from "./tree.mjs";
import { TRUE, UNKNOWN, andTruth, countOf, notTruth, orTruth, sameTruth } from "./truth.mjs";

// Throws `QueryFault` for a field or value that there is not.
export function selectRuns(tree, columns, vocabulary) {
  const asked = new Set(), truth = queryTruth(tree, columns, vocabulary, asked), open = countOf(truth, UNKNOWN);
  const places = new Uint32Array(countOf(truth, TRUE));
  let found = 0;
  for (let row = 0; row < truth.length; row += 1) if (truth[row] === TRUE) places[found++] = row;
  return {
    places, truth, open, total: columns.n, unknown: asked.size ? null : open, asked: [...asked],
    notes: notesOn(tree, columns, vocabulary),
  };
}

// What the query says of each run: 0, 1, or 2 for unknown. Terms for the server are added to `asked`.
function queryTruth(tree, columns, vocabulary, asked = new Set()) {
  const inner = (term) => queryTruth(term, columns, vocabulary, asked);
  if (tree.type === "not") return notTruth(inner(tree.term));
  if (tree.type === "both") return tree.terms.map(inner).reduce(andTruth, sameTruth(columns.n, TRUE));
  if (tree.type === "either") return tree.terms.map(inner).reduce(orTruth);
  try {
    if (tree.type === "where") return fieldTruth(tree, columns, vocabulary);
    return isFlag(tree, vocabulary) ? flagTruth(vocabulary.flags[tree.text], columns) : freeWords(tree.text, columns);
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    asked.add(treeText(tree));
    return sameTruth(columns.n, UNKNOWN);
  }
}

const isFlag = ({ text, quoted }, { flags }) => !quoted && Object.hasOwn(flags, text);

function notesOn(tree, columns, vocabulary) {
  const known = [...Object.keys(vocabulary.flags), ...Object.keys(vocabulary.fields)];
  return termsOf(tree).flatMap((term) => {
    const flag = term.quoted ? null : vocabulary.flags[term.name ?? term.text];
    if (flag?.elsewhere && !columns.has(flag.column)) return [`query, character ${term.at}: ${flag.elsewhere}`];
    if (term.type === "where" || term.quoted || isFlag(term, vocabulary)) return [];
    const meant = nearest(term.text, known);
    const searched = `query, character ${term.at}: ${inQuotes(term.text)} is searched in questions and names`;
    return meant === null ? [] : [searched + didYouMean(meant)];
  });
}
