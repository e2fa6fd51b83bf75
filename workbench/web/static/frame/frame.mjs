// The frame of every page: where one is, whether the record can be trusted, who is signed in, the theme, and the keys.
//
// Rules kept here
// - Every page copies its address, and the command line that does the same.
// - Each key has a visible control; letters rest while one types or a dialog is open, and can be turned off.
// - The journal is checked only after the page was painted; a page that watches has it checked again (`recheck`).
//
//     const page = frame({ crumbs: [["Experiments", "/"], ["demo"]], command: () => "evitrail runs demo" });
//     page.keys({ j: ["next run", () => table.move(1)] });

import { experimentPath, parameters } from "../address.mjs";
import { button, byId, el, painted, say, show } from "../dom.mjs";
import { dialog } from "../dialog.mjs";
import { signedIn } from "../http.mjs";
import { integrityPill } from "./integrity.mjs";
import { paletteButton } from "./palette_button.mjs";

export const first = () => JSON.parse(byId("first").textContent);

export function failed(error) {
  byId("failed").hidden = false;
  byId("failed").textContent = error.message;
}

// What there is of an experiment besides its runs: name, title, the end of its address.
const PAGES = [["runs", "Runs", ""], ["compare", "Compare", "/compare"], ["attribution", "Attribution", "/attribution"],
  ["retrieval", "Retrieval", "/retrieval"], ["audit", "Audit", "/audit"]];

// `here` is the one of an experiment's pages that is shown; null where it is none of them. `goes` says where else the
// page leads, for the palette; `live` is the dot of a page that watches (live.mjs).
export function frame({ crumbs, command, exp = null, here = null, goes = () => [], live = null }) {
  const keys = new Map(), pill = exp && integrityPill(exp);
  const copies = (what, text) => async () => {
    await navigator.clipboard?.writeText(text()).then(() => say(`${what} copied`), () => say(`${what}: ${text()}`));
  };
  const copyLink = copies("the address of this page", () => location.href);
  const copyCommand = copies("the command", command);
  const part = ([name, address]) => el("li", {}, address ? el("a", { href: address }, name)
    : el("span", { "aria-current": "page" }, name));
  const palette = paletteButton(keys, SHOWN, () => ({ exp: exp ?? parameters().exp, goes: () => [...pagesOf(exp), ...goes()],
    actions: [{ kind: "do", name: "change the theme", act: () => theme.click() }] }));
  const theme = themeButton();
  show(byId("bar"),
    el("nav.crumbs", { "aria-label": "Where you are" },
      el("a.brand", { href: "/", "aria-label": "evitrail, all experiments" }, "evitrail"), el("ol", {}, crumbs.map(part))),
    exp && PAGES.length > 1 && el("nav.pages", { "aria-label": "Pages of this experiment" }, PAGES.map(([name, title, end]) =>
      el("a", { href: experimentPath(exp) + end, ...(name === here ? { "aria-current": "page" } : {}) }, title))),
    live,
    pill?.node,
    signedIn() && el("a.signed-in", { href: "/sign-in", title: "You are signed in by this name; sign in as somebody else" },
      el("span.vh", {}, "Signed in as "), el("bdi", {}, signedIn())),
    palette.node,
    button(".quiet", copyLink, "Copy link"),
    button(".quiet", copyCommand, "Copy command"),
    theme,
    button(".quiet.round", () => help(keys), "?"));
  byId("bar").lastElementChild.setAttribute("aria-label", "Keys and help");
  const add = (more) => { for (const [key, told] of Object.entries(more)) keys.set(key, told); };
  add({ "?": ["keys and help", () => help(keys)], y: ["copy the address", copyLink], Y: ["copy the command", copyCommand],
    "Ctrl K": ["go to a run, case, evidence, saved view or page", palette.open] });
  if (pill) add({ i: ["can the record be trusted?", pill.open] });
  addEventListener("keydown", (event) => pressed(event, keys));
  painted().then(() => pill?.ask());
  return { keys: add, recheck: () => pill?.recheck() };
}

const pagesOf = (exp) => (exp ? PAGES.map(([, title, end]) => ({ kind: "page", name: `${title} of ${exp}`, href: experimentPath(exp) + end })) : []);

const LETTERS = "evitrail-letters", THEME = "evitrail-theme";
const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } };

function pressed(event, keys) {
  const { target, key } = event, isLetter = key.length === 1;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]") || target.closest?.("input:not([type=checkbox]), select, textarea")) return;
  if (isLetter && key !== "?" && stored(LETTERS) === "off") return;
  if (key === "Enter" && target.closest?.("a, button, summary")) return; // it does what it says
  const told = keys.get(key);
  if (!told || told[1](event) === false) return;
  event.preventDefault();
}

const SHOWN = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space" };

function help(keys) {
  const rows = new Map();
  for (const [key, [said]] of keys) rows.set(said, [...(rows.get(said) ?? []), SHOWN[key] ?? key]);
  const off = el("input", { type: "checkbox", checked: stored(LETTERS) === "off" });
  off.addEventListener("change", () => store(LETTERS, off.checked ? "off" : "on"));
  dialog("Keys", el("dl.keys", {}, [...rows].map(([said, names]) =>
    el("div", {}, el("dt", {}, names.map((name) => [el("kbd", {}, name), " "])), el("dd", {}, said)))),
  el("p", {}, el("label.check", {}, off, " Turn off keys that are letters")),
  el("p.soft", {}, "Everything can also be reached with Tab and Enter."));
}

const THEMES = { system: "◐", light: "☀", dark: "☾" };

function themeButton() {
  const names = Object.keys(THEMES), node = button(".quiet.round", () => set(names[(names.indexOf(now) + 1) % 3]));
  let now = names.includes(stored(THEME)) ? stored(THEME) : "system";
  function set(theme) {
    now = theme;
    store(THEME, theme);
    draw();
  }
  function draw() {
    if (now === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = now;
    node.textContent = THEMES[now];
    node.setAttribute("aria-label", `Theme: ${now}`);
    node.title = `Theme: ${now}`;
  }
  draw();
  return node;
}
