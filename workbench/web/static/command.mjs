// Commands as a page offers them for a shell.
//
//     `evitrail runs ${quote(line.folder)}`

export const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
