// The places of passages in a text, found by their own text.
//
//     placedIn("… [do CT every year] …", found)      // [{passage: "nodule@2013#0", start: 3, end: 20, isCut: false}]

const LEAST = 60; // characters that a passage which was cut has to share with the text to be known again

// `found` names passages; no two places meet, and what stands more than once has as many.
export function placedIn(text, found) {
  const places = [];
  for (const [passage, { passage: { text: words } }] of found) {
    if (!words) continue;
    const from = places.length;
    for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) places.push({ passage, start: at, end: at + words.length, isCut: false });
    const at = places.length > from || words.length <= LEAST ? -1 : text.indexOf(words.slice(0, LEAST));
    if (at < 0) continue;
    let shared = LEAST;
    while (shared < words.length && text[at + shared] === words[shared]) shared += 1;
    places.push({ passage, start: at, end: at + shared, isCut: true });
  }
  let end = 0;
  return places.sort((a, b) => a.start - b.start || b.end - a.end).filter((place) => {
    const isFree = place.start >= end;
    if (isFree) end = place.end;
    return isFree;
  });
}
