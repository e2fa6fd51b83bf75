// The palette: places to go to and actions of the page, found by a few letters.
//
// Rules kept here
// - It opens over any page with Ctrl K or Cmd K, and by its button in the bar; shut, the focus is where it was.
// - All that a page has keys for is in it. Further places are those that the page gives in `goes`.
// - Runs, cases, evidence and saved views of the experiment are loaded when the palette is first opened, from the pack.
// - A text field with a list below it, as ARIA has it: arrows choose, Enter goes, Esc shuts.
//
//     openPalette({ exp, actions: () => [...actionsOf(keys, {}), { kind: "do", name: "columns", hint: "c", act }], goes: () => [] });

import { evidencePath, experimentPath, runPath } from "../address.mjs";
import { value, valueText } from "../filter/tree.mjs";
import { api, askBytes, askJson } from "../http.mjs";
import { unpack } from "../runs/pack.mjs";
import { merged, rankable, ranked } from "./palette_ranking.mjs";
import { el, show } from "../dom.mjs";

const KINDS_SHOWN = ["do", "page", "view", "step", "experiment", "case", "evidence", "run"]; // the nearest first
const UNASKED = ["do", "page", "view", "experiment"]; // shown before a letter is typed
const PAUSE_SHOWN = 150;

let asked = null;

// What is on the server: requested once, and again after an error.
function lazily(exp) {
  asked ??= everythingToGo(exp).then(rankable).catch((error) => { asked = null; throw error; });
  return asked;
}

export function openPalette({ exp, actions, goes }) {
  if (document.querySelector("dialog[open]")) return;
  const here = rankable([...actions(), ...goes()]);
  const input = el("input.palette-input", { type: "text", role: "combobox", "aria-label": "Go to a place, or run an action", autocomplete: "off",
    spellcheck: "false", autocapitalize: "off", autofocus: true, "aria-autocomplete": "list", "aria-expanded": "true",
    "aria-controls": "palette-list", placeholder: "A run, a case, evidence, a saved view, a page or an action" });
  const list = el("ul.palette-list", { id: "palette-list", role: "listbox", "aria-label": "Places and actions" });
  const said = el("p.soft", { role: "status" }), dialog = el("dialog.palette", { "aria-label": "Go to a place, or run an action" }, input, list, said);
  let entries = here, shown = [], at = 0, note = "";

  function draw() {
    const typed = input.value.trim(), from = typed ? entries : entries.filter(({ entry }) => UNASKED.includes(entry.kind));
    const { found, shown: now } = ranked(from, typed, KINDS_SHOWN);
    [shown, at] = [now, 0];
    show(list, shown.map((one, i) => el("li", { role: "option", id: `palette-${i}`, "aria-selected": String(i === 0),
      onmousedown: (event) => event.preventDefault(), onclick: () => take(i) },
    el("span.soft.kind-word", {}, one.kind), el("bdi", {}, one.name), one.hint && el("span.soft", {}, one.hint))));
    const more = found > shown.length && `${found.toLocaleString("en")} found, the nearest ${shown.length} are shown`;
    show(said, note || (shown.length === 0 ? "Nothing has a name like this." : more || ""));
    point();
  }

  function point() {
    if (shown.length) input.setAttribute("aria-activedescendant", `palette-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function choose(next) {
    if (!shown.length) return;
    list.children[at].setAttribute("aria-selected", "false");
    at = (next + shown.length) % shown.length;
    list.children[at].setAttribute("aria-selected", "true");
    list.children[at].scrollIntoView({ block: "nearest" });
    point();
  }

  function take(i) {
    const one = shown[i];
    if (!one) return;
    dialog.close();
    if (one.act) one.act();
    else location.href = one.href;
  }

  const acts = { ArrowDown: () => choose(at + 1), ArrowUp: () => choose(at - 1), Enter: () => take(at) };
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (!acts[event.key] || event.isComposing) return;
    event.preventDefault();
    acts[event.key]();
  });
  dialog.addEventListener("close", () => dialog.remove()); // the browser has put the focus back where it was
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }); // the backdrop
  document.body.append(dialog);
  dialog.showModal();
  draw();
  const late = setTimeout(() => { note = "asking for runs, cases and evidence …"; draw(); }, PAUSE_SHOWN);
  lazily(exp).then((more) => { entries = merged(here, more); note = ""; }, (error) => { note = `Runs, cases and evidence could not be loaded: ${error.message}`; })
    .then(() => { clearTimeout(late); if (dialog.open) draw(); dialog.dataset.ready = "yes"; });
}

async function everythingToGo(exp) {
  const lines = await askJson("/api/experiments"), line = lines.find((one) => one.exp === exp);
  return [...(line ? await ofExperiment(exp, line.runs > 0) : []), { kind: "page", name: "Experiments", href: "/" }, { kind: "page", name: "Evidence", href: "/evidence" },
    { kind: "page", name: "The API", href: "/api/docs" },
    ...lines.map((line) => ({ kind: "experiment", name: line.exp, href: experimentPath(line.exp) }))];
}

async function ofExperiment(exp, hasResults) {
  const [bytes, kept] = await Promise.all([hasResults && askBytes(api(exp, "/pack")), askJson(api(exp, "/views"))]);
  const views = kept.views.map(({ name, address }) => ({ kind: "view", name, href: `${experimentPath(exp)}${address}` }));
  if (!bytes) return views;
  const { columns } = await unpack(bytes), of = (name) => columns[name]?.distinct ?? [];
  const refs = [...new Set(["cited", "served", "retrieved"].flatMap(of))].filter(Boolean);
  return [
    ...views,
    ...of("case").map((name) => ({ kind: "case", name, href: `${experimentPath(exp)}?${new URLSearchParams({ q: `case:${valueText(value(name, null, name.includes("..")))}` })}` })),
    ...refs.map((name) => ({ kind: "evidence", name, href: evidencePath(name, { exp }) })),
    ...of("run").map((name) => ({ kind: "run", name, get href() { return runPath(exp, name); } })),
  ];
}

// What a page has keys for, to be done by name. Keys that choose among options are one entry each.
export function actionsOf(keys, shownAs) {
  const found = new Map();
  for (const [key, [said, act]] of keys) {
    const isChoice = key.length === 1 && key !== key.toLowerCase() && [...keys].filter(([, other]) => other[0] === said).length > 1;
    const name = isChoice ? `${said}: ${key}` : said, known = found.get(name);
    if (known) known.hint += ` ${shownAs[key] ?? key}`;
    else found.set(name, { kind: "do", name, hint: shownAs[key] ?? key, act: () => act({}) });
  }
  return [...found.values()];
}
