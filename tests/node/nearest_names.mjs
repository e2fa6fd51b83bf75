// Which name is nearest, for each name among those known: read from standard input, written to standard output.

import { readFileSync } from "node:fs";

import { nearest } from "../../workbench/web/static/filter/nearest.mjs";

const asked = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(asked.map(([name, known]) => nearest(name, known))));
