// How a field's values are compared with its column: by name, in a list, as a number, a day, a level, or as text.
//
// Rules kept here
// - Commas mean any of; "!=" is the negation of ":". "unknown" asks for runs of which it is not known.
// - A name that no run can have is a fault, with the nearest name.
// - What is refused, and with which words, is the same as in eval/query/matching.py.
//
//     byName(way, where("condition", ":", [value("gated")]), columns)

import { NameColumn } from "./columns.mjs";
import { QueryFault, inQuotes, unknownName } from "./fault.mjs";
import { byCodePoint } from "./nearest.mjs";
import { asksUnknown, valueText, wholeText } from "./tree.mjs";
import { notTruth, orTruth, whereUnknown } from "./truth.mjs";

const COMPARE = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
};
const NUMBER_TEXT = /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$/;
const DAY_TEXT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const DAY_LENGTH = 86_400_000;
const STATE_DIGITS = 8; // of a store state's name are enough to name it
const upTo = (mark) => (name) => (name.includes(mark) ? name.slice(0, name.indexOf(mark)) : name);
const SHORT_NAMES = { lineage: upTo("@"), kind: upTo("["), part: upTo(".") };

const isPlain = ({ op }) => op === ":" || op === "!=";

// What any of the values holds of; negated for "!=".
export function anyValue(term, one) {
  const found = term.values.map(one).reduce(orTruth);
  return term.op === "!=" ? notTruth(found) : found;
}

export function expectPlain(term, what) {
  if (isPlain(term)) return;
  const said = `expected ':' or '!=' after ${inQuotes(term.name)}, because ${what} has no order`;
  throw new QueryFault(term.at, `${said}; got ${inQuotes(term.op)}`);
}

function expectNoRange({ op }, asked) {
  if (asked.upto === null) return;
  throw new QueryFault(asked.at, `expected one value after ${inQuotes(op)}, got the range '${valueText(asked)}'`);
}

// The runs of which a name is one of these. `known` makes the list of all that may be asked for.
export function amongNames(term, column, what, closed, known, matches) {
  expectPlain(term, "a name");
  return anyValue(term, (asked) => {
    if (asksUnknown(asked)) return column.unknown();
    const text = wholeText(asked), like = (name) => matches(text, name);
    if (!closed.includes(text) && !column.distinct.some(like)) {
      const names = known();
      if (!names.includes(text)) throw unknownName(asked.at, what, text, names);
    }
    return column.holds(like);
  });
}

// Whether a name that is asked for means one that is there.
function meansName(alike, asked, name) {
  if (alike === "digits") {
    const bare = (text) => text.replace(/^sha256:/, "");
    return [...asked].length >= STATE_DIGITS && bare(name).startsWith(bare(asked));
  }
  return asked === name || (alike !== "same" && asked === SHORT_NAMES[alike](name));
}

// Every name that may be asked for: the closed list, kinds or lineages, then what is there.
export function knownNames(way, part, columns) {
  return columns.derived(`names of ${way.column} ${part} ${way.closed.length}`, () => {
    const there = new Set(namedColumn(way, part, columns).distinct);
    for (const other of way.met) for (const name of columns.column(other).distinct) there.add(name);
    there.delete("");
    const sorted = [...there].sort(byCodePoint);
    const short = way.alike in SHORT_NAMES ? sorted.map(SHORT_NAMES[way.alike]).sort(byCodePoint) : [];
    return [...new Set([...way.closed, ...short, ...sorted])];
  });
}

// The column that answers a term about names.
function namedColumn(way, part, columns) {
  const column = columns.column(way.column.replace("{part}", part || "wrong"));
  if (!way.none_is_known) return column;
  return columns.derived(`${way.column} or none`, () => {
    const none = column.distinct.length;
    return new NameColumn([...column.distinct, ""], Int32Array.from(column.codes, (code) => (code < 0 ? none : code)));
  });
}

