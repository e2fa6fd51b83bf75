// Which known name was probably meant: the nearest by the share of characters in matching blocks (Ratcliff and
// Obershelp).
//
// Rules kept here
// - The same name comes out as in evidence_store/did_you_mean.py, whose library decides: at most one, and none where
//   less than six characters in ten match. Upper and lower case count as alike.
// - Characters are code points.
//
//     nearest("hibrid", ["dense", "hybrid"])    // "hybrid"

const CLOSE_ENOUGH = 0.6;
const LONG_NAME = 200; // from this length on, a character that is everywhere in a name does not begin a block

export function nearest(name, known) {
  const byLower = new Map();
  for (const each of known) byLower.set(each.toLowerCase(), each);
  const sought = soughtName(name.toLowerCase());
  let best = null, score = CLOSE_ENOUGH;
  for (const lower of byLower.keys()) {
    const share = matchingShare(lower, sought, score);
    const nearer = share > score || (share === score && (best === null || byCodePoint(lower, best) > 0));
    if (nearer) [best, score] = [lower, share];
  }
  return best === null ? null : byLower.get(best);
}

// The order in which Python sorts names: by code point, not by UTF-16 unit.
export function byCodePoint(a, b) {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  if (i === length) return a.length - b.length;
  const paired = i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800 ? 1 : 0;
  return a.codePointAt(i - paired) - b.codePointAt(i - paired);
}

function soughtName(name) {
  const chars = [...name], places = new Map();
  chars.forEach((char, i) => places.set(char, [...(places.get(char) ?? []), i]));
  const order = new Map([...places.keys()].map((char, i) => [char, i]));
  const counts = Uint32Array.from(places.values(), (at) => at.length), everywhere = Math.floor(chars.length / 100) + 1;
  if (chars.length >= LONG_NAME) for (const [char, i] of order) if (counts[i] > everywhere) places.delete(char);
  return { chars, places, order, counts };
}

// Twice the characters that match, over all; 0 where it cannot reach the share that is needed.
function matchingShare(name, sought, needed) {
  const left = sought.counts.slice();
  let shared = 0, length = 0;
  for (const char of name) {
    const place = sought.order.get(char);
    length += 1;
    if (place !== undefined && left[place] > 0) { shared += 1; left[place] -= 1; }
  }
  const both = length + sought.chars.length, share = (matches) => (both ? (2 * matches) / both : 1);
  if (share(Math.min(length, sought.chars.length)) < needed || share(shared) < needed) return 0;
  return share(matchedCharacters([...name], sought));
}

function matchedCharacters(chars, sought) {
  const open = [[0, chars.length, 0, sought.chars.length]];
  let matched = 0;
  while (open.length) {
    const [low, high, from, to] = open.pop(), [i, j, size] = longestBlock(chars, sought, low, high, from, to);
    if (size === 0) continue;
    matched += size;
    open.push([low, i, from, j], [i + size, high, j + size, to]);
  }
  return matched;
}

// The longest block that both have; of several, the first in the known name, then the first in the sought one.
function longestBlock(chars, { chars: other, places }, low, high, from, to) {
  let [bestI, bestJ, size] = [low, from, 0], lengths = new Map();
  for (let i = low; i < high; i += 1) {
    const next = new Map();
    for (const j of places.get(chars[i]) ?? []) {
      if (j < from) continue;
      if (j >= to) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) [bestI, bestJ, size] = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  while (bestI > low && bestJ > from && chars[bestI - 1] === other[bestJ - 1]) {
    bestI -= 1; bestJ -= 1; size += 1;
  }
  while (bestI + size < high && bestJ + size < to && chars[bestI + size] === other[bestJ + size]) size += 1;
  return [bestI, bestJ, size];
}
