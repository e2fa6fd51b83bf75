// Who is blamed, for each kind of failure: shares in the order of the steps, the rule that decided, what repairs it.
//
// Rules kept here
// - A blame stands under its failure. Where several shares are equal, the rule that broke the tie stands beside them.
// - An abstention says its reason in words.
// - Every re-run that it rests on is a link.

import { runPath } from "../address.mjs";
import { mayWrite } from "../http.mjs";
import { KINDS, authorMark, kindWord, percent } from "../marks.mjs";
import { button, count, el, fold } from "../dom.mjs";
import { spaced } from "../text.mjs";

const GROUNDS = { T1: "shown by re-runs", T2: "a broken promise alone, since not all can be repaired", reviewer: "a reviewer says so" };

// The blames, the gravest failure first, and the one that is asked for; without a word the gravest.
export function shownBlame(view, kind) {
  const blames = [...view.blames].sort((a, b) => KINDS.indexOf(a.outcome) - KINDS.indexOf(b.outcome));
  return { blames, shown: blames.find((blame) => blame.outcome === kind) ?? blames[0] ?? null };
}

export function blameView({ view, exp, kept }, kind, { onkind, onstep, onoverride }) {
  const { blames, shown } = shownBlame(view, kind);
  if (!blames.length) {
    if (view.outcome?.correct) return null;
    return el("section.blame-box", { id: "blame" }, el("h2", {}, "Blame"), el("p.soft", {}, view.outcome
      ? "This failure was not attributed; run `evitrail attribute`." : "Only runs of the experiment itself are attributed."),
    view.outcome && override(() => onoverride("wrong")));
  }
  const tab = (blame) => {
    const node = button(".kind-tab", () => onkind(blame.outcome), kindWord(blame.outcome));
    for (const [key, said] of Object.entries({ role: "tab", "aria-selected": String(blame === shown) })) node.setAttribute(key, said);
    return node;
  };
  return el("section.blame-box", { id: "blame" },
    el("h2", {}, "Blame for ", el("span.kind-tabs", { role: "tablist", "aria-label": "Kind of failure" }, blames.map(tab)), override(() => onoverride(shown.outcome))),
    oneBlame(shown, { view, exp, kept }, onstep));
}

function oneBlame(blame, { view, exp, kept }, onstep) {
  const paths = view.outline.map((row) => row[3]).filter(Boolean), place = (player) => {
    const at = paths.indexOf(player);
    return player === "store" ? -1 : at < 0 ? paths.length : at; // the store comes before every step
  };
  const step = (path) => (paths.includes(path) ? button(".link.id", () => onstep(path), path) : el("span.id", {}, path));
  const players = Object.keys(blame.phi).sort((a, b) => place(a) - place(b));
  const code = blame.fault_code ?? blame.abstain_reason?.split(":")[0];
  const repairs = blame.minimal_repair_sets.map((set) => set.join(" + "));
  const rerun = (name) => el("li", {}, el("a.id", { href: runPath(exp, name, kept) }, name));
  return [
    el("p", {}, blame.culprit.length ? [el("b", {}, "Blamed: "), blame.culprit.map((path, i) => [i > 0 && " and ", step(path)])]
      : el("b", {}, "Nobody is blamed"), code && [" ", el("span.id", {}, code), el("span.soft", {}, ` ${view.codes[code] ?? ""}`)]),
    blame.sentence && el("p.sentence", {}, blame.sentence),
    blame.overridden && el("p.notice", {}, `${blame.overridden.by}${authorMark(blame.overridden)} overrode it: ${blame.overridden.reason}. The attribution found: ${
      blame.overridden.culprit === null ? "nothing" : blame.overridden.culprit.join(" and ") || "nobody"} ${blame.overridden.code ?? ""}`),
    players.length > 0 && el("table.shares", { "aria-label": "Share of the failure by step" },
      el("tbody", {}, players.map((player) => shareRow(player, blame, step)))),
    blame.rule && players.length > 1 && el("p", {}, el("b", {}, isTied(blame) ? "The shares are level; decided by: " : "Decided by: "), blame.rule),
    blame.abstain_reason && el("p.soft", {}, blame.abstain_reason),
    el("dl.known", {},
      known("Smallest repairs", repairs.length ? repairs.join("; or ") : "none found"),
      known("Broken promises", blame.contract_breaks.join("; ")),
      known("Evidence without which it does not happen", blame.records.join(", ")),
      known("Discharged", blame.discharged?.join(", ")),
      known("Grounds", `${GROUNDS[blame.tier] ?? blame.tier}; ${blame.persistence}; ${count(blame.replays, "re-run")}`)),
    blame.replay_ids.length > 0 && fold(`${count(blame.replay_ids.length, "re-run")} that it rests on`,
      () => el("ul.rest-list", {}, blame.replay_ids.map(rerun))),
  ];
}

const override = (onclick) => mayWrite() && button(".quiet.override", onclick, "Override…");

const known = (term, value) => value && el("div", {}, el("dt", {}, term), el("dd", {}, value));

function isTied({ phi }) {
  const values = Object.values(phi).map(({ value }) => value), top = Math.max(...values);
  return top > 0 && values.filter((value) => Math.abs(value - top) < 1e-6).length > 1;
}

function shareRow(player, blame, step) {
  const { value, lo, hi } = blame.phi[player], isExact = hi - lo < 1e-9;
  const isBlamed = blame.culprit.includes(player) || blame.roles.includes(player);
  const bar = el("span.share-bar", { "--value": value, "--lo": lo, "--hi": hi, "aria-hidden": "true" });
  bar.classList.add(player.replace(/[[/].*$/, ""));
  return el("tr", { class: isBlamed && "blamed" },
    el("th", { scope: "row" }, isBlamed && el("span", { "aria-hidden": "true" }, "◉ "), step(player)),
    el("td", {}, bar), el("td.number", {}, `${percent(value, 0)} %`),
    el("td.soft", {}, isExact ? "exact" : `[${percent(lo, 0)}–${percent(hi, 0)}]`),
    el("td.soft", {}, isBlamed ? "blamed" : ""));
}

export function forksView({ view, exp, kept }) {
  if (!view.forks.length) return null;
  return el("section", {}, el("h2", {}, "Done again from this run"), el("ul.rest-list", {}, view.forks.map((fork) =>
    el("li", {}, el("a.id", { href: runPath(exp, fork.run, kept) }, fork.changes), fork.at && el("span.soft", {}, ` from ${spaced(fork.at)}`),
      el("span", {}, fork.ended ? ` → ${fork.chosen ?? "abstained"}${fork.chosen === view.case?.answer ? " ✓" : ""}` : " not ended")))));
}

// A review of a blame may be withdrawn by the reviewer who recorded it.
export function reviewsView({ reviews }, onwithdraw) {
  const may = ({ of, standing }) => mayWrite() && of.startsWith("blame.") && standing !== "withdrawn" && standing !== "withdrawal";
  if (!reviews.length) return null;
  return el("section", {}, el("h2", {}, "Reviews, oldest first"), el("ul.faults", {}, reviews.map((review) =>
    el("li", {}, el("b", { dir: "auto" }, review.by), authorMark(review), `: ${spaced(review.of)} is ${review.says}. `, el("bdi", {}, review.reason),
      el("span.soft", {}, ` On record: ${review.recorded}; ${review.standing}.`),
      may(review) && button(".quiet", () => onwithdraw(review.of), "Withdraw…")))));
}
