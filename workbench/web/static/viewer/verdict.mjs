// The verdict on the record, in words: what was checked, what was found, and what no check in this file can tell.

import { check } from "./check.mjs";
import { byId, count, el, fold, parted, say, show } from "../dom.mjs";
import { linkTo } from "./file.mjs";

export async function verdict(file) {
  const began = performance.now(), chip = byId("verdict");
  let found;
  try {
    if (!globalThis.crypto?.subtle) throw new Error("this browser gives no SHA-256 to a page that is opened this way");
    found = await check(file);
  } catch (error) {
    found = { integrity: [], completeness: [], unknown: [], failed: error.message };
  }
  const sound = !found.integrity.length, whole = !found.completeness.length, known = !found.unknown.length;
  const kind = !sound || !whole ? "broken" : found.failed || !known ? "unknown" : "sound";
  const gone = !whole ? "✗ INCOMPLETE" : known ? "✓ nothing gone" : "? completeness not known";
  chip.className = kind;
  chip.textContent = found.failed ? "not checked" : `${sound ? "✓ nothing altered" : "✗ ALTERED"} · ${gone}`;
  chip.dataset.milliseconds = Math.round(performance.now() - began);
  say(chip.textContent);
  show(byId("verdict-panel"),
    el("h2", { id: "verdict-title" }, "Can this record be trusted?"),
    found.failed ? el("p.failure", {}, `It could not be checked here: ${found.failed}.`)
      : [integritySection(file, found, sound), completenessSection(file, found, whole, known)],
    limitsSection(found),
    el("form", { method: "dialog" }, el("button", {}, "Close")));
}

// Faults, the first ones first; each leads to the record that it names.
function faultList(faults) {
  const leave = () => byId("verdict-panel").close();
  const link = ({ run, seq, text }) => (run ? el("a", { href: linkTo(run, `@${seq}`), onclick: leave }, text) : text);
  return parted(faults, 20, (one) => el("li", {}, link(one)), el("ul.faults"));
}

function integritySection({ index, runs }, found, sound) {
  const held = runs.size - (index.seal ? 1 : 0), bodies = found.blobs - found.keyed;
  const left = found.absent === 1 ? "is not in this file" : "are not in this file";
  return el("section", { class: sound ? "sound" : "broken" },
    el("h3", {}, `Integrity: ${sound ? "nothing" : "something"} here was altered`),
    sound && el("p", {}, `${count(found.records, "record")} and ${count(bodies, "body", "bodies")} of `
      + `${count(held, "run")} are, byte for byte, what was hashed when they were written.`),
    !sound && el("p", {}, "The first fault: ", el("b", { id: "first-fault" }, found.integrity[0].text), "."),
    !sound && faultList(found.integrity),
    found.keyed > 0 && el("p", {}, `${count(found.keyed, "body", "bodies")} with patient data cannot be checked here: `
      + "only the journal has the key."),
    found.absent > 0 && el("p", {}, `${count(found.absent, "body", "bodies")} with patient data ${left}.`));
}

function completenessSection({ index }, found, whole, known) {
  const left = index.left_out, name = (run) => el("li", {}, el("code", {}, run));
  const heading = !whole ? "something is gone" : known ? "nothing of these runs is gone" : "cannot be told for all";
  return el("section", { class: !whole ? "broken" : known ? "sound" : "unknown" },
    el("h3", {}, `Completeness: ${heading}`),
    whole && found.sealed !== undefined && el("p", {}, "Every run here reaches the record it was sealed at. "
      + `The seal names ${count(found.sealed, "run")}.`),
    faultList([...found.completeness, ...found.unknown]),
    left.length > 0 && fold(`${count(left.length, "run")} of the journal left out when this file was made`,
      () => parted(left, 200, name, el("ul.plain"))));
}

function limitsSection({ root }) {
  const told = el("output");
  const compare = ({ target: { value } }) => {
    told.textContent = value.trim() && (value.trim() === root ? "It is the same." : "It is NOT the same.");
  };
  return el("section", {}, el("h3", {}, "Not covered"),
    el("p", {}, "Whether what was recorded is true. And whoever can rewrite this whole file can rewrite its check too: "
      + "compare the root with one that was kept elsewhere, such as in a report, or check the journal itself with ",
    el("code", {}, "evitrail trace verify"), "."),
    root && [el("p", {}, el("code", { id: "root" }, root)),
      el("label", {}, "A root that you kept ", el("input", { type: "text", oninput: compare })), " ", told]);
}
