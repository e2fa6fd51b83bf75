// A run's view as the graph takes it: steps, passages with how they stood, claims, options, and who is blamed.

import { kindWord } from "./marks.mjs";
import { graphSteps, orderOf, versionIn } from "./viewer/graph_values.mjs";

export function valuesOfView({ outline, passages, standing, chain, outcome, case: asked }, claims, blame) {
  return {
    ...orderOf(outline), steps: graphSteps(outline),
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
