// The cells of a pack, which is given in base 64: read from standard input, written to standard output.

import { readFileSync } from "node:fs";

import { openPack } from "../../workbench/web/static/pack.mjs";

const { pack, names } = JSON.parse(readFileSync(0, "utf-8"));
const columns = await openPack(new Uint8Array(Buffer.from(pack, "base64")));
const cells = (name) => Array.from({ length: columns.n }, (_, row) => columns.column(name).get(row));
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, cells(name)]))));
