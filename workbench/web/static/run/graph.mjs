// The graph of a run, from its view: steps, passages with their status, claims, options, and who is blamed.
//
// Rules kept here
// - It is loaded when the graph is opened, so no other view of a run waits for it.

import { parameters } from "../address.mjs";
import { kindWord } from "../marks.mjs";
import { shownBlame } from "./blame.mjs";
import { graphSteps, stepOrder, versionIn } from "../viewer/graph_values.mjs";
import { graphView } from "../viewer/graph_view.mjs";

// `select(changes, isWalking)` changes the address, `open(step)` opens a step.
export const runGraph = (view, claims, { select, open }) => graphView({
  values: () => valuesOfView(view, claims, shownBlame(view, parameters().blame).shown), select, open,
  at() {
    const { option = null, claim = null, passage = null, step = null, open: unfolded, as } = parameters();
    return { option, claim, passage, step, open: unfolded?.split(",") ?? [], asList: as === "list" };
  },
  unfold: (names) => select({ open: names.join(",") }, true), toList: (is) => select({ as: is ? "list" : null }, true),
});

function valuesOfView({ outline, passages, standing, chain, outcome, case: asked }, claims, blame) {
  return {
    ...stepOrder(outline), steps: graphSteps(outline),
    question: asked, chosen: chain ? chain.chosen : outcome?.chosen, reason: chain?.reason ?? "", weights: chain?.logits ?? {},
    asked: Object.fromEntries(passages.map(({ step, query }) => [step, query])),
    passages: passages.map(({ passage, ref, step, header }) => {
      const { status = null, since = null, superseded_by: by } = standing[ref] ?? {};
      return { name: passage, ref, step, version: header.version, title: header.title, certainty: header.grade?.certainty ?? null,
        standing: { status, since, by: versionIn(by, header) } };
    }),
    claims: claims.map(({ i, option, stance, strength, quote, passage }) => ({ i, option, stance, strength, quote, passage })),
    seen: (chain?.seen ?? []).map(({ passage }) => passage),
    blamed: blame?.culprit ?? [], blamedFor: blame ? kindWord(blame.outcome) : "",
  };
}
