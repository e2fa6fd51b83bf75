// Bytes: base64, gzip and SHA-256, each by what the browser brings along.

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

export const unbase64 = (string) =>
  (Uint8Array.fromBase64 ? Uint8Array.fromBase64(string) : Uint8Array.from(atob(string), (char) => char.charCodeAt(0)));

// With ``damaged`` it is fed in small bits, and what came out before the fault is returned instead of an error.
export async function gunzip(packed, damaged = false) {
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

export function joined(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

export function splitLines(bytes) {
  const lines = [];
  for (let at = 0, end; at < bytes.length; at = end + 1) {
    end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    lines.push(bytes.subarray(at, end));
  }
  return lines;
}

export const PATIENT = "hmac-sha256:"; // how names of patient data begin
export const short = (name) => name.slice(name.lastIndexOf(":") + 1).slice(0, 16);
export const hex = (bytes) => bytes.toHex?.() ?? Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
export const sha256 = async (bytes) => `sha256:${hex(await digest(bytes))}`;