export function byName(way, term, columns) {
  const column = namedColumn(way, term.part, columns), known = () => knownNames(way, term.part, columns);
  return amongNames(term, column, way.what, way.closed, known, (asked, name) => meansName(way.alike, asked, name));
}

// The runs with a value at, below or above a level; levels stand from the lowest to the highest.
export function byLevel({ column: name, what, levels }, term, columns) {
  const column = columns.column(name);
  const place = (asked, text) => {
    if (!levels.includes(text)) throw unknownName(asked.at, what, text, levels);
    return levels.indexOf(text);
  };
  return anyValue(term, (asked) => {
    if (asksUnknown(asked)) {
      expectPlain(term, "'unknown'");
      return column.unknown();
    }
    const low = place(asked, asked.text), high = asked.upto === null ? low : place(asked, asked.upto);
    if (isPlain(term)) return column.holds((level) => low <= levels.indexOf(level) && levels.indexOf(level) <= high);
    expectNoRange(term, asked);
    return column.holds((level) => COMPARE[term.op](levels.indexOf(level), low));
  });
}

// The runs whose number is one of these, in one of these ranges, or compares so.
export function byNumber(column, what, read, term) {
  const bound = (asked, text) => {
    const found = read(text);
    if (found === null) throw new QueryFault(asked.at, `expected ${what}, got ${inQuotes(text)}`);
    return found;
  };
  return anyValue(term, (asked) => {
    if (asksUnknown(asked)) {
      expectPlain(term, "'unknown'");
      return column.unknown();
    }
    const low = bound(asked, asked.text), high = asked.upto === null ? low : bound(asked, asked.upto);
    if (low > high) {
      throw new QueryFault(asked.at, `expected a range from the lower to the higher, got '${valueText(asked)}'`);
    }
    if (isPlain(term)) return column.holds((number) => low <= number && number <= high);
    expectNoRange(term, asked);
    const compare = COMPARE[term.op];
    return column.holds((number) => compare(number, low));
  });
}

// A finite number as people write it, or null.
export const readNumber = (text) => (NUMBER_TEXT.test(text) ? Number(text) : null);

// A day, as days since 1970, or null.
export function readDay(text) {
  const [, year, month, day] = (DAY_TEXT.exec(text) ?? []).map(Number), date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isDay ? date.getTime() / DAY_LENGTH : null;
}

// The runs whose question holds one of these texts.
export function byQuestion(term, columns) {
  expectPlain(term, "a text");
  return anyValue(term, (asked) => {
    if (asksUnknown(asked)) return questionTexts(columns).unknown();
    return holdingText(columns, wholeText(asked));
  });
}

export function holdingText(columns, text) {
  const sought = text.toLowerCase();
  return questionTexts(columns).holds((question) => question.includes(sought));
}

// The words of the questions, in small letters.
function questionTexts(columns) {
  const column = columns.column("text");
  return columns.derived("text in small letters", () =>
    new NameColumn(column.distinct.map((question) => question.toLowerCase()), column.codes));
}

// The runs for which a flag is as asked: yes, no or unknown.
export function byFlag(term, flag) {
  expectPlain(term, "a flag");
  const asked = { yes: () => flag, no: () => notTruth(flag) };
  return anyValue(term, (one) => {
    if (asksUnknown(one)) return whereUnknown(flag);
    if (!Object.hasOwn(asked, valueText(one))) {
      throw unknownName(one.at, "a value", one.text, [...Object.keys(asked), "unknown"]);
    }
    return asked[one.text]();
  });
}

// Words that only the journal has: where no column holds them, the term is checked, and the rest left to the server.
export function byRecordedWords({ words }, term, columns) {
  expectPlain(term, "a text");
  const column = columns.column(words);
  return anyValue(term, (asked) => (asksUnknown(asked) ? column.unknown()
    : column.holds((text) => text.toLowerCase().includes(wholeText(asked).toLowerCase()))));
}
