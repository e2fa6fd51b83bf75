// From the cases of a comparison to their runs: a query of the filter language that finds these and no others.
//
// Rules kept here
// - Where `changed` finds exactly these, the query is that; else the cases are named one by one,
//   as far as an address holds them.

import { experimentPath, withParameters } from "../address.mjs";

const LONGEST = 3000; // characters of a query in an address
const WORD = /^[\w-]+(\.[\w-]+)*$/; // a value that needs no quotes; two points would make a range of one

const quoted = (name) => (WORD.test(name) ? name : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
export const runsPath = (exp, query) => withParameters(experimentPath(exp), { q: query });

// The list of runs of these cases under a condition; null where an address cannot hold it.
export function casesPath({ exp, query }, cases) {
  if (!cases.length || cases.length > LONGEST / 2) return null; // a name and a comma each
  const said = `${query} case:${cases.map(({ name }) => quoted(name)).join(",")}`;
  return said.length <= LONGEST ? runsPath(exp, said) : null;
}

// The runs of a condition that another of the same experiment and reader answered otherwise; null where no query says so.
export function changedPath(one, other, flag = "") {
  const isPlain = ({ own_label: label, query }) => query === `condition:${quoted(label)}` || query === `condition:${label}`;
  const readers = [one, other].map(({ own_label: label }) => label.split("@")[1] ?? "");
  if (one.exp !== other.exp || !isPlain(one) || !isPlain(other) || readers[0] !== readers[1]) return null;
  return runsPath(one.exp, [one.query, flag, `changed:${quoted(other.own_label)}`].filter(Boolean).join(" "));
}
