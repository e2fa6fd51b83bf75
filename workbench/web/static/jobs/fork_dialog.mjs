// The dialog in which a run is forked: what to change, from which step, on which runs, and what that costs.
//
// Rules kept here
// - The cost is shown before anything runs; Enter runs it. A costly job must be confirmed.
// - It opens with the usual change, so that f and Enter suffice.
// - Where the run cannot be forked, it says why and offers nothing.

import { openDialog } from "../dialog.mjs";
import { changesOf, stepFor } from "./fork_variants.mjs";
import { api, askJson, postJson } from "../http.mjs";
import { button, count, el, show } from "../dom.mjs";

// `others` is the query for the runs besides this one; `fixed` are variants that were tried already.
// `onjob` is called with the job.
export async function forkDialog({ exp, view, step, others, fixed = null, onjob }) {
  const choices = await askJson(api(exp, "/forks", { run: view.run }));
  if (choices.refused) return refusedDialog(choices.refused);
  const query = others ?? choices.others, changes = fixed ? [] : changesOf(choices, view);
  if (!fixed && !changes.length) return refusedDialog("nothing in this run can be changed here");
  const state = { change: changes[0], confirmed: false, turn: 0 };
  const cost = el("p.fork-cost", { role: "status" }), run = el("button.primary", { type: "submit", autofocus: true }, "Run");
  const value = el("span.fork-value"), fault = el("p.failure", { role: "alert", hidden: true });
  const what = el("select", { id: "fork-change" }, changes.map((change) => el("option", { value: change.name }, change.words)));
  const from = el("select", { id: "fork-from" }, el("option", { value: "" }, "the start"), choices.steps.map(({ path }) => el("option", { value: path }, path)));
  const scope = (name, words) => el("label.fork-scope", {}, el("input", { type: "radio", name: "scope", value: name, checked: name === "this" }), ` ${words}`);
  const form = el("form.fork-form", { onsubmit: submitted, onchange: drawn, oninput: estimated, onkeydown: entered },
    fixed ? el("p", {}, "Change: ", el("b", {}, fixed.map((variant) => variant.label).join(", ")), fixed[0].at && el("span.soft", {}, ` from ${fixed[0].at}`))
      : [el("label", { for: "fork-change" }, "Change"), what, el("span.soft", {}, "to"), value, el("label", { for: "fork-from" }, "From"), from],
    fixed ? el("p", {}, "Fork: the other runs of ", el("code", { dir: "auto" }, query))
      : el("fieldset", {}, el("legend", {}, "Fork"), scope("this", "this run"), scope("others", "the other runs of"), el("code", { dir: "auto" }, query)),
    cost, fault,
    el("div.fork-buttons", {}, el("span.soft", {}, "This run stays as it is: a fork is a new run."), button("", () => node.close(), "Cancel"), run));
  const node = openDialog(fixed ? "Apply to the other runs" : `Fork ${view.run}`, form);
  node.classList.add("fork-dialog");
  if (!fixed) pick();
  else estimated();
  run.focus();

  function pick() {
    state.change = changes.find((change) => change.name === what.value) ?? changes[0];
    const field = state.change.field?.();
    if (field) field.setAttribute("aria-label", state.change.words);
    value.previousElementSibling.hidden = !field;
    show(value, field);
    from.value = stepFor(state.change, choices, step);
    estimated();
  }

  function drawn(event) { if (event.target === what) pick(); else estimated(); }

  function asked() {
    const at = from.value || null;
    const variants = fixed ?? state.change.variants(value.firstElementChild).map((variant) => ({ ...variant, at }));
    const isOthers = fixed || form.elements.scope.value === "others";
    return { run: view.run, query: isOthers ? query : null, variants, confirmed: state.confirmed };
  }

  async function estimated() {
    const mine = ++state.turn;
    [state.confirmed, run.textContent, fault.hidden] = [false, "Run", true];
    if (!form.checkValidity()) return;
    try {
      const told = await postJson(api(exp, "/forks/estimate"), asked());
      if (mine !== state.turn) return;
      show(cost, ...costWords(told));
      state.asks = told.asks_again;
      run.disabled = told.forks + told.there === 0;
    } catch (error) {
      if (mine === state.turn) said(error);
    }
  }

  function said(error) { [fault.textContent, fault.hidden, run.disabled] = [error.message, false, false]; }

  function entered(event) {
    if (event.key !== "Enter" || event.target.closest("button")) return;
    event.preventDefault();
    form.requestSubmit();
  }

  async function submitted(event) {
    event.preventDefault();
    if (run.disabled) return;
    if (state.asks && !state.confirmed) {
      [state.confirmed, run.textContent] = [true, `Run ${state.asks}`];
      return;
    }
    run.disabled = true;
    try {
      const job = await postJson(api(exp, "/forks"), asked());
      node.close();
      onjob(job);
    } catch (error) { said(error); }
  }
}

function refusedDialog(why) {
  openDialog("This run cannot be forked", el("p", {}, why), el("p.soft", {}, "Everything that is on record can still be read."),
    el("form", { method: "dialog" }, el("button", { autofocus: true }, "Close")));
}

function costWords(told) {
  const calls = told.calls ? `about ${count(told.calls, "model call")}, ${(told.prompt_tokens + told.answer_tokens).toLocaleString("en")} tokens` : "no model calls";
  const steps = `${count(told.steps_redone, "step")} done again, ${told.steps_reused} reused`;
  const lead = told.forks ? `${count(told.forks, "fork")}: ${steps} · ${calls} · about ${duration(told.seconds)}` : "Nothing to do";
  return [el("b", {}, lead),
    told.there > 0 && el("span.soft", {}, ` · ${count(told.there, "fork")} on record already`),
    told.unforkable > 0 && el("span.lacking", {}, ` · ${told.unforkable} cannot be forked: ${told.named[0].run}: ${told.named[0].why}`),
    told.asks_again && el("p.notice", {}, `This is more than usual (${told.asks_again}): you will be asked to confirm.`)];
}

const duration = (seconds) => (seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`);
