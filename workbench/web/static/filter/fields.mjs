// The fields and flags that a query may name, and how each is answered; which there are is given as data, the
// vocabulary that eval/query/vocabulary.py makes.
//
// Rules kept here
// - A field of a way that is known here needs no line here.
// - Any other name is a fault, with the nearest name.
//
//     termTruth(where("cites", ":", [value("superseded")]), columns, vocabulary)

import { byChange, byCondition, byReader, namedConditions, namedReaders } from "./conditions.mjs";
import { NumberColumn } from "./columns.mjs";
import { QueryFault, inQuotes, unknownName } from "./fault.mjs";
import { anyValue, byFlag, byLevel, byName, byNumber, byQuestion, byRecordedWords, knownNames, readDay, readNumber }
  from "./matching.mjs";
import { asksUnknown, where } from "./tree.mjs";
import { FALSE, andTruth, notTruth, sameTruth } from "./truth.mjs";

const WAYS = {
  name: byName,
  level: byLevel,
  number: ({ columns: names, what, day }, term, columns) =>
    byNumber(sumOf(names, columns), what, day ? readDay : readNumber, term),
  milliseconds: ({ what }, term, columns) => byNumber(columns.column("ms"), what, readNumber, term),
  question: (_, term, columns) => byQuestion(term, columns),
  recorded: byRecordedWords,
  cited: byCited,
  condition: (_, term, columns, { aliases }) => byCondition(term, columns, aliases),
  reader: (_, term, columns) => byReader(term, columns),
  changed: (_, term, columns, { aliases }) => byChange(term, columns, aliases),
};

// By way, the values that may be asked for; of numbers and texts there is no list.
const VALUES_OF = {
  name: (way, part, columns) => knownNames(way, part, columns),
  level: ({ levels }) => levels,
  cited: ({ name }, part, columns) => knownNames(name, part, columns),
  condition: (_, part, columns) => namedConditions(columns),
  reader: (_, part, columns) => namedReaders(columns),
  changed: (_, part, columns) => namedConditions(columns),
};

// The values that a field or flag may be asked for.
export function knownValues(name, part, columns, { fields, flags }) {
  if (Object.hasOwn(flags, name)) return ["yes", "no"];
  const way = Object.hasOwn(fields, name) ? fields[name].way : null;
  return way && way.by in VALUES_OF ? VALUES_OF[way.by](way, part, columns) : [];
}

// What a field says of each run; throws `QueryFault` for a field, part or value that there is not.
export function fieldTruth(term, columns, vocabulary) {
  const { fields, flags } = vocabulary, isField = Object.hasOwn(fields, term.name);
  if (!isField && !Object.hasOwn(flags, term.name)) {
    const what = "a field (a text to search for stands in quotes)";
    throw unknownName(term.at, what, term.name, [...Object.keys(fields), ...Object.keys(flags)]);
  }
  const parts = isField ? fields[term.name].parts : [];
  if (term.part && !parts.includes(term.part)) {
    if (!parts.length) {
      const got = `'${term.name}.${term.part}'`;
      throw new QueryFault(term.at, `expected ${inQuotes(term.name)} without a point, got ${got}`);
    }
    throw unknownName(term.at + [...term.name].length + 1, "a kind of failure", term.part, parts);
  }
  if (!isField) return byFlag(term, flagTruth(flags[term.name], columns));
  const { way } = fields[term.name];
  return WAYS[way.by](way, term, columns, vocabulary);
}

// What a flag says of each run.
export function flagTruth({ column, neither, listed, elsewhere }, columns) {
  if (elsewhere && !columns.has(column)) return sameTruth(columns.n, FALSE); // no such run is listed
  if (listed) return columns.column(listed).holds(Boolean);
  if (column) return columns.column(column).values;
  return neither.map((name) => notTruth(columns.column(name).values)).reduce(andTruth);
}

// What is cited, by name; or by what it was worth on the day of the question.
function byCited({ name, status }, term, columns) {
  return anyValue(term, (asked) => {
    const single = where(term.name, term.op === "!=" ? ":" : term.op, [asked], "", term.at);
    return byName(asksUnknown(asked) || status.closed.includes(asked.text) ? status : name, single, columns);
  });
}

function sumOf(names, columns) {
  if (names.length === 1) return columns.column(names[0]);
  return columns.derived(names.join(" and "), () => {
    const all = names.map((name) => columns.column(name).values);
    return new NumberColumn(Float64Array.from(all[0], (_, row) => all.reduce((sum, values) => sum + values[row], 0)));
  });
}
