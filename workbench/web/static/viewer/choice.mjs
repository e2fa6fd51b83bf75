// The choice, its ballots, the chain it stands on, and who is blamed when it was wrong.

import { count, el, facts, parted } from "../dom.mjs";
import { claimCard, strongest } from "./evidence.mjs";
import { optionName } from "./option.mjs";
import { certainty, number, spaced, sumInWords, validity } from "../text.mjs";

export function choiceView({ option, reason, logits, claims, ballots }, { question, reading, go }) {
  const letters = Object.keys(question?.options ?? logits).sort();
  const most = Math.max(1e-9, ...Object.values(logits).map(Math.abs));
  const used = strongest((reading?.claims ?? []).filter((claim) => claims.includes(claim.name)));
  const row = (letter) => el("tr", { class: letter === option && "chosen" },
    el("th", { scope: "row" }, optionName(letter, question, option)),
    el("td.num", {}, number(logits[letter])),
    el("td", {}, el("span.bar.weight", { "--kept": Math.abs(logits[letter] ?? 0) / most, "aria-hidden": "true" })),
    el("td.num", {}, String(used.filter((claim) => claim.option === letter).length)));
  const heads = ["Option", "Weight", null, "Claims used"]
    .map((head) => (head ? el("th", { scope: "col" }, head) : el("td")));
  return [
    el("p.lead", {}, option === null ? "Abstained" : `Chose ${option}`, el("span.soft", {}, ` · ${reason}`)),
    el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, letters.map(row))),
    ballotsView(ballots),
    el("h3", {}, `${count(claims.length, "claim")} used`),
    parted(used, 30, (claim) => claimCard(claim, (target) => go({ step: reading.path, ...target }))),
    used.length < claims.length && el("p.soft", {}, `Not here: ${count(claims.length - used.length, "claim")}.`),
  ];
}

export function ballotsView(ballots) {
  if (!ballots?.votes.length) return null;
  const tally = new Map();
  for (const vote of ballots.votes) tally.set(vote ?? "abstained", (tally.get(vote ?? "abstained") ?? 0) + 1);
  const sorted = [...tally].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const said = sorted.map(([letter, n]) => `${letter} ${n}`).join(", ");
  return el("figure.ballots", {},
    el("figcaption", {}, `${count(ballots.votes.length, "ballot")} at temperature ${ballots.temperature}: ${said}`),
    el("div.stack", { role: "img", "aria-label": said },
      sorted.map(([letter, n]) => el("span", { "--share": n }, letter === "abstained" ? "–" : letter))));
}

// Option ← claim ← passage ← evidence and its grade ← query: each a link to the step where it stands.
export function chainView(context) {
  const { question, choice, choiceStep, reading, finders, link } = context;
  if (!choice || !reading) return null;
  const isSupport = ({ name, option, stance }) =>
    choice.claims.includes(name) && option === choice.option && stance === "supports";
  const claims = strongest(reading.claims.filter(isSupport));
  const cell = (head, ...told) => el("span", {}, el("small", {}, head), ...told);
  const to = (target, head, ...told) => el("a", { href: link(target) }, el("small", {}, head), ...told);
  const row = (claim) => {
    const { passage } = claim, hit = reading.hits.get(passage), header = hit?.passage.header;
    const found = finders.get(hit?.list) ?? { path: reading.path, query: "a step that is not in this run" };
    return el("li.chain", {},
      to({ step: choiceStep }, "option", el("b", {}, claim.option)),
      to({ step: reading.path, claim: claim.i }, `claim, ${number(claim.strength)}`, el("q", {}, claim.quote)),
      to({ step: reading.path, passage }, "passage", el("code", {}, passage)),
      header && cell(`evidence, ${spaced(header.kind)}`, header.title, el("br"), validity(header, context)),
      header && cell("grade", certainty(header.grade), header.grade && el("span.sum", {}, sumInWords(header.grade))),
      hit && to({ step: found.path, passage }, `query, rank ${hit.rank}`, el("q", {}, found.query)));
  };
  return el("section", {},
    el("h3", {}, choice.option === null ? "Why it abstained" : `Why ${choice.option}: what the answer rests on`),
    claims.length > 0 ? parted(claims, 12, row, el("ol.chains")) : el("p.empty", {}, choice.reason || reading.note));
}

// What a reviewer says of a label or a blame; what is on record stands where it was recorded.
export function reviewSays({ of, label, steps, code, withdraws, by }) {
  if (withdraws) return `${by} withdraws the review of ${spaced(of)}`;
  const who = steps?.join(" and ") || "nobody";
  return `${by} says: ${spaced(of)} is ${label ?? who}${code ? ` (${code})` : ""}`;
}

