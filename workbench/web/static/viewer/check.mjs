// Can this file be trusted? Two verdicts: integrity (nothing here was altered) and completeness (nothing is gone).
//   hash of a record = SHA-256(hash of the record before it || the record's bytes); the first follows its run's name.
//   name of a blob   = SHA-256(its bytes).
//   A seal holds the last hash of every run, under one Merkle root (RFC 9162, section 2.1).
// The index tells the first digits of each hash, only so that the record that was altered can be named.

import { decoder, digest, encoder, gunzip, hex, joined, PATIENT, sha256, short, splitLines, unbase64 }
  from "../bytes.mjs";
import { byId, count, rested } from "../dom.mjs";

export async function check(file) {
  const found = { integrity: [], completeness: [], unknown: [], records: 0, blobs: 0, keyed: 0, absent: 0 };
  const chains = await checkRecords(file, found);
  const seals = await checkBlobs(file, found, chains);
  await checkSeals(file, found, chains, seals);
  for (const [run, { ended }] of chains)
    if (run !== file.index.seal && !ended) found.completeness.push({ text: `run ${quoted(run)} was not finished` });
  return found;
}

const quoted = (name) => `“${name}”`;
const pathOf = (body) => (typeof body?.path === "string" ? body.path : "");
const broken = ({ run }, seq, text, path) =>
  ({ run, seq, text: `run ${quoted(run)} record ${seq}${path ? ` (${path})` : ""}: ${text}` });

async function checkRecords(file, found) {
  const { index } = file, chains = new Map();
  let number = -1, records = [], damaged = null;
  for (const run of index.runs) {
    const chain = { run, hashes: new Set(), ended: false, needs: new Map(), ends: [] };
    const rows = new Map(run.rows.map((row) => [row[0], row]));
    let before = await sha256(encoder.encode(run.run)), lost = false;
    chains.set(run.run, chain);
    for (let seq = 0; seq < run.count; seq += 1) {
      const at = run.start + seq;
      if (Math.floor(at / index.chunk) !== number) {
        number = Math.floor(at / index.chunk);
        const chunk = await unpackChunk(`records-${number}`);
        if (chunk.damaged) damaged ??= number;
        records = await Promise.all(splitLines(chunk.bytes).map(readRecord));
      }
      const record = records[at % index.chunk];
      found.records += 1;
      if (!record) {
        if (!lost) found.integrity.push(broken(run, seq, "cannot be unpacked, or is not here"));
        [lost, before] = [true, null];
        continue;
      }
      const wrong = judged(record, run, seq, before, rows.get(seq));
      if (wrong) found.integrity.push(broken(run, seq, wrong, pathOf(record.line?.body)));
      before = wrong ? null : record.hash; // a fault is not compared with the record after it
      chain.hashes.add(record.hash);
      noted(file, chain, seq, record.line);
    }
    if (before && before !== run.head) found.integrity.push(broken(run, run.count - 1, "is not where this run ended"));
  }
  if (damaged !== null && !found.integrity.length)
    found.integrity.push({ text: `chunk ${damaged} of the records was altered, though no record in it` });
  return chains;
}

async function unpackChunk(id) {
  await rested();
  const text = byId(id)?.textContent ?? "";
  try {
    return { bytes: await gunzip(unbase64(text)) };
  } catch {
    return { bytes: await gunzip(unbase64(text.replace(/[^A-Za-z0-9+/=]/g, "A")), true), damaged: true };
  }
}

// A record is hashed after the hash that it states itself; whether that one is right is the next question.
async function readRecord(bytes) {
  let line = null;
  try { line = JSON.parse(decoder.decode(bytes)); } catch { /* judged says so */ }
  return { line, hash: await sha256(joined([encoder.encode(line?.prev ?? ""), bytes])) };
}

function judged({ line, hash }, run, seq, before, row) {
  if (!line) return "its text cannot be read";
  if (hash.slice(7, 15) !== run.hashes.slice(8 * seq, 8 * seq + 8)) return "its bytes are not those that were hashed";
  if (before && line.prev !== before) return "does not link to the record before it";
  if (line.run !== run.run || line.seq !== seq) return `says that it is record ${line.seq} of run ${quoted(line.run)}`;
  const isListed = !row || (row[2] === line.type && row[3] === pathOf(line.body));
  if (!isListed) return "is listed as something that it is not";
  return null;
}

