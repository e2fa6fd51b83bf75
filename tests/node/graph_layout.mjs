// Graphs of runs with where their boxes stand: read from standard input, written to standard output.

import { readFileSync } from "node:fs";

import { foldsOf, graphOf, litIn, nestedGraph } from "../../workbench/web/static/viewer/graph.mjs";
import { curves, laidOut } from "../../workbench/web/static/viewer/graph_layout.mjs";

const NOTHING = { option: null, claim: null, passage: null, step: null };

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(({ values, open = [], width = 880, selected = {} }) => {
  const at = { ...NOTHING, ...selected }, graph = graphOf(values, new Set([...open, ...foldsOf(values, at)]));
  const { places, height, width: wide } = laidOut(graph, width);
  const listed = [], walk = (entry) => { listed.push([entry.box.id, entry.relation, entry.isAgain]); entry.inner.forEach(walk); };
  nestedGraph(graph).forEach(walk);
  return { ...graph, height, width: wide, places: Object.fromEntries(places), paths: curves(graph, places).map(({ path }) => path), lit: [...litIn(graph, at)], listed };
})));
