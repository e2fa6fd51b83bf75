// Can the record be trusted? One pill in the bar, and behind it what was checked, what was found, what no check tells.

import { api, askJson } from "../http.mjs";
import { button, count, el, say } from "../dom.mjs";
import { dialog } from "../dialog.mjs";

const WORDS = {
  sound: ["sound", "✓ sound"], altered: ["broken", "✗ altered"], incomplete: ["broken", "✗ incomplete"],
  added: ["broken", "✗ added to"], none: ["unknown", "no journal"],
};
const KINDS = [["altered", "Altered"], ["gone", "Gone"], ["added", "Added against the rules"]];

export function integrityPill(exp) {
  const node = button(".pill", open, "checking the record …");
  node.setAttribute("aria-haspopup", "dialog");
  let found = null;

  async function ask() {
    try {
      found = await askJson(api(exp, "/integrity"));
      const [kind, words] = WORDS[found.verdict];
      node.className = `pill ${kind}`;
      node.textContent = found.newer && found.verdict === "sound" ? `${words} · ${count(found.newer, "run")} not sealed` : words;
    } catch (error) {
      node.className = "pill unknown";
      node.textContent = "not checked";
      found = { fault: error.message };
    }
    node.dataset.done = "yes";
    say(`record: ${node.textContent}`);
  }

  function open() { dialog("Can this record be trusted?", told(found)); }
  return { node, ask, open };
}

function told(found) {
  if (!found) return el("p", {}, "It is still being checked.");
  if (found.fault) return el("p.failure", {}, `It could not be checked: ${found.fault}`);
  if (found.verdict === "none") return el("p", {}, "There is no journal here: these are results without a record.");
  const faults = KINDS.filter(([kind]) => found[kind].length).map(([kind, title]) =>
    [el("h3", {}, title), el("ul.faults", {}, found[kind].map((fault) => el("li", {}, fault)))]);
  return [
    el("p", {}, found.verdict === "sound" ? `Every record and body of ${count(found.runs, "run")} is what was hashed when it `
      + "was written, and nothing that was sealed is gone." : "What the check found:"),
    faults, found.more > 0 && el("p", {}, `${found.more} more; \`evitrail trace verify\` names them all.`),
    found.redacted > 0 && el("p", {}, `${count(found.redacted, "body", "bodies")} were redacted, on record.`),
    found.newer > 0 && el("p", {}, `${count(found.newer, "run")} came after the newest seal, so nobody vouches for them yet.`),
    found.root && el("p", {}, "Root of the newest seal: ", el("code", {}, found.root)),
    el("h3", {}, "Not covered"), el("ul.faults", {}, found.not_covered.map((one) => el("li", {}, one))),
  ];
}
