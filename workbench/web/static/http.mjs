// Requests to the server: JSON or bytes, or a fault in one line; and requests that write.

export class Fault extends Error {
  constructor(said, { status = 0, at = null } = {}) {
    super(said);
    this.status = status;
    this.at = at; // the character of a query, counted from 1
  }
}

export const api = (exp, rest = "", given = {}) => {
  const known = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const said = new URLSearchParams(Object.fromEntries(known)).toString();
  return `/api/experiments/${encodeURIComponent(exp)}${rest}${said && `?${said}`}`;
};

export async function askJson(address, signal) { return (await asked(address, signal)).json(); }
// Whether the server accepts writes; with `evitrail serve --read-only` it does not, and its pages offer no action.
export const mayWrite = () => !document.querySelector('meta[name="evitrail-read-only"]');
// Who is signed in, where each person has a token of their own (`evitrail serve --people`); empty elsewhere.
export const signedIn = () => document.querySelector('meta[name="evitrail-signed-in"]')?.content ?? "";

// `mode` stays as it is: a request of mode "same-origin" would be sent with `Origin: null` under no-referrer.
export async function postJson(address, body, signal) {
  const headers = { "Content-Type": "application/json", "X-Evitrail": "write" };
  return (await asked(address, signal, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

export async function askBytes(address, signal) { return new Uint8Array(await (await asked(address, signal)).arrayBuffer()); }

async function asked(address, signal, more = {}) {
  let answer;
  try {
    answer = await fetch(address, { signal, credentials: "same-origin", ...more });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault("the server does not answer; is `evitrail serve` still running?");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) location.reload(); // the server was started anew: sign in again
  const said = await answer.json().catch(() => ({}));
  throw new Fault(said.fault ?? `the server answered ${answer.status}`, { status: answer.status, at: said.at ?? null });
}
