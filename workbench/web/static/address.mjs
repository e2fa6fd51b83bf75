// The address is the state: what a page shows is read from it, and what changes is written to it.
//
// Rules kept here
// - A walk (typing, j and k) replaces the entry of the history, a leap adds one.
// - A parameter that says nothing is left out, so one state has one address.
// - RUN is the last part of a path and may hold any character.
//
//     leap({ q: "wrong" }); walk({ row: null });

export const parameters = () => Object.fromEntries(new URLSearchParams(location.search));

export const walk = (changes) => history.replaceState(null, "", changed(changes));
export const leap = (changes) => {
  const next = changed(changes);
  if (next !== location.pathname + location.search) history.pushState(null, "", next);
};

// The address with some parameters changed; null, "" and undefined leave one out.
export function changed(changes, path = location.pathname) {
  const kept = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") kept.delete(name);
    else kept.set(name, value);
  }
  return withParameters(path, kept);
}

export function withParameters(path, given) {
  const said = new URLSearchParams(given).toString();
  return said ? `${path}?${said}` : path;
}

// What is said of these parameters.
export const known = (given) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== ""));

export const experimentPath = (exp) => `/e/${encodeURIComponent(exp)}`;

const DOTS = /(^|\/)\.\.?(\/|$)/; // parts of a path that a browser would resolve

export const runPath = (exp, run, given = {}) => {
  const coded = encodeURIComponent(run), name = DOTS.test(run) ? coded : coded.replaceAll("%2F", "/");
  return withParameters(`${experimentPath(exp)}/runs/${name}`, known(given));
};

// Two runs; where one is left out, the server finds what it is compared with.
export const diffPath = (exp, { a, b, step }) => withParameters(`${experimentPath(exp)}/diff`, known({ a, b, step }));

// A query that retrievers are compared by, on a day and as known at a ledger number.
export const retrievalPath = (exp, { q, asof, seq }) => withParameters(`${experimentPath(exp)}/retrieval`, known({ q, asof, seq }));

// The page of a version (id@version) or of a lineage.
export function evidencePath(ref, given = {}) {
  const [id, ...version] = ref.split("@");
  return withParameters(`/evidence/${encodeURIComponent(id)}`, known({ v: version.join("@"), ...given }));
}
