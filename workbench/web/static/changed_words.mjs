// A text compared with another word by word: words that are gone are struck through, new ones underlined, and each is also
// announced in words to a screen reader.

import { el } from "./dom.mjs";

const TAGS = { "-": "del", "+": "ins" };

export const changedWords = (changes) => changes.map(([op, text]) => (op === "=" ? text
  : [el(TAGS[op], {}, el("span.vh", {}, op === "-" ? " [gone: " : " [new: "), text.trimEnd(), el("span.vh", {}, "] ")), text.slice(text.trimEnd().length)]));

export const hasChanges = (changes) => changes.some(([op]) => op !== "=");