// What the later checks need of a record.
function noted(file, chain, seq, line) {
  if (!line?.body) return;
  const again = chain.ended && line.type === "run.end"; // the first end of a run counts
  chain.ended ||= line.type === "run.end";
  if (["run.begin", "run.end", "checkpoint"].includes(line.type) && !again) chain.ends.push({ seq, ...line });
  for (const name of file.named(line.body)) if (!chain.needs.has(name)) chain.needs.set(name, seq);
}

async function checkBlobs(file, found, chains) {
  const present = new Set(), wanted = new Map(), seals = [];
  const places = new Map(Array.from({ length: file.pack.n }, (_, place) => [file.pack.cell("run", place), place]));
  const isUnknown = (place) => file.pack.cell("case", place) === null;
  for (const { run, ends } of chains.values()) for (const { seq, type, body } of ends) {
    const listed = (field, value) => {
      const place = places.get(run.run), told = place === undefined || isUnknown(place) ? undefined : file.pack.cell(field, place);
      if (told !== undefined && value !== undefined && told !== value)
        found.integrity.push(broken(run, seq, `the list of runs gives another letter as ${field}`));
    };
    if (type === "run.begin") wanted.set(body.config, (value) => listed("answer", value.case?.answer));
    if (type === "run.end") wanted.set(body.output, (value) => listed("chosen", value.option));
    if (type === "checkpoint") wanted.set(body.heads, ({ heads }) => seals.push({ seq, root: body.root, heads }));
  }
  for (const [number, { names, sizes }] of file.index.blobs.entries()) {
    const { bytes } = await unpackChunk(`blobs-${number}`);
    let at = 0;
    const pieces = sizes.map((size) => bytes.subarray(at, (at += size)));
    const hashes = await Promise.all(pieces.map(sha256));
    for (const [i, name] of hashes.entries()) {
      if (short(name) !== names.slice(16 * i, 16 * i + 16)) continue;
      present.add(name);
      if (wanted.has(name)) wanted.get(name)(JSON.parse(decoder.decode(pieces[i].subarray(pieces[i].indexOf(10)))));
    }
    found.blobs += sizes.length;
  }
  const seen = new Set();
  for (const { run, needs } of chains.values()) for (const [name, seq] of needs) {
    if (present.has(name) || seen.has(name)) continue;
    seen.add(name);
    if (name.startsWith(PATIENT)) found[file.has(name) ? "keyed" : "absent"] += 1;
    else found.integrity.push(broken(run, seq, `blob ${name} ${file.has(name) ? "was altered" : "is missing"}`));
  }
  return seals.sort((a, b) => a.seq - b.seq);
}

// Every run that was ever sealed is here and reaches so far, or was left out when this file was made.
async function checkSeals({ index }, found, chains, seals) {
  const leftOut = new Set(index.left_out), gone = new Set();
  if (!seals.length) {
    const why = index.seal ? "The seal cannot be read" : "The journal was not sealed";
    found.unknown.push({ text: `${why}: runs that are gone cannot be told.` });
    return;
  }
  for (const { seq, root, heads } of seals) {
    if ((await merkleRoot(heads)) !== root) gone.add(`the seal in record ${seq} does not match its own root`);
    for (const [run, head] of Object.entries(heads)) {
      const chain = chains.get(run);
      if (!chain && !leftOut.has(run)) gone.add(`run ${quoted(run)} was sealed and is gone`);
      if (chain && !chain.hashes.has(head))
        gone.add(`run ${quoted(run)} does not reach the record it was sealed at; its tail was cut`);
    }
  }
  const { root, heads } = seals.at(-1);
  const newer = [...chains.keys()].filter((run) => run !== index.seal && !(run in heads)).length;
  if (newer) found.unknown.push({ text: `${count(newer, "run")} came after the seal: what they lost cannot be told.` });
  found.completeness.push(...Array.from(gone, (text) => ({ text })));
  Object.assign(found, { root, sealed: Object.keys(heads).length });
}

async function merkleRoot(heads) {
  const key = (run) => String.fromCharCode(...encoder.encode(run)); // UTF-8 sorts as code points do
  const sorted = Object.keys(heads).map((run) => [key(run), run]).sort(([a], [b]) => (a < b ? -1 : 1));
  const leaf = ([, run]) => digest(joined([[0], encoder.encode(`${run}\n${heads[run]}`)]));
  let level = await Promise.all(sorted.map(leaf));
  if (!level.length) return sha256(new Uint8Array());
  while (level.length > 1) {
    const pairs = level.flatMap((_, i) => (i % 2 ? [] : [level.slice(i, i + 2)]));
    level = await Promise.all(pairs.map((two) => (two.length === 2 ? digest(joined([[1], ...two])) : two[0])));
  }
  return `sha256:${hex(level[0])}`;
}
