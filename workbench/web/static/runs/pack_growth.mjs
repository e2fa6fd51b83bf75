// A column pack that takes more runs: rows are added behind those it has, so a run's place stays what it was.
//
// Rules kept here
// - A pack is changed in place: all that use it see the new rows. Its arrays are replaced.
// - A column that one side does not have is unknown for its rows.
// - A run that is in it already is not added again. A pack that has grown is not in the order of names any more.
//
//     addRows(pack, [{ columns, isNew }]);
//     becomes(pack, await unpack(bytes));

// Whether a run is in the pack; built again when the pack has changed.
const NAMES = new WeakMap();

export function holdsRun(pack, name) {
  if (!pack.columns.run) return false;
  if (!NAMES.has(pack.columns)) NAMES.set(pack.columns, new Set(pack.columns.run.distinct));
  return NAMES.get(pack.columns).has(name);
}

export function becomes(pack, other) {
  [pack.n, pack.columns, pack.isGrown] = [other.n, other.columns, other.isGrown];
}

export function addRows(pack, pages) {
  for (const { columns, isNew } of pages) {
    const kept = [...isNew.keys()].filter((i) => isNew[i] && !holdsRun(pack, columns.run.distinct[columns.run.codes[i]]));
    if (!kept.length) continue;
    const before = pack.n, all = {};
    for (const name of new Set([...Object.keys(pack.columns), ...Object.keys(columns)])) {
      const one = pack.columns[name], other = columns[name], kind = (one ?? other).kind;
      all[name] = { kind, ...JOINED[kind](one, other, before, kept) };
    }
    becomes(pack, { n: before + kept.length, columns: all, isGrown: true });
  }
}

const JOINED = {
  names: (one, other, before, kept) => {
    const { distinct, recode } = merged(one, other);
    const codes = sized(Int32Array, one?.codes, before, kept, -1, (i) => recode(other, other.codes[i]));
    return { distinct, codes };
  },
  flag: (one, other, before, kept) => ({ values: sized(Uint8Array, one?.values, before, kept, 2, (i) => other?.values[i] ?? 2) }),
  number: (one, other, before, kept) =>
    ({ values: sized(Float64Array, one?.values, before, kept, NaN, (i) => other?.values[i] ?? NaN) }),
  lists: (one, other, before, kept) => {
    const { distinct, recode } = merged(one, other);
    const ends = sized(Uint32Array, one?.ends, before, [], 0), known = sized(Uint8Array, one?.known, before, kept, 0,
      (i) => other?.known[i] ?? 0);
    const codes = Array.from(one?.codes.subarray(0, before ? ends[before - 1] : 0) ?? []), behind = Array.from(ends);
    for (const i of kept) {
      if (other) for (let at = i ? other.ends[i - 1] : 0; at < other.ends[i]; at += 1) codes.push(recode(other, other.codes[at]));
      behind.push(codes.length);
    }
    return { distinct, codes: Int32Array.from(codes), ends: Uint32Array.from(behind), known };
  },
};

// The names of both sides, and where a name of the other side stands among them.
function merged(one, other) {
  const distinct = [...one?.distinct ?? []], places = new Map(distinct.map((name, place) => [name, place]));
  for (const name of other?.distinct ?? []) {
    if (!places.has(name)) { places.set(name, distinct.length); distinct.push(name); }
  }
  return { distinct, recode: (side, code) => (code < 0 ? -1 : places.get(side.distinct[code])) };
}

// What there was, or unknown, and behind it a value for each row that is added.
function sized(Kind, values, before, kept, unknown, valueOf = () => unknown) {
  const all = new Kind(before + kept.length).fill(unknown);
  if (values) all.set(values.subarray(0, before));
  kept.forEach((i, place) => { all[before + place] = valueOf(i); });
  return all;
}
