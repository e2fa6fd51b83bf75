// The columns of an experiment's results, as typed arrays: what a query is evaluated over.
//
// Rules kept here
// - A column is one of four kinds:
//     names   `distinct`, and for each run a code: which of them it has, -1 for unknown
//     lists   `distinct` and `codes` of the items; those of a run stand from the end of the list before it to its own,
//             `ends`; `known` is 0 where the list is unknown
//     flag    for each run 0, 1, or 2 for unknown
//     number  for each run a number, a day as days since 1970; NaN for unknown
// - They are called as in outcomes.parquet; `ms` is what timings.parquet adds up to, `text` the words of the question.
// - What is asked of a column is asked of its distinct values, and spread over the runs by their codes.
// - A column that is not there is not guessed: `column` throws `NotHere`, and who evaluates asks the server.
//
//     const columns = new Columns(2, { condition: { kind: "names", distinct: ["gated"], codes: [0, -1] } });

import { EITHER, FALSE, TRUE, UNKNOWN, whereUnknown } from "./truth.mjs";

export class NotHere extends Error {}

// What `make` gives, or `otherwise` where it needs a column that is not there.
export function orElse(make, otherwise = null) {
  try {
    return make();
  } catch (error) {
    if (error instanceof NotHere) return otherwise;
    throw error;
  }
}

export class NameColumn {
  constructor(distinct, codes) {
    this.kind = "names";
    this.distinct = distinct;
    this.codes = codes;
  }

  get(row) { return this.codes[row] < 0 ? null : this.distinct[this.codes[row]]; }

  // For which runs a test holds of their value.
  holds(test) {
    const { codes } = this, verdicts = verdictsOf(this.distinct, test), last = this.distinct.length;
    const found = new Uint8Array(codes.length);
    for (let i = 0; i < codes.length; i += 1) found[i] = verdicts[codes[i] < 0 ? last : codes[i]];
    return found;
  }

  unknown() { return Uint8Array.from(this.codes, (code) => (code < 0 ? TRUE : FALSE)); }
}

class ListColumn {
  constructor(distinct, codes, ends, known) {
    this.kind = "lists";
    this.distinct = distinct;
    this.codes = codes;
    this.ends = ends;
    this.known = known;
  }

  get(row) {
    if (!this.known[row]) return null;
    const items = this.codes.subarray(row ? this.ends[row - 1] : 0, this.ends[row]);
    return Array.from(items, (code) => (code < 0 ? null : this.distinct[code]));
  }

  // For which runs a test holds of any of their values.
  holds(test) { return this.any(verdictsOf(this.distinct, test)); }

  // Whether the list, or one of its values, is unknown.
  unknown() { return whereUnknown(this.holds(() => false)); }

  any(verdicts) {
    const { codes, ends, known } = this, last = this.distinct.length, found = new Uint8Array(ends.length);
    for (let i = 0, at = 0; i < ends.length; i += 1) {
      let verdict = known[i] ? FALSE : UNKNOWN;
      for (; at < ends[i]; at += 1) verdict = EITHER[verdict * 3 + verdicts[codes[at] < 0 ? last : codes[at]]];
      found[i] = verdict;
    }
    return found;
  }
}

class FlagColumn {
  constructor(values) {
    this.kind = "flag";
    this.values = values;
  }

  get(row) { return this.values[row] === UNKNOWN ? null : this.values[row] === TRUE; }
}

export class NumberColumn {
  constructor(values) {
    this.kind = "number";
    this.values = values;
  }

  get(row) { return Number.isNaN(this.values[row]) ? null : this.values[row]; }

  // For which runs a test holds of their number.
  holds(test) {
    const { values } = this, found = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i += 1) {
      found[i] = Number.isNaN(values[i]) ? UNKNOWN : test(values[i]) ? TRUE : FALSE;
    }
    return found;
  }

  unknown() { return Uint8Array.from(this.values, (value) => (Number.isNaN(value) ? TRUE : FALSE)); }
}

export class Columns {
  constructor(n, stored) {
    this.n = n;
    this.stored = stored;
    this.made = new Map();
  }

  has(name) { return Object.hasOwn(this.stored, name); }

  // A column by its name; throws `NotHere` where there is none.
  column(name) {
    if (!this.has(name)) throw new NotHere(name);
    return this.derived(name, () => columnOf(this.stored[name]));
  }

  // What is worked out of the columns once, and kept.
  derived(name, make) {
    if (!this.made.has(name)) this.made.set(name, make());
    return this.made.get(name);
  }
}

// What a test says of each distinct value, and of none.
function verdictsOf(distinct, test) {
  const verdicts = new Uint8Array(distinct.length + 1);
  for (let i = 0; i < distinct.length; i += 1) verdicts[i] = test(distinct[i]) ? TRUE : FALSE;
  verdicts[distinct.length] = UNKNOWN;
  return verdicts;
}

function columnOf({ kind, distinct, codes, ends, known, values }) {
  if (kind === "names") return new NameColumn(distinct, typed(Int32Array, codes));
  if (kind === "lists") {
    return new ListColumn(distinct, typed(Int32Array, codes), typed(Uint32Array, ends), typed(Uint8Array, known));
  }
  if (kind === "flag") return new FlagColumn(typed(Uint8Array, values));
  if (kind !== "number") throw new Error(`expected a column of names or lists, a flag or a number, got ${kind}`);
  return new NumberColumn(ArrayBuffer.isView(values) ? values : Float64Array.from(values, (value) => value ?? NaN));
}

const typed = (Kind, values) => (ArrayBuffer.isView(values) ? values : Kind.from(values));
