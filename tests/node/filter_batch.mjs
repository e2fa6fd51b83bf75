// Queries over columns, each with what it came to: read from standard input, written to standard output.

import { readFileSync } from "node:fs";

import { Columns } from "../../workbench/web/static/filter/columns.mjs";
import { QueryFault } from "../../workbench/web/static/filter/fault.mjs";
import { parseQuery } from "../../workbench/web/static/filter/parse.mjs";
import { selectRuns } from "../../workbench/web/static/filter/select.mjs";
import { treeText } from "../../workbench/web/static/filter/tree.mjs";

const { vocabulary, experiments } = JSON.parse(readFileSync(0, "utf-8"));

function answer(query, columns) {
  let tree, told = {};
  try {
    tree = parseQuery(query);
    const text = treeText(tree);
    told = { text, again: treeText(parseQuery(text)) };
    const { truth, places, open, unknown, asked, notes } = selectRuns(tree, columns, vocabulary);
    return { ...told, truth: truth.join(""), places: Array.from(places), open, unknown, asked, notes };
  } catch (fault) {
    if (!(fault instanceof QueryFault)) throw fault;
    return { ...told, at: fault.at, nearest: fault.nearest, message: fault.message };
  }
}

process.stdout.write(JSON.stringify(experiments.map(({ n, columns, queries }) => {
  const over = new Columns(n, columns);
  return queries.map((query) => answer(query, over));
})));
