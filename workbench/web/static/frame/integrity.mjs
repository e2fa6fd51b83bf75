// Can the record be trusted? One pill in the bar, and behind it what was checked and when, what was found, what no check
// tells.
//
// Rules kept here
// - The server checks the whole journal once, then what is added; the dialog, which is loaded when it is first opened,
//   tells what was found, and has a button that checks the whole again (`integrity_dialog.mjs`).
// - A page that watches asks again while runs are written (`recheck`), at most every `PACE`, and tells only what changed.

import { api, askJson } from "../http.mjs";
import { button, count, say } from "../dom.mjs";

const WORDS = {
  sound: ["sound", "✓ sound"], altered: ["broken", "✗ altered"], incomplete: ["broken", "✗ incomplete"],
  added: ["broken", "✗ added to"], unfinished: ["unknown", "◔ not finished"], none: ["unknown", "no journal"],
};
const PACE = 10_000; // milliseconds

export function integrityPill(exp) {
  const node = button(".pill", () => open(), "checking the record …");
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

  const open = async () => (await import("./integrity_dialog.mjs")).openIntegrity(() => found, () => ask(true));
  return { node, ask, recheck, open };
}
