// What is wrong with a query: in which character, counted from 1, and what was expected there.
//
// Rules kept here
// - The words are those of eval/query, to the letter, so that a page and the command line read alike.
// - Characters are code points. A text field counts UTF-16 units: `unitAt` translates.
//
//     try { parseQuery(text) } catch (fault) { if (fault instanceof QueryFault) mark(unitAt(text, fault.at)) }

import { nearest } from "./nearest.mjs";

const FEW_NAMES = 12; // listed where one is near
const MANY_NAMES = 40; // listed where none is near

export class QueryFault extends Error {
  constructor(at, said, meant = null) {
    super(`query, character ${at}: ${said}`);
    this.at = at;
    this.nearest = meant;
  }
}

// The fault of a name that is none of those known; of many, the nearest alone is told.
export function unknownName(at, what, name, known) {
  const meant = nearest(name, known);
  const listed = known.length <= (meant === null ? MANY_NAMES : FEW_NAMES) ? ` among ${known.join(", ")}` : "";
  return new QueryFault(at, `expected ${what}${listed}, got ${inQuotes(name)}${didYouMean(meant)}`, meant);
}

export const didYouMean = (meant) => (meant === null ? "" : `; did you mean ${inQuotes(meant)}?`);

// A text as Python writes it in a message: in quotes, and what cannot be seen as its number.
export function inQuotes(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const written = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` };
  const isHidden = (char) => char !== " " && /[\p{C}\p{Z}]/u.test(char);
  const shown = Array.from(text, (char) => written[char] ?? (isHidden(char) ? numbered(char) : char));
  return quote + shown.join("") + quote;
}

function numbered(char) {
  const code = char.codePointAt(0), [mark, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${mark}${code.toString(16).padStart(digits, "0")}`;
}

// The UTF-16 unit, counted from 0, at which a character stands that is counted from 1.
const unitAt = (text, at) => Array.from(text).slice(0, at - 1).join("").length;
