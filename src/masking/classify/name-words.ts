/** `E-Mail`, `e_mail`, `customerEmail`, `Straße`: the words of a name, lower case, without accents. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .map((word) => word.replace(/^(\p{L}+)\d+$/u, '$1'))
    .filter((word) => word !== '');
}

/** Where the words of a term stand together among `words`; -1 where they do not. */
export function indexOfTerm(words: readonly string[], term: readonly string[]): number {
  for (let at = 0; at + term.length <= words.length; at++) {
    if (term.every((word, i) => words[at + i] === word)) return at;
  }
  return -1;
}
