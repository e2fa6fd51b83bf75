// What may be typed next in a query: flags, fields, and the values that a field can have, each with how many runs it
// finds.
//
// Rules kept here
// - Names that begin so stand first, then names that hold it; within each, in the order of the vocabulary.
// - A value is offered as it must be written: in quotes where it would be read as something else.
// - Counts are of the whole experiment, worked out for what is offered alone; null where the server alone can count.
// - Places are UTF-16 units, as a text field counts them; what stands from `from` to `to` is replaced.
//
//     completeQuery("wrong blame:re", 14, columns, vocabulary)
//     // { from: 12, to: 14, offered: [{ text: "retrieve", runs: 80, says: "" }, …] }

import { orElse } from "./columns.mjs";
import { QueryFault } from "./fault.mjs";
import { fieldTruth, flagTruth, knownValues } from "./fields.mjs";
import { BLANKS, FIELD_START, STRING_TEXT, VALUE_TEXT, WORD_TEXT, matchAt, value, valueText, where } from "./tree.mjs";
import { TRUE, countOf } from "./truth.mjs";

const MOST_OFFERED = 12;

export function completeQuery(text, caret, columns, vocabulary, most = MOST_OFFERED) {
  const { field, from, to, typed } = typedAt(text, caret);
  if (from === to && typed === null) return { from, to, offered: [] };
  return { from, to, offered: (field ? offeredValues : offeredNames)(typed, field, columns, vocabulary, most) };
}

// The term in which the caret stands: of a field, which; what was typed of it so far, null within a text in quotes.
function typedAt(text, caret) {
  let place = 0;
  while (place < caret) {
    const start = matchAt(FIELD_START, text, place), string = text[place] === '"';
    if (start && place + start[0].length <= caret) {
      const found = typedValue(text, caret, place + start[0].length, start.groups);
      if (typeof found !== "number") return found;
      place = found;
    } else if (string || "()-".includes(text[place]) || isBlank(text, place)) {
      const end = string ? stringEnd(text, place) : place + 1;
      if (end > caret) return { from: caret, to: caret, typed: null };
      place = end;
    } else {
      const end = place + (matchAt(WORD_TEXT, text, place)?.[0].length ?? 1);
      const named = start ? place + start[0].length - start.groups.op.length : end;
      if (end >= caret) return { from: place, to: Math.max(caret, named), typed: text.slice(place, caret) };
      place = end;
    }
  }
  return { from: caret, to: caret, typed: "" };
}

// The value in which the caret stands; or where the values end, before it.
function typedValue(text, caret, begin, { name, part = "" }) {
  for (let place = begin; ; place += 1) {
    const string = text[place] === '"', length = matchAt(VALUE_TEXT, text, place)?.[0].length ?? 0;
    const end = string ? stringEnd(text, place) : place + length;
    if (string ? end > caret : end >= caret) {
      const typed = text.slice(string ? place + 1 : place, caret);
      return { field: { name, part }, from: place, to: Math.min(end, text.length), typed };
    }
    if (text[end] !== ",") return end;
    place = end;
  }
}

const isBlank = (text, place) => matchAt(BLANKS, text, place)[0] !== "";

// Where a text in quotes ends; beyond the end of the query where nothing closes it.
const stringEnd = (text, place) => place + (matchAt(STRING_TEXT, text, place)?.[0].length ?? text.length + 1);

function offeredValues(typed, { name, part }, columns, vocabulary, most) {
  const known = orElse(() => knownValues(name, part, columns, vocabulary)) ?? [];
  return nearestFirst([...known, "unknown"], typed, most).flatMap((one) => {
    const asked = value(one, null, one.includes("..")), term = where(name, ":", [asked], part);
    try {
      return [{ text: valueText(asked), runs: runsOf(() => fieldTruth(term, columns, vocabulary)), says: "" }];
    } catch (error) {
      if (error instanceof QueryFault) return []; // what cannot be asked, such as `changed:unknown`, is not offered
      throw error;
    }
  });
}

function offeredNames(typed, _, columns, { flags, fields }, most) {
  const parted = Object.entries(fields).flatMap(([name, { parts }]) => parts.map((part) => `${name}.${part}`));
  const known = [...Object.keys(flags), ...Object.keys(fields), ...(typed.includes(".") ? parted : [])];
  return nearestFirst(known, typed, most).map((name) => {
    const flag = flags[name], says = (flag ?? fields[name.split(".", 1)[0]]).description;
    if (!flag) return { text: `${name}:`, runs: null, says };
    return { text: name, runs: runsOf(() => flagTruth(flag, columns)), says };
  });
}

// Names that begin with what was typed, then those that hold it.
function nearestFirst(names, typed, most) {
  const sought = typed.toLowerCase(), begins = [], holds = [];
  for (const name of names) {
    const at = name.toLowerCase().indexOf(sought);
    if (at >= 0) (at === 0 ? begins : holds).push(name);
    if (begins.length >= most) break;
  }
  return [...begins, ...holds].slice(0, most);
}

function runsOf(makeTruth) {
  const truth = orElse(makeTruth);
  return truth && countOf(truth, TRUE);
}
