// Can the record be trusted? One pill in the bar, and behind it what was checked and when, what was found, what no check
// tells.
//
// Rules kept here
// - The server checks the whole journal once, then what is added; the button in the dialog checks the whole again.
// - A page that watches asks again while runs are written (`recheck`), at most every `PACE`, and tells only what changed.

import { api, askJson } from "../http.mjs";
import { button, count, el, say, show } from "../dom.mjs";
import { dialog } from "../dialog.mjs";
import { stamp } from "../text.mjs";

const WORDS = {
  sound: ["sound", "✓ sound"], altered: ["broken", "✗ altered"], incomplete: ["broken", "✗ incomplete"],
  added: ["broken", "✗ added to"], none: ["unknown", "no journal"],
};
const PACE = 10_000; // milliseconds
const KINDS = [["altered", "Altered"], ["gone", "Gone"], ["added", "Added against the rules"]];

export function integrityPill(exp) {
  const node = button(".pill", open, "checking the record …");
  node.setAttribute("aria-haspopup", "dialog");
  let found = null, waiting = 0;

  async function ask(isWhole = false) {
    const before = node.textContent;
    try {
      found = await askJson(`${api(exp, "/integrity")}${isWhole ? "?whole=true" : ""}`);
      const [kind, words] = WORDS[found.verdict];
      node.className = `pill ${kind}`;
      node.textContent = found.newer && found.verdict === "sound" ? `${words} · ${count(found.newer, "run")} not sealed` : words;
    } catch (error) {
      node.className = "pill unknown";
      node.textContent = "not checked";
      found = { fault: error.message };
    }
    node.dataset.done = "yes";
    if (node.textContent !== before) say(`record: ${node.textContent}`);
  }

  function recheck() {
    waiting ||= setTimeout(async () => { await ask(); waiting = 0; }, PACE);
  }

  function open() {
    const box = el("div", { "aria-live": "polite" }, told(found));
    const again = button("", async () => {
      again.disabled = true;
      show(box, el("p", {}, "The whole journal is being checked …"));
      await ask(true);
      show(box, told(found));
      again.disabled = false;
    }, "Check the whole journal again");
    dialog("Can this record be trusted?", box, found?.verdict !== "none" && again);
  }
  return { node, ask, recheck, open };
}

function told(found) {
  if (!found) return el("p", {}, "It is still being checked.");
  if (found.fault) return el("p.failure", {}, `It could not be checked: ${found.fault}`);
  if (found.verdict === "none") return el("p", {}, "There is no journal here: these are results without a record.");
  const faults = KINDS.filter(([kind]) => found[kind].length).map(([kind, title]) =>
    [el("h3", {}, title), el("ul.faults", {}, found[kind].map((fault) => el("li", {}, fault)))]);
  return [
    el("p", {}, found.verdict === "sound" ? `Every record and body of ${count(found.runs, "run")} was, when it was `
      + "checked, what was hashed when it was written, and nothing that was sealed is gone." : "What the check found:"),
    faults, found.more > 0 && el("p", {}, `${found.more} more; \`evitrail trace verify\` names them all.`),
    found.redacted > 0 && el("p", {}, `${count(found.redacted, "body", "bodies")} were redacted, on record.`),
    found.newer > 0 && el("p", {}, `${count(found.newer, "run")} came after the newest seal, so nobody vouches for them yet.`),
    found.whole_at && el("p", { id: "checked-at" }, `The whole journal was checked on ${stamp(found.whole_at)}.`, found.records_since > 0
      && ` ${count(found.records_since, "record")} came since and were checked as they came, until ${stamp(found.at)}.`),
    found.root && el("p", {}, "Root of the newest seal: ", el("code", {}, found.root)),
    el("h3", {}, "Not covered"), el("ul.faults", {}, found.not_covered.map((one) => el("li", {}, one))),
  ];
}
