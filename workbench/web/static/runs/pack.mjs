// The column pack: all runs of an experiment as typed arrays; its form is told in workbench/api/runs/pack.py.
//
// Rules kept here
// - Unknown is null, never false, 0 or an empty list.
// - A run's place is its number in the order of names, the same as on the server.
//
//     const pack = await unpack(bytes);
//     pack.cell("cited", 3)            // ["sepsis@2016"]

import { gunzip } from "../bytes.mjs";

const TYPES = { Int8: Int8Array, Int16: Int16Array, Int32: Int32Array, Uint8: Uint8Array, Uint32: Uint32Array,
  Float64: Float64Array };
const UNKNOWN_FLAG = 2;

export async function unpack(bytes) {
  const whole = await gunzip(bytes), length = new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
  const { n, columns: told } = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length)));
  const start = whole.byteOffset + 4 + length, columns = {};
  const array = ({ at, type, length: size }) => new TYPES[type](whole.buffer, start + at, size);
  for (const [name, column] of Object.entries(told)) {
    columns[name] = { ...column };
    for (const part of ["codes", "ends", "known", "values"]) if (column[part]) columns[name][part] = array(column[part]);
  }
  return packOf(n, columns);
}

// A pack of these columns; `pack_growth.mjs` gives it others.
export function packOf(n, columns) {
  const pack = { n, columns, isGrown: false };
  pack.has = (name) => Object.hasOwn(pack.columns, name);
  pack.cell = (name, row) => (pack.has(name) ? READ[pack.columns[name].kind](pack.columns[name], row) : null);
  return pack;
}

const READ = {
  names: ({ distinct, codes }, row) => (codes[row] < 0 ? null : distinct[codes[row]]),
  flag: ({ values }, row) => (values[row] === UNKNOWN_FLAG ? null : values[row] === 1),
  number: ({ values }, row) => (Number.isNaN(values[row]) ? null : values[row]),
  lists: ({ distinct, codes, ends, known }, row) => {
    if (!known[row]) return null;
    return Array.from(codes.subarray(row ? ends[row - 1] : 0, ends[row]), (code) => (code < 0 ? null : distinct[code]));
  },
};

// "-confidence" is from the highest to the lowest.
export function readSort(said) {
  const descending = said?.startsWith("-") ?? false;
  return { field: (descending ? said.slice(1) : said) || "run", descending };
}

export const sortText = ({ field, descending }) => (field === "run" && !descending ? "" : (descending ? "-" : "") + field);

// By what runs are sorted: a number each, NaN where it is unknown. Names are ranked once, not compared row by row.
function ranks(pack, field) {
  const { columns } = pack, sum = (...names) => {
    const parts = names.map((name) => columns[name]?.values);
    return Float64Array.from({ length: pack.n }, (_, row) => parts.reduce((total, part) => total + (part?.[row] ?? NaN), 0));
  };
  if (field === "outcome") return Float64Array.from({ length: pack.n }, (_, row) => gravity(pack, row));
  if (field === "tokens") return sum("prompt_tokens", "completion_tokens");
  const column = columns[{ type: "question_type" }[field] ?? field];
  if (!column) return new Float64Array(pack.n).fill(NaN);
  if (column.kind === "number") return column.values;
  const order = column.distinct.map((name, code) => [name, code]).sort(([a], [b]) => (a < b ? -1 : 1));
  const rank = new Float64Array(column.distinct.length);
  order.forEach(([, code], place) => { rank[code] = place; });
  return Float64Array.from(column.codes, (code) => (code < 0 ? NaN : rank[code]));
}

const AGAINST = ["stale", "overconfident", "contradicts", "unsafe", "high_risk"]; // the gravest last

// 0 right, 1 abstained, 2 wrong, and more the graver what is known against it; NaN where no outcome is known.
export function gravity(pack, row) {
  if (pack.cell("correct", row) === null && pack.cell("abstained", row) === null) return NaN;
  if (pack.cell("correct", row)) return 0;
  if (pack.cell("abstained", row)) return 1;
  return 3 + AGAINST.findLastIndex((flag) => pack.cell(flag, row));
}

// These places by a field; ties by name, and what is unknown stands last either way.
export function sorted(pack, places, { field, descending }) {
  if (field === "run" && !pack.isGrown) return descending ? places.toReversed() : places;
  const order = orderOf(pack, field, descending);
  if (places.length === pack.n) return order;
  const isMeant = new Uint8Array(pack.n);
  for (const place of places) isMeant[place] = 1;
  return order.filter((place) => isMeant[place]);
}

// All runs in an order: worked out once, so that a filter only picks from it. The last one asked for is kept.
const ORDERS = new WeakMap();

function orderOf(pack, field, descending) {
  const kept = ORDERS.get(pack.columns);
  if (kept?.field === field && kept.descending === descending) return kept.order;
  const by = ranks(pack, field), sign = descending ? -1 : 1;
  const key = by.map((rank) => (Number.isNaN(rank) ? Infinity : sign * rank));
  const order = Uint32Array.from({ length: pack.n }, (_, place) => place).sort((a, b) => key[a] - key[b] || a - b);
  ORDERS.set(pack.columns, { field, descending, order });
  return order;
}
