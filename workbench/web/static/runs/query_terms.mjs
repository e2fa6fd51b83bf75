// Terms in the text of a query: which of them stand there, and the text with some added or taken away.
//
//     toggled("wrong", "stale", false)      // wrong stale
//     termState("wrong -stale", "stale")    // excluded

const words = (query) => query.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? [];

export function termState(query, terms) {
  const found = words(query), asked = words(terms);
  if (asked.every((term) => found.includes(term))) return "on";
  return (asked.length === 1 ? found.includes(`-${terms}`) : query.includes(`-(${terms})`)) ? "excluded" : "off";
}

// A query with terms added at its end; terms that all stand there already are taken away instead. What is in brackets
// or behind OR is left as it was typed, and the whole of it is put in brackets where that is needed.
export function toggled(query, terms, isExcluded = false) {
  const asked = words(terms), present = words(query), has = (word) => present.includes(word);
  if (isExcluded) {
    const one = asked.length === 1 ? `-${asked[0]}` : `-(${terms})`;
    return query.includes(one) ? query.replace(one, "").replace(/\s+/g, " ").trim() : joinedTerms(query, [one]);
  }
  if (asked.every(has)) return present.filter((word) => !asked.includes(word)).join(" ");
  return joinedTerms(query, asked.filter((word) => !has(word)));
}

function joinedTerms(query, more) {
  const kept = query.trim(), isEither = /(^|[\s)])or([\s(]|$)/i.test(kept);
  return [kept && isEither && !/^\([^()]*\)$/.test(kept) ? `(${kept})` : kept, ...more].filter(Boolean).join(" ");
}
