// What the check of the record found, when it was made, and what no check tells; with a button that checks the whole again.
//
//     openIntegrity(() => found, () => checkWhole());

import { button, count, el, show } from "../dom.mjs";
import { dialog } from "../dialog.mjs";
import { stamp } from "../text.mjs";

const KINDS = [["altered", "Altered"], ["gone", "Gone"], ["added", "Added against the rules"], ["unfinished", "Not finished"]];

export function openIntegrity(found, checkWhole) {
  const box = el("div", { "aria-live": "polite" }, told(found()));
  const again = button("", async () => {
    again.disabled = true;
    show(box, el("p", {}, "The whole journal is being checked …"));
    await checkWhole();
    show(box, told(found()));
    again.disabled = false;
  }, "Check the whole journal again");
  dialog("Can this record be trusted?", box, found()?.verdict !== "none" && again);
}

function told(found) {
  if (!found) return el("p", {}, "It is still being checked.");
  if (found.fault) return el("p.failure", {}, `It could not be checked: ${found.fault}`);
  if (found.verdict === "none") return el("p", {}, "There is no journal here: these are results without a record.");
  const faults = KINDS.filter(([kind]) => found[kind].length).map(([kind, title]) =>
    [el("h3", {}, title), el("ul.faults", {}, found[kind].map((fault) => el("li", {}, fault)))]);
  return [
    el("p", {}, ["sound", "unfinished"].includes(found.verdict) ? `Every record and body of ${count(found.runs, "run")} was, when it was `
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
