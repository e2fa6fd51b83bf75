// What the palette shows for each thing typed, and how long the last took: standard input to standard output.

import { readFileSync } from "node:fs";

import { rankable, ranked } from "../../workbench/web/static/frame/palette_ranking.mjs";

const { entries, many = 0, typed, kinds } = JSON.parse(readFileSync(0, "utf-8"));
const runs = Array.from({ length: many }, (_, i) => ({ kind: "run", name: `standard+k=${i % 17}@qwen3-8b.case-${String(i).padStart(6, "0")}` }));
const all = rankable([...entries, ...runs]);
const answers = typed.map((text) => {
  const began = performance.now(), { found, shown } = ranked(all, text, kinds);
  return { found, shown: shown.map(({ kind, name }) => [kind, name]), ms: performance.now() - began };
});
process.stdout.write(JSON.stringify(answers));
