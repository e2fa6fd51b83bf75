// False, true or unknown for every run at once: an array of 0, 1 and 2 (Kleene's logic; eval/query/truth.py).
//
// Rules kept here
// - Unknown satisfies neither a term nor its negation.
// - *And* is false where one of the two is, *or* true where one of the two is, whatever the other may be.
//
//     andTruth(stale, notTruth(right))

export const [FALSE, TRUE, UNKNOWN] = [0, 1, 2];
const NEGATED = Uint8Array.of(TRUE, FALSE, UNKNOWN);
const BOTH = Uint8Array.of(FALSE, FALSE, FALSE, FALSE, TRUE, UNKNOWN, FALSE, UNKNOWN, UNKNOWN);
export const EITHER = Uint8Array.of(FALSE, TRUE, UNKNOWN, TRUE, TRUE, TRUE, UNKNOWN, TRUE, UNKNOWN);

export const sameTruth = (n, verdict) => new Uint8Array(n).fill(verdict);
export const notTruth = (a) => a.map((verdict) => NEGATED[verdict]);
export const andTruth = (a, b) => combinedTruth(BOTH, a, b);
export const orTruth = (a, b) => combinedTruth(EITHER, a, b);

// Known of every run: true where it is unknown.
export const whereUnknown = (a) => a.map((verdict) => (verdict === UNKNOWN ? TRUE : FALSE));

export function countOf(truth, verdict) {
  let found = 0;
  for (let i = 0; i < truth.length; i += 1) if (truth[i] === verdict) found += 1;
  return found;
}

function combinedTruth(table, a, b) {
  const found = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i += 1) found[i] = table[a[i] * 3 + b[i]];
  return found;
}
