// The words of claims and passages, searched in the file's own records (eval/query/recorded_words.py).
//
// Rules kept here
// - Only runs whose match depends on these words are read, and each once.
// - Of a reader that makes no claims, what it claimed is unknown; of a run whose question is not in the file, all words are.

import { UNKNOWN } from "../filter/truth.mjs";
import { rested } from "../dom.mjs";
import { nameOf } from "../text.mjs";

const WORDS = ["claim", "passage"];

// What answers a query whose terms no column holds; `signal` stops it.
export function recordedWords(file, pack, finder, runAt) {
  const read = { claim: new Map(), passage: new Map() };

  return async (query, signal) => {
    const more = {};
    let found = finder.select(query);
    for (const what of WORDS.filter((one) => found.asked.some((term) => term.startsWith(one)))) {
      for (let place = 0; place < pack.n; place += 1) {
        if (found.truth[place] !== UNKNOWN || read[what].has(place)) continue;
        const words = await wordsOf(file, runAt(place), what).catch(() => null); // the check says what is wrong with a record
        read[what].set(place, words);
        await rested();
        signal.throwIfAborted();
      }
      more[what] = columnOfWords(read[what], pack.n);
      found = finder.select(query, more);
    }
    return found;
  };
}

function columnOfWords(read, n) {
  const distinct = [], codes = new Int32Array(n).fill(-1);
  for (const [place, words] of read) if (words !== null) codes[place] = distinct.push(words) - 1;
  return { kind: "names", distinct, codes };
}

async function wordsOf(file, run, what) {
  const begun = (await file.record(run, 0)).line.body;
  if (begun.config && (await file.blob(begun.config)).absent) return null;
  const kind = (row) => row[3].replace(/\[\d+\]$/, "");
  const rows = run.rows.filter((row) => row[2] === "activity.end" && ["section", "synthesise"].includes(kind(row)));
  const bodies = await Promise.all(rows.map(async (row) => (await file.record(run, row[0])).line.body));
  const last = bodies.findLast((_, i) => kind(rows[i]) === "synthesise");
  const said = last ? await file.value(last.output) : { claims: [] }, context = said.claims.length ? null : said.context;
  if (what === "claim") return context ? null : said.claims.map(({ quote }) => quote).join("\n");
  const lists = new Set(bodies.flatMap(({ inputs }) => inputs ?? []).filter(({ type }) => type === "Retrieved").map(({ id }) => id));
  const texts = new Map();
  for (const list of lists) for (const { passage } of (await file.value(list)).hits) texts.set(nameOf(passage), passage.text);
  const given = context ? new Set(context.passages.map(({ passage }) => passage)) : null;
  return [...texts].filter(([name]) => !given || given.has(name)).map(([, text]) => text).join("\n");
}

