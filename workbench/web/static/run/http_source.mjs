// A run's records and bodies over HTTP, as the exported file gives them: `record(run, seq)`, `blob(name)`.
//
// Rules kept here
// - Each is asked for once. A body is named by its content, so a browser keeps it.
// - Patient data is told and not sent.

import { runPath } from "../address.mjs";
import { api, askBytes } from "../http.mjs";
import { PATIENT, decoder } from "../bytes.mjs";
import { ABSENT, namedIn } from "../viewer/file.mjs";

export function httpSource(exp, view, kept) {
  const run = { run: view.run, rows: view.outline, parent: view.parent, count: view.integrity.records };
  const records = new Map(), blobs = new Map();
  const once = (known, name, ask) => {
    if (!known.has(name)) known.set(name, ask());
    return known.get(name);
  };

  const record = ({ run: name }, seq) => once(records, seq, async () => {
    const bytes = await askBytes(api(exp, "/records", { run: name, seq: String(seq) }));
    return { bytes, line: JSON.parse(decoder.decode(bytes)) };
  });

  const blob = (name) => once(blobs, name, async () => {
    if (name.startsWith(PATIENT)) return { absent: ABSENT.withheld };
    const text = decoder.decode(await askBytes(api(exp, `/blobs/${encodeURIComponent(name)}`))), end = text.indexOf("\n");
    return { type: text.slice(0, end), text: text.slice(end + 1), value: JSON.parse(text.slice(end + 1)) };
  });

  const value = async (name) => (name ? (await blob(name)).value : undefined);
  const linkTo = (other, step) => runPath(exp, other, { ...kept, step });
  return {
    index: { codes: view.codes }, runs: new Map([[run.run, run]]), run, record, blob, value, linkTo,
    named: namedIn(view.blob_fields), has: (name) => !name.startsWith(PATIENT),
  };
}
