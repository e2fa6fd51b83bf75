// Where evidence is shown: its addresses, and the controls that every page of evidence has.
//
// Rules kept here
// - The day in the world (`asof`) and the ledger number (`seq`) are two controls, and never one.
// - What is asked is a new address, so the history leads back to what was asked before.

import { known, parameters, withParameters } from "../address.mjs";
import { button, el } from "../dom.mjs";

export const searchPath = (given = {}) => withParameters("/evidence", known(given));
export const evidenceApi = (id, rest = "", given = {}) => withParameters(`/api/evidence/${encodeURIComponent(id)}${rest}`, known(given));

// Of a page, what leads on to the next: which store, which day, which number.
export const asked = () => {
  const { exp, asof, seq } = parameters();
  return { exp, asof, seq };
};

// The day and the ledger number, to stand in a form: a day that is being typed is many days. `told()` is what was typed.
export function whenControls(store, go) {
  const { asof = "", seq = "" } = parameters();
  const day = el("input", { type: "date", id: "asof", value: asof }), number = el("input.seq", { type: "number", id: "seq", min: "0",
    max: store ? String(store.seq) : null, value: seq, placeholder: store ? String(store.seq) : "" });
  const told = () => ({ asof: day.value, seq: number.value });
  const clears = (name, words) => button(".link", () => go({ ...told(), [name]: "" }), words);
  const then = store && store.seen !== null && store.seen !== undefined && String(store.seen) !== seq && store.seen !== store.seq;
  return { told, node: el("span.when", {},
    el("label", {}, "on the day ", day), asof && clears("asof", "no day: what holds now"),
    el("label", {}, "as known at event ", number), seq && clears("seq", "all that is known now"),
    then && button(".link", () => go({ ...told(), seq: String(store.seen) }), `as the experiment saw it (${store.seen})`)) };
}

// Which store, where several are served; each goes by an experiment that was run on it.
export function storePicker(stores, store, go) {
  const there = stores.filter(({ name }) => name);
  if (there.length < 2) return null;
  const node = el("select.plain-select", { "aria-label": "The store of which experiment", id: "exp" },
    !store && el("option", { value: "" }, "choose a store"),
    there.map(({ exp, name }) => el("option", { value: exp, selected: exp === store?.exp }, `${name} of ${exp}`)));
  node.addEventListener("change", () => go({ exp: node.value }));
  return el("label", {}, "store ", node);
}

// Why no store is shown, and where to go.
export function noStore(stores) {
  const there = stores.filter(({ name }) => name), lacking = stores.filter((one) => one.lacking);
  return [
    there.length > 0 && el("ul.choices", {}, there.map(({ exp, name }) =>
      el("li", {}, el("a", { href: withParameters(location.pathname, known({ ...parameters(), exp })) }, `${name}, on which ${exp} was run`)))),
    lacking.map(({ exp, lacking: why }) => el("p.soft", {}, el("b", {}, exp), `: ${why}`)),
    !stores.length && el("p.empty", {}, "No experiment is here. ", el("code", {}, "evitrail demo"), " makes one with its store."),
  ];
}
