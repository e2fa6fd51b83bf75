// The audit of an experiment: the server draws it; here are the frame, and the wait where it is judged first.

import { experimentPath } from "../address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askJson } from "../http.mjs";
import { byId } from "../dom.mjs";

async function start() {
  const { experiment: line, policy, command, judging } = first(), exp = line.exp;
  const page = frame({ exp, here: "audit", crumbs: [["Experiments", "/"], [exp, experimentPath(exp)], ["Audit"]], command: () => command });
  page.keys({ p: ["print", () => print()] });
  document.title = `Audit of ${exp} · evitrail`;
  document.body.dataset.ready = "yes";
  if (!judging) return;
  try {
    await askJson(api(exp, "/audit", { policy }));
    location.reload();
  } catch (error) {
    byId("judging").textContent = error.message;
    byId("judging").className = "failure";
  }
}

start().catch(failed);
