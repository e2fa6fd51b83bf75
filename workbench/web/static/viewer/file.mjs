// What this file holds: an index, and chunks of records and blobs that are decoded when something in them is shown.
// A record is found by its number, a blob by the first digits of its name.

import { unpack } from "../runs/pack.mjs";
import { decoder, gunzip, short, splitLines, unbase64 } from "../bytes.mjs";
import { byId } from "../dom.mjs";

const KEPT = 12; // chunks that stay decoded
export const ABSENT = {
  withheld: "patient data, not in this file",
  redacted: "patient data, redacted: it was dropped from the journal on record",
  damaged: "not in this file: it was missing or damaged in the journal",
};
export const linkTo = (run, step, more = {}) => `#${new URLSearchParams({ run, ...(step && { step }), ...more })}`;
const packed = (id) => unbase64(byId(id)?.textContent ?? "");

// The blobs that a record's body names, in these fields and as inputs.
export const namedIn = (fields) => ({ inputs, ...body }) =>
  [...fields.map((field) => body[field]), ...(Array.isArray(inputs) ? inputs : []).map((input) => input.id)]
    .filter((name) => typeof name === "string" && name);

export async function openFile() {
  const index = JSON.parse(decoder.decode(await gunzip(packed("index")))), pack = await unpack(packed("pack"));
  const runs = new Map(index.runs.map((run) => [run.run, run]));
  const places = new Map(), kept = new Map();
  for (const [chunk, { names, sizes }] of index.blobs.entries()) {
    let start = 0;
    for (const [i, size] of sizes.entries()) {
      places.set(names.slice(16 * i, 16 * i + 16), { chunk, start, end: start + size });
      start += size;
    }
  }

  function chunk(id, read) {
    const found = kept.get(id) ?? gunzip(packed(id)).then(read);
    kept.delete(id);
    kept.set(id, found); // a Map remembers the order: the one not asked for longest goes first
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return found;
  }

  // One record: its bytes as they were hashed, and what they say.
  async function record(run, seq) {
    const number = run.start + seq;
    const lines = await chunk(`records-${Math.floor(number / index.chunk)}`, splitLines);
    const bytes = lines[number % index.chunk];
    return { bytes, line: JSON.parse(decoder.decode(bytes)) };
  }

  // One blob: its type and value, or why it is not here.
  async function blob(name) {
    const place = places.get(short(name));
    if (!place) return { absent: ABSENT[index.absent[name]] ?? ABSENT.damaged };
    const bytes = await chunk(`blobs-${place.chunk}`, (whole) => whole);
    const text = decoder.decode(bytes.subarray(place.start, place.end)), end = text.indexOf("\n");
    return { type: text.slice(0, end), text: text.slice(end + 1), value: JSON.parse(text.slice(end + 1)) };
  }

  const value = async (name) => (name ? (await blob(name)).value : undefined);
  return {
    index, pack, runs, record, blob, value, named: namedIn(index.blob_fields), linkTo, has: (name) => places.has(short(name)),
  };
}
