/**
 * The words of a command line of constants: no variable, pattern, list, redirection or anything else that a shell would do
 * something with; undefined for any other. What is read here means the same to every shell that a host may have, so that
 * the command is what its words say.
 */
export function constantWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === ' ') {
      at++;
      continue;
    }
    const word = readWord(line, at);
    if (word === undefined) return undefined;
    words.push(word.text);
    at = word.end;
  }
  return words.length === 0 || words[0]?.includes('=') ? undefined : words;
}

const PLAIN = /[\w./:@%+,=-]/;
/** Behind a backslash outside of quotes these are themselves in every shell. */
const ESCAPED = /[ !"#$&'()*,:;<=>?@[\\\]^`{|}~]/;

function readWord(line: string, start: number): { readonly text: string; readonly end: number } | undefined {
  let text = '';
  let at = start;
  while (at < line.length && line[at] !== ' ') {
    const character = line[at] ?? '';
    if (character === "'") {
      const end = line.indexOf("'", at + 1);
      const quoted = line.slice(at + 1, end);
      if (end === -1 || !isLiteral(quoted)) return undefined;
      text += quoted;
      at = end + 1;
    } else if (character === '\\') {
      const next = line[at + 1] ?? '';
      if (!ESCAPED.test(next)) return undefined;
      text += next;
      at += 2;
    } else if (PLAIN.test(character) && !(character === '=' && at === start)) {
      text += character;
      at++;
    } else return undefined;
  }
  return { text, end: at };
}

/** Within single quotes: shells that know backslashes there, or `!`, would read another word. */
function isLiteral(quoted: string): boolean {
  return !/[\\!\p{Cc}]/u.test(quoted);
}
