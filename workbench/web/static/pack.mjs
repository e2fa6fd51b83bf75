// The column pack, opened: all runs of an experiment as typed arrays (its form stands in workbench/api).
//
// Rules kept here
// - Arrays are views of the unpacked bytes; nothing is copied. Numbers are little-endian, as all browsers' machines are.
// - A form of another number is refused.
//
//     const columns = await openPack(new Uint8Array(await response.arrayBuffer()));

import { Columns } from "./filter/columns.mjs";

const PACK_FORM = 1;
const PACK_WORD = 8; // bytes that every array begins at a multiple of
const ARRAYS = { Int8: Int8Array, Int16: Int16Array, Int32: Int32Array, Uint8: Uint8Array, Uint16: Uint16Array,
  Uint32: Uint32Array, Float32: Float32Array, Float64: Float64Array };
const ARRAY_FIELDS = ["codes", "ends", "known", "values"];

// Packed or not: a browser unpacks what the server marks as packed by itself.
export async function openPack(bytes) {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const stream = () => new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return packColumns(isPacked ? await new Response(stream()).arrayBuffer() : aligned(bytes));
}

function packColumns(buffer) {
  const length = new DataView(buffer).getUint32(0, true), start = 4 + length;
  const { format, n, columns } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (format !== PACK_FORM) throw new Error(`expected a pack of form ${PACK_FORM}, got form ${format}`);
  const arrayAt = ({ at, type, length: many }) => new ARRAYS[type](buffer, start + at, many);
  const opened = Object.entries(columns).map(([name, column]) => {
    const fields = Object.entries(column).map(([key, field]) => [key, ARRAY_FIELDS.includes(key) ? arrayAt(field) : field]);
    return [name, Object.fromEntries(fields)];
  });
  return new Columns(n, Object.fromEntries(opened));
}

// The bytes as a buffer that begins where they do.
const aligned = (bytes) => (bytes.byteOffset % PACK_WORD === 0 && bytes.byteLength === bytes.buffer.byteLength
  ? bytes.buffer : bytes.slice().buffer);
