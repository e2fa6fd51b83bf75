// Conditions and readers: which of them answered, and whether another condition answered otherwise.
//
// Rules kept here
// - A condition is `gated`, or `gated@LABEL` for one of several readers; published keys are read as well.
// - `changed:gated` compares the same case and the same reader. Where *gated* did not ask the case, it is unknown.
// - Names of runs are read as in eval/plan/run_name.py.
//
//     byCondition(where("condition", ":", [value("gated")]), columns, { zero_shot: "closed_book" })

import { NameColumn } from "./columns.mjs";
import { unknownName } from "./fault.mjs";
import { amongNames, anyValue, expectPlain } from "./matching.mjs";
import { byCodePoint } from "./nearest.mjs";
import { wholeText } from "./tree.mjs";
import { FALSE, TRUE, UNKNOWN } from "./truth.mjs";

const NOT_ASKED = -2; // stands for the option of a condition that did not ask the case; -1 is an abstention

export function byCondition(term, columns, aliases) {
  const reads = readConditions(columns);
  const means = (asked, read) => meansCondition(asked, read, aliases);
  return amongNames(term, reads, "a condition", [], () => knownConditions(reads), means);
}

// The runs of these readers, by whole name or label.
export function byReader(term, columns) {
  const both = readersWithLabels(columns), known = () => namedReaders(columns);
  return amongNames(term, both, "a reader", [], known, (asked, pair) => pair.split("\n").includes(asked));
}

export function namedReaders(columns) {
  const names = readersWithLabels(columns).distinct.flatMap((pair) => pair.split("\n"));
  return [...new Set(names.filter(Boolean))].sort(byCodePoint);
}

function readersWithLabels(columns) {
  return columns.derived("readers and labels", () => {
    const reader = columns.column("reader"), reads = readConditions(columns);
    return namesOf(columns.n, (row) => (reads.get(row) === null ? null
      : `${reader.get(row)}\n${splitCondition(reads.get(row))[1]}`));
  });
}

// The runs that one of these conditions answered otherwise.
export function byChange(term, columns, aliases) {
  const reads = readConditions(columns), cases = columns.column("case"), chosen = columns.column("chosen").codes;
  const split = reads.distinct.map(splitCondition), known = knownConditions(reads);
  expectPlain(term, "a name");
  return anyValue(term, (value) => {
    const said = wholeText(value), asked = actualCondition(said, aliases);
    if (!known.includes(asked)) throw unknownName(value.at, "a condition", said, known);
    const options = new Map(), label = splitCondition(asked)[1], found = new Uint8Array(columns.n);
    const optionsOf = (reader) => {
      if (!options.has(reader)) options.set(reader, new Int32Array(cases.distinct.length).fill(NOT_ASKED));
      return options.get(reader);
    };
    const theirs = split.map(([, reader], i) => meansCondition(asked, reads.distinct[i], aliases) && optionsOf(reader));
    const ours = split.map(([, reader]) => optionsOf(label || reader));
    for (let row = 0; row < found.length; row += 1) {
      const kept = theirs[reads.codes[row]];
      if (kept) kept[cases.codes[row]] = chosen[row];
    }
    for (let row = 0; row < found.length; row += 1) {
      const other = ours[reads.codes[row]]?.[cases.codes[row]] ?? NOT_ASKED;
      found[row] = other === NOT_ASKED ? UNKNOWN : other === chosen[row] ? FALSE : TRUE;
    }
    return found;
  });
}

export const namedConditions = (columns) => knownConditions(readConditions(columns));

// The condition of each run, with its reader's label where there are several: `standard@qwen3-8b`.
function readConditions(columns) {
  return columns.derived("conditions with readers", () => {
    const run = columns.column("run"), condition = columns.column("condition");
    return namesOf(columns.n, (row) => readCondition(run.get(row), condition.get(row)));
  });
}

function readCondition(run, condition) {
  if (condition === null) return null; // a run of another kind, in an exported file
  if (!run.startsWith(`${condition}@`)) return condition;
  const label = run.slice(condition.length + 1).split(".", 1)[0];
  return label ? `${condition}@${label}` : condition;
}

function splitCondition(read) {
  const at = read.indexOf("@");
  return at < 0 ? [read, ""] : [read.slice(0, at), read.slice(at + 1)];
}

const actualCondition = (asked, aliases) => (Object.hasOwn(aliases, asked) ? aliases[asked] : asked);

function meansCondition(asked, read, aliases) {
  return [read, splitCondition(read)[0]].includes(actualCondition(asked, aliases));
}

const knownConditions = (reads) =>
  [...new Set(reads.distinct.flatMap((read) => [read, splitCondition(read)[0]]))].sort(byCodePoint);

function namesOf(n, nameAt) {
  const places = new Map(), codes = new Int32Array(n);
  for (let row = 0; row < n; row += 1) {
    const name = nameAt(row);
    if (name === null) { codes[row] = -1; continue; }
    if (!places.has(name)) places.set(name, places.size);
    codes[row] = places.get(name);
  }
  return new NameColumn([...places.keys()], codes);
}
