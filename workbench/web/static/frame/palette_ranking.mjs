// Which of many entries match a few letters: a plain ranking, the same each time.
//
// Rules kept here
// - Every word that was typed must match. A word matches, best first: as the whole name, at its start, at the start of a
//   word, anywhere, or by its letters in this order (from two letters on).
// - An entry is as good as its worst word. Then comes the order of kinds, the shorter name, and the name by code point.
// - No kind fills the list: each has at most so many places while others have something to show.
// - Names are lowered and ordered once, in `rankable`, so that a hundred thousand are ranked while one types.
//
//     ranked(rankable([{ kind: "run", name: "gated.acute-001" }]), "gat 001")

const WHOLE = 0, START = 1, WORD = 2, WITHIN = 3, LETTERS = 4, UNMET = 5;
const MOST = 60, OF_A_KIND = 12;

export const rankable = (entries) => merged(entries.map((entry) => ({ entry, lower: entry.name.toLowerCase() })));

// Several such lists in one: the shorter name first, then by code point.
export const merged = (...lists) => lists.flat().sort(({ entry: { name: a } }, { entry: { name: b } }) =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0));

export function ranked(entries, typed, kinds = [], most = MOST, ofAKind = OF_A_KIND) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean), buckets = new Map();
  let found = 0;
  for (const { entry, lower } of entries) {
    let grade = WHOLE;
    for (let i = 0; i < words.length && grade < UNMET; i += 1) grade = Math.max(grade, gradeOf(lower, words[i]));
    if (grade === UNMET) continue;
    const place = grade * 100 + 1 + kinds.indexOf(entry.kind);
    found += 1;
    if (buckets.has(place)) buckets.get(place).push(entry);
    else buckets.set(place, [entry]);
  }
  const met = [...buckets].sort(([a], [b]) => a - b).flatMap(([, bucket]) => bucket);
  const taken = new Map(), first = [], rest = [];
  for (const entry of met) {
    const many = taken.get(entry.kind) ?? 0;
    taken.set(entry.kind, many + 1);
    (many < ofAKind ? first : rest).push(entry);
    if (first.length >= most) break;
  }
  return { found, shown: [...first, ...rest].slice(0, most) };
}

// How well a word matches a name; both in lower case.
function gradeOf(name, word) {
  const at = name.indexOf(word);
  if (at === 0) return name.length === word.length ? WHOLE : START;
  if (at > 0) return startsAWord(name, word, at) ? WORD : WITHIN;
  return word.length > 1 && holdsLetters(name, word) ? LETTERS : UNMET;
}

const isLetter = (code) => (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code > 127;

function startsAWord(name, word, first) {
  for (let at = first; at > 0; at = name.indexOf(word, at + 1)) if (!isLetter(name.charCodeAt(at - 1))) return true;
  return false;
}

function holdsLetters(name, word) {
  let from = 0;
  for (let i = 0; i < word.length; i += 1) {
    const at = name.indexOf(word[i], from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}
