// A query as a tree, and its text again (eval/query/tree.py).
//
// Rules kept here
// - A tree is plain, frozen data: it says what was asked, and where each part stood, counted in characters from 1.
// - `treeText` of a tree is a query that is read as the same tree.
//
//     treeText(bothOf([word("high_risk"), notTerm(where("blame", ":", [value("retrieve")], "wrong"))]))

const PLAIN_NAME = "[A-Za-z_][\\p{L}\\p{N}_]*";
const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
export const FIELD_START =
  new RegExp(`(?<name>${PLAIN_NAME})(?:\\.(?<part>${PLAIN_NAME}))?(?<op>:?(?:==|!=|<=|>=|[=<>])|:)`, "uy");
export const WORD_TEXT = new RegExp(`[^${BLANK}()"]+`, "uy");
export const VALUE_TEXT = new RegExp(`[^${BLANK}()",]+`, "uy");
export const STRING_TEXT = /"((?:[^"\\]|\\.)*)"/suy;
export const BLANKS = new RegExp(`[${BLANK}]*`, "uy");
export const keyword = (name) => new RegExp(`${name}(?=[${BLANK}()"]|$)`, "iuy");
const KEYWORDS = ["and", "or", "not"];

export const value = (text, upto = null, quoted = false, at = 1) => Object.freeze({ text, upto, quoted, at });
export const word = (text, quoted = false, at = 1) => Object.freeze({ type: "word", text, quoted, at });
export const where = (name, op, values, part = "", at = 1) =>
  Object.freeze({ type: "where", name, op, values, part, at });
export const notTerm = (term) => Object.freeze({ type: "not", term });
export const bothOf = (terms) => Object.freeze({ type: "both", terms });
export const eitherOf = (terms) => Object.freeze({ type: "either", terms });

// Whether a value asks for runs of which it is not known.
export const asksUnknown = ({ text, quoted, upto }) => text === "unknown" && !quoted && upto === null;

// What a value asks for where ranges mean nothing.
export const wholeText = ({ text, upto }) => (upto === null ? text : `${text}..${upto}`);

// The match of a pattern at a place, or null.
export function matchAt(pattern, text, place) {
  pattern.lastIndex = place;
  return pattern.exec(text);
}

const isWhole = (pattern, text) => matchAt(pattern, text, 0)?.[0].length === text.length;
const asString = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

export function valueText({ text, upto, quoted }) {
  if (upto !== null) return `${text}..${upto}`;
  return quoted || !isWhole(VALUE_TEXT, text) ? asString(text) : text;
}

function wordText({ text, quoted }) {
  const special = text.startsWith("-") || matchAt(FIELD_START, text, 0) || KEYWORDS.includes(text.toLowerCase());
  return quoted || special || !isWhole(WORD_TEXT, text) ? asString(text) : text;
}

const innerText = (term) => (["both", "either"].includes(term.type) ? `(${treeText(term)})` : treeText(term));

export function treeText(tree) {
  if (tree.type === "word") return wordText(tree);
  if (tree.type === "where") {
    return `${tree.name}${tree.part && `.${tree.part}`}${tree.op}${tree.values.map(valueText).join(",")}`;
  }
  if (tree.type === "not") return `-${innerText(tree.term)}`;
  if (tree.type === "both") return tree.terms.map(innerText).join(" ");
  return tree.terms.map((term) => (term.type === "either" ? innerText(term) : treeText(term))).join(" OR ");
}

// The words and fields of a tree, from left to right.
export function termsOf(tree) {
  if (tree.type === "not") return termsOf(tree.term);
  return tree.terms ? tree.terms.flatMap(termsOf) : [tree];
}