const GROUNDS = { T1: "shown by re-runs", T2: "a broken promise alone, since not all can be repaired" };

// Steps in the order in which they were done: the store before all, a kind of step where the first of it stands.
function inStepOrder(players, steps) {
  const paths = [...steps], place = (player) => {
    const found = paths.findIndex((path) => path === player || path.split("[")[0] === player);
    return player === "store" ? -1 : found < 0 ? Infinity : found;
  };
  return players.sort((a, b) => (place(a) === place(b) ? (a < b ? -1 : 1) : place(a) - place(b)));
}

// Of several who have the largest share: who they are, and the rule that decided between them.
function tieOf({ phi, culprit, rule }, steps) {
  const most = Math.max(...Object.values(phi).map(({ value }) => value));
  const tied = inStepOrder(Object.keys(phi).filter((player) => most - phi[player].value < 1e-9), steps);
  if (most <= 0 || tied.length < 2) return null;
  const names = `${tied.slice(0, -1).join(", ")} and ${tied.at(-1)}`, decided = rule || "the record does not say which";
  return `A tie: ${names} have a share of ${number(most)} each. `
    + (culprit.length > 0 ? `The rule that decided: ${decided}.` : "No rule decides between them.");
}

export function blamesView({ blames }, { codes, link, steps }) {
  const percent = (share) => `${Math.round(100 * share)} %`;
  const step = (path) => (steps.has(path) ? el("a", { href: link({ step: path }) }, path) : path);
  const share = (role, { value, lo, hi }, isBlamed) => el("tr", { class: isBlamed && "culprit" },
    el("th", { scope: "row" }, role),
    el("td", {}, el("span.interval", { "--value": value, "--lo": lo, "--hi": hi, "aria-hidden": "true" })),
    el("td.num", {}, `${number(value)} `, el("span.soft", {}, lo === hi ? "exact" : `${number(lo)} to ${number(hi)}`)));
  const times = ([right, n]) => `${right} of ${count(n, "re-run")} do not fail`;
  const fresh = ({ p_rep: rate, p_rep_interval: ends, fresh: n }) => rate != null
    && `${n ? `${Math.round(rate * n)} of ${n} fail` : "fails"} (${percent(rate)}`
      + `${ends ? `, 95 % interval ${percent(ends[0])} to ${percent(ends[1])}` : ""})`;
  // A record that an older version wrote lacks some fields, and what was not played is null: neither is shown as 0.
  const known = (blame) => [
    ["Decided by", blame.rule],
    ["Smallest repairs", blame.minimal_repair_sets.map((set) => set.join(" + ")).join("; or ") || "none found"],
    ["With the repair", blame.fixed && times(blame.fixed)],
    ["With a random change", blame.shamed && times(blame.shamed)],
    ["Next best", blame.behind != null && `prevents ${percent(blame.behind)} less`],
    ["Fresh re-runs", fresh(blame)],
    ["All repaired", blame.v_none != null && `fails in ${percent(blame.v_none)} of the re-runs`],
    ["Discharged", blame.discharged?.length > 0
      && `${blame.discharged.join(", ")}: a later step noticed the defect, or it came of the store`],
    ["Without it, no failure", blame.records.join(", ")],
    ["Broken promises", blame.contract_breaks.join("; ")],
    ["Grounds", `${blame.culprit.length > 0 ? `${GROUNDS[blame.tier] ?? blame.tier} (${blame.tier}); ` : ""}`
      + `${blame.persistence}; ${count(blame.replays, "replay")}, ${count(blame.n, "replicate")}`],
  ].filter(([, told]) => told);
  const isBlamed = (blame, player) => blame.culprit.includes(player) || blame.roles.includes(player);
  const one = (blame) => el("section.card.blame", {},
    el("h3", {}, blame.culprit.length > 0 ? ["Blamed: ", blame.culprit.map((path, i) => [i > 0 && ", ", step(path)])]
      : "Nobody is blamed", el("span.soft", {}, ` for ${spaced(blame.outcome)}`)),
    blame.sentence && el("p.sentence", {}, blame.sentence),
    tieOf(blame, steps) && el("p.tie", {}, tieOf(blame, steps)),
    el("p", {}, blame.fault_code && el("code", {}, blame.fault_code),
      ` ${codes[blame.fault_code] ?? blame.abstain_reason ?? ""}`),
    Object.keys(blame.phi).length > 0 && el("table", {},
      el("caption", {}, "Share of the failure, with its 95 % interval"),
      el("tbody", {}, inStepOrder(Object.keys(blame.phi), steps)
        .map((player) => share(player, blame.phi[player], isBlamed(blame, player))))),
    facts(known(blame)));
  return blames.length > 0 ? blames.map(one) : el("p.empty", {}, "This run did not fail, so nobody is blamed.");
}
