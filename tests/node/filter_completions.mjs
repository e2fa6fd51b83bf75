// What is offered at each place of queries: read from standard input, written to standard output.

import { readFileSync } from "node:fs";

import { Columns } from "../../workbench/web/static/filter/columns.mjs";
import { completeQuery } from "../../workbench/web/static/filter/completions.mjs";

const { vocabulary, n, columns, asked } = JSON.parse(readFileSync(0, "utf-8")), over = new Columns(n, columns);
process.stdout.write(JSON.stringify(asked.map(([text, caret]) => completeQuery(text, caret, over, vocabulary))));
