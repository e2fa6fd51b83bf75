// The cases of a comparison: which conditions answered them otherwise than the baseline, and which of them to look at.
//
// Rules kept here
// - Cases that were answered differently come first, and of these the gravest; then by name, as `evitrail compare` has it.
// - A condition that did not ask a case is no answer of its own: it differs from nothing.
// - The address holds what is shown: `show`, or for one metric `counts`, `only` and `beside`.
//
//     comparedCases(sides)[0].places       // [3, 95]: in each side's pack, the baseline's first

import { gravity } from "../runs/pack.mjs";

const WRONG = 2; // of `gravity`: from here on an option was chosen that is wrong; above it, one that does harm

// A side is a condition: its label, the pack of its experiment, and the places of its runs in it.
export function comparedCases(sides) {
  const cases = new Map();
  sides.forEach(({ pack, places }, side) => {
    for (const place of places) {
      const name = pack.cell("case", place);
      if (!cases.has(name)) cases.set(name, { name, places: Array(sides.length).fill(null), graves: Array(sides.length).fill(null) });
      const one = cases.get(name);
      one.places[side] = place;
      one.graves[side] = gravity(pack, place);
    }
  });
  const chosen = ({ places }, side) => sides[side].pack.cell("chosen", places[side]);
  for (const one of cases.values()) {
    const asked = one.graves.filter((grave) => grave !== null);
    const isAnother = (side) => one.places[0] !== null && one.places[side] !== null && chosen(one, side) !== chosen(one, 0);
    one.differs = sides.map((_, side) => side > 0 && isAnother(side));
    one.isDifferent = one.differs.includes(true);
    one.worst = Math.max(...asked);
    one.isMixed = asked.includes(0) && asked.some((grave) => grave > 0);
    one.isHarmful = asked.some((grave) => grave > WRONG) && asked.some((grave) => grave <= WRONG);
    one.isWrong = asked.length > 1 && !asked.includes(0);
  }
  return [...cases.values()].sort((a, b) => b.isDifferent - a.isDifferent || b.worst - a.worst || (a.name < b.name ? -1 : 1));
}

// By name in the address: what it is called, and which cases it keeps.
export const SHOWS = {
  different: ["Only where they differ", (one) => one.isDifferent],
  mixed: ["Right in some, not in all", (one) => one.isMixed],
  harm: ["Harm in some, not in all", (one) => one.isHarmful],
  wrong: ["Right in none", (one) => one.isWrong],
  all: ["All", () => true],
};

// The cases that an address asks for.
export function shownCases(cases, sides, { show, counts, only, beside }) {
  const one = sides.findIndex(({ label }) => label === only), other = sides.findIndex(({ label }) => label === beside);
  if (counts && one >= 0 && other >= 0) return cases.filter((each) => countsOnly(each, sides, counts, one, other));
  return cases.filter((SHOWS[show] ?? SHOWS.different)[1]);
}

// Whether a case counts for a flag on one side and is known not to on the other.
function countsOnly({ places }, sides, flag, one, other) {
  const known = (side) => (places[side] === null ? null : sides[side].pack.cell(flag === "right" ? "correct" : flag, places[side]));
  return known(one) === true && known(other) === false;
}
