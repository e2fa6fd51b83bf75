// The filter language: a line of text in, a tree out. Its grammar stands in eval/query/parse.py.
//
// Rules kept here
// - Nothing here knows which fields there are: that is asked of the tree (fields.mjs).
// - What is read, what is refused, and with which words, is the same as there.
//
//     parseQuery("wrong or -abstained")

import { QueryFault, inQuotes } from "./fault.mjs";
import { BLANKS, FIELD_START, STRING_TEXT, VALUE_TEXT, WORD_TEXT, bothOf, eitherOf, keyword, matchAt, notTerm, value,
  where, word } from "./tree.mjs";

const DEEPEST = 50; // brackets and negations within one another
const AND = keyword("AND"), OR = keyword("OR"), NOT = keyword("NOT");

// The tree of a query; an empty one asks for every run. Throws `QueryFault`.
export function parseQuery(text) {
  const reader = new QueryReader(text);
  const tree = reader.rest ? reader.either() : bothOf([]);
  if (reader.rest) throw new QueryFault(reader.at, "expected the end of the query, got ')' without a '(' before it");
  return tree;
}

class QueryReader {
  constructor(text) {
    this.text = text;
    this.place = 0;
    this.depth = 0;
    this.paired = /[\ud800-\udfff]/.test(text);
    this.skip();
  }

  // The character that is next, counted from 1.
  get at() { return (this.paired ? Array.from(this.text.slice(0, this.place)).length : this.place) + 1; }

  get rest() { return this.place < this.text.length; }

  get next() { return this.text[this.place]; }

  either() {
    const terms = [this.both()];
    while (this.take(OR)) terms.push(this.both());
    return terms.length === 1 ? terms[0] : eitherOf(terms);
  }

  both() {
    const terms = [this.term()];
    while (this.take(AND) || (this.rest && this.next !== ")" && !this.sees(OR))) terms.push(this.term());
    return terms.length === 1 ? terms[0] : bothOf(terms);
  }

  term() {
    if (!this.rest || this.next === ")" || this.sees(AND) || this.sees(OR)) {
      throw new QueryFault(this.at, `expected a flag, a field or a text, got ${this.got()}`);
    }
    if (this.take(NOT)) return notTerm(this.within(() => this.term()));
    if (this.next === "-") {
      this.place += 1;
      if (!this.rest || this.isBlank()) throw new QueryFault(this.at, "expected what '-' excludes, right after it");
      return notTerm(this.within(() => this.term()));
    }
    return this.next === "(" ? this.bracket() : this.field() ?? this.word();
  }

  bracket() {
    const opened = this.at;
    this.place += 1;
    this.skip();
    const tree = this.within(() => this.either());
    if (!this.rest) throw new QueryFault(opened, "expected a ')' for this '(', got the end");
    this.place += 1;
    this.skip();
    return tree;
  }

  field() {
    const found = matchAt(FIELD_START, this.text, this.place), { at } = this;
    if (!found) return null;
    this.place += found[0].length;
    const op = found.groups.op.replace(/^:+/, "") || ":", values = [this.value(found[0])];
    while (this.rest && this.next === ",") {
      this.place += 1;
      values.push(this.value(","));
    }
    this.skip();
    return where(found.groups.name, ["=", "=="].includes(op) ? ":" : op, values, found.groups.part ?? "", at);
  }

  value(after) {
    const { at } = this;
    if (this.rest && this.next === '"') return value(this.string(), null, true, at);
    const found = matchAt(VALUE_TEXT, this.text, this.place);
    if (!found) {
      const got = this.rest && !this.isBlank() ? this.got() : "nothing";
      throw new QueryFault(at, `expected a value right after ${inQuotes(after)}, got ${got}`);
    }
    this.place += found[0].length;
    const between = found[0].indexOf(".."), low = found[0].slice(0, between), high = found[0].slice(between + 2);
    return between > 0 && high ? value(low, high, false, at) : value(found[0], null, false, at);
  }

  word() {
    const { at } = this, quoted = this.next === '"';
    let text;
    if (quoted) {
      text = this.string();
    } else {
      [text] = matchAt(WORD_TEXT, this.text, this.place);
      this.place += text.length;
    }
    this.skip();
    return word(text, quoted, at);
  }

  string() {
    const found = matchAt(STRING_TEXT, this.text, this.place);
    if (!found) throw new QueryFault(this.at, "expected a '\"' that closes this one, got the end");
    this.place += found[0].length;
    return found[1].replace(/\\(.)/gsu, "$1");
  }

  within(read) {
    this.depth += 1;
    if (this.depth > DEEPEST) {
      throw new QueryFault(this.at, `expected at most ${DEEPEST} brackets and negations within one another`);
    }
    const tree = read();
    this.depth -= 1;
    return tree;
  }

  sees(pattern) { return matchAt(pattern, this.text, this.place) !== null; }

  take(pattern) {
    const found = matchAt(pattern, this.text, this.place);
    if (found) {
      this.place += found[0].length;
      this.skip();
    }
    return found !== null;
  }

  // What stands next, for a message.
  got() {
    if (!this.rest) return "the end";
    return inQuotes(matchAt(WORD_TEXT, this.text, this.place)?.[0] ?? this.next);
  }

  isBlank() { return matchAt(BLANKS, this.text, this.place)[0] !== ""; }

  skip() { this.place += matchAt(BLANKS, this.text, this.place)[0].length; }
}
