// Bytes: base64, gzip and SHA-256, each by what the browser brings along.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const unbase64 = (string) =>
  (Uint8Array.fromBase64 ? Uint8Array.fromBase64(string) : Uint8Array.from(atob(string), (char) => char.charCodeAt(0)));

// With ``damaged`` it is fed in small bits, and what came out before the fault is returned instead of an error.
async function gunzip(packed, damaged = false) {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter(), reader = readable.getReader(), parts = [];
  const size = damaged ? 16 : packed.length || 1;
  async function feed() {
    for (let at = 0; at < packed.length; at += size) await writer.write(packed.subarray(at, at + size));
    await writer.close();
  }
  async function drain() {
    for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  }
  const failed = (await Promise.allSettled([feed(), drain()])).find((end) => end.status === "rejected");
  if (failed && !damaged) throw failed.reason;
  return joined(parts);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

function splitLines(bytes) {
  const lines = [];
  for (let at = 0, end; at < bytes.length; at = end + 1) {
    end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    lines.push(bytes.subarray(at, end));
  }
  return lines;
}

const hex = (bytes) => bytes.toHex?.() ?? Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const sha256 = async (bytes) => `sha256:${hex(await digest(bytes))}`;
