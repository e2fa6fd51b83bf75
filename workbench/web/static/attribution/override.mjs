// A reviewer's override of a blame, and its withdrawal: failure, steps or nobody, reason, and the reviewer's name.
//
// Rules kept here
// - The choices come from the server, which also checks the input; a refusal is shown where it was typed.
// - The name of whoever is signed in is fixed. Elsewhere a name is declared, not checked; the page says so, and it is kept
//   in this browser for the next time.

import { api, askJson, postJson, signedIn } from "../http.mjs";
import { dialog } from "../dialog.mjs";
import { kindWord } from "../marks.mjs";
import { el, show } from "../dom.mjs";

const NAME = "evitrail-reviewer";
const kept = () => { try { return localStorage.getItem(NAME) ?? ""; } catch { return ""; } };
const keep = (name) => { try { localStorage.setItem(NAME, name); } catch { /* a browser that keeps nothing */ } };

// Opens the dialog; `onrecorded` is given the server's answer.
export async function overrideDialog({ exp, run, outcome, onrecorded }) {
  let may;
  try {
    may = await askJson(api(exp, "/reviews/blame", { run }));
  } catch (error) {
    dialog("This blame cannot be overridden", el("p.failure", {}, error.message));
    return;
  }
  const kind = el("select", { id: "override-outcome" }, may.failed.map((one) => el("option", { value: one, selected: one === outcome }, kindWord(one))));
  const choice = (name) => el("label.check", {}, el("input", { type: "checkbox", name: "step", value: name }), " ", el("span.id", {}, name));
  const nobody = el("input", { type: "checkbox", name: "step", value: "nobody" });
  const steps = el("fieldset", { id: "override-steps" }, el("legend", {}, "To blame"), may.players.map(choice),
    el("label.check", {}, nobody, " nobody"));
  const code = el("select", { id: "override-code" });
  const codes = () => show(code, !nobody.checked && el("option", { value: "" }, "not stated"),
    Object.entries(nobody.checked ? may.reasons : may.faults).map(([name, what]) => el("option", { value: name }, `${name} ${what}`)));
  steps.addEventListener("change", ({ target }) => {
    for (const box of steps.querySelectorAll("input")) if (box !== target && (target === nobody || box === nobody)) box.checked = false;
    codes();
  });
  codes();
  form({
    title: `Override the blame of ${run}`, submit: "Record the override", onrecorded,
    fields: [labelled("Failure", kind), steps, labelled("Fault, or why nobody", code)],
    post: (said) => postJson(api(exp, "/reviews/blame"), {
      run, outcome: kind.value, steps: [...steps.querySelectorAll("input:checked")].map((box) => box.value), code: code.value || null, ...said }),
    note: "It is added to the record of this run and counts in every total. What the attribution found stays on record, and an override can be withdrawn.",
  });
}

export function withdrawDialog({ exp, run, of, onrecorded }) {
  form({
    title: `Withdraw the review of ${of}`, submit: "Record the withdrawal", onrecorded, fields: [],
    post: (said) => postJson(api(exp, "/reviews/withdraw"), { run, of, ...said }),
    note: `Only the reviewer who recorded it may withdraw it${signedIn() ? "" : ": type the same name"}. Both stay on record, and earlier reviews by others count again.`,
  });
}

function labelled(words, field, hint = "") {
  if (hint) field.setAttribute("aria-describedby", `${field.id}-hint`);
  return el("div.field", {}, el("label", { for: field.id }, words), field, hint && el("small", { id: `${field.id}-hint` }, hint));
}

function form({ title, submit, fields, post, note, onrecorded }) {
  const reason = el("textarea", { id: "override-reason", rows: "3", required: true, maxlength: "2000", dir: "auto" });
  const known = signedIn(), by = el("input", { id: "override-by", required: true, maxlength: "120", autocomplete: "name", dir: "auto",
    readonly: Boolean(known), value: known || kept() });
  const fault = el("p.failure", { role: "alert", hidden: true }), send = el("button.primary", { type: "submit" }, submit);
  const node = el("form.override-form", {}, el("p.soft", {}, note), fields, labelled("Reason", reason, "It stays on record."),
    labelled("Your name", by, known ? "You are signed in by it: it is recorded as authenticated." : "Declared, not checked: it is recorded as you type it."), fault, send);
  const box = dialog(title, node);
  node.querySelector("select, input, textarea").focus();
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const recorded = await post({ by: by.value, reason: reason.value });
      if (!known) keep(by.value);
      box.close();
      onrecorded(recorded);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
      send.disabled = false;
    }
  });
}
