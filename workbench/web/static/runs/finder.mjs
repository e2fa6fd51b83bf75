// What a filter finds among the runs that lie here, and what may be typed next.
//
// Rules kept here
// - A query is evaluated over the pack. Only words of claims and passages, which no column holds, are left to the server:
//   the terms in `asked`.
// - A flag counts as it is asked for in a query, so a facet and its filter find as many runs.
//
//     const finder = runFinder(pack, vocabulary);
//     finder.select("wrong cites:superseded").places

import { Columns, orElse } from "../filter/columns.mjs";
import { completeQuery } from "../filter/completions.mjs";
import { flagTruth, knownValues } from "../filter/fields.mjs";
import { parseQuery } from "../filter/parse.mjs";
import { selectRuns } from "../filter/select.mjs";
import { value, valueText } from "../filter/tree.mjs";
import { FALSE, TRUE, orTruth, sameTruth } from "../filter/truth.mjs";

export function runFinder(pack, vocabulary) {
  let columns, none;
  const renew = () => { [columns, none] = [new Columns(pack.n, pack.columns), sameTruth(pack.n, FALSE)]; };
  renew();
  // A column that results of an earlier version lack is true of no run.
  const flag = (name) => columns.derived(`flag ${name}`, () => orElse(() => flagTruth(vocabulary.flags[name], columns), none));
  const overridden = () => columns.derived("overridden", () => ["relabelled", "reblamed"].map((name) =>
    orElse(() => columns.column(name).holds(Boolean), none)).reduce(orTruth));

  return {
    // To be called when the pack has other runs.
    renew,
    // Throws `QueryFault`. `more` are columns that hold for this query alone.
    select(query, more = null) {
      const over = more ? new Columns(pack.n, { ...pack.columns, ...more }) : columns;
      const found = selectRuns(parseQuery(query), over, vocabulary);
      return { ...found, overridden: countIn(overridden(), found.places) };
    },
    complete: (query, caret) => completeQuery(query, caret, columns, vocabulary),
    count: (name, places) => countIn(flag(name), places),
    // Of these runs, how many a term finds; none where no column here tells.
    countOf: (term, places) => countIn(columns.derived(`term ${term}`, () =>
      orElse(() => selectRuns(parseQuery(term), columns, vocabulary).truth, none)), places),
    // The values that a field can have, and the term that asks for one.
    valuesOf: (name) => [...new Set(orElse(() => knownValues(name, "", columns, vocabulary), []))],
    term: (name, text) => `${name}:${valueText(value(text, null, text.includes("..")))}`,
    // The years in which the questions were asked.
    years: () => columns.derived("years", () => [...new Set(Array.from(pack.columns.day?.values ?? [], yearOf))]
      .filter((year) => year !== null).sort()),
  };
}

const yearOf = (day) => (Number.isNaN(day) ? null : new Date(day * 86_400_000).getUTCFullYear());

function countIn(truth, places) {
  let found = 0;
  for (let i = 0; i < places.length; i += 1) if (truth[places[i]] === TRUE) found += 1;
  return found;
}
