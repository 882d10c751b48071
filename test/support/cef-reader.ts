/** Reads a CEF line by its escapes alone, as a receiver does that knows nothing of who wrote it. */
export interface CefLine {
  /** Version, vendor, product, version, signature, name, severity. */
  readonly header: readonly string[];
  readonly extension: ReadonlyMap<string, string>;
}

export function parseCef(line: string): CefLine {
  const [, body] = /^CEF:(.*)$/s.exec(line) ?? [];
  if (body === undefined) throw new Error(`no CEF: ${line}`);
  const header: string[] = [];
  let field = '';
  let at = 0;
  for (; header.length < 7; at++) {
    const character = body[at];
    if (character === undefined) throw new Error(`the header has ${header.length} fields: ${line}`);
    if (character === '\\') field += unescaped(body[++at], '\\|');
    else if (character === '|') {
      header.push(field);
      field = '';
    } else field += character;
  }
  return { header, extension: extensionOf(body.slice(at)) };
}

/** A value goes on until the next ` key=`, whose `=` is not escaped. */
function extensionOf(text: string): ReadonlyMap<string, string> {
  const keys = [...text.matchAll(/(?:^|\s)([A-Za-z0-9_]+)=/gu)].filter(({ index }) => !isEscaped(text, index));
  const pairs = keys.map((key, number) => {
    const start = key.index + key[0].length;
    const raw = text.slice(start, keys[number + 1]?.index);
    return [
      key[1] ?? '',
      raw.replaceAll(/\\(.)/gsu, (_all, one: string) => (one === 'n' ? '\n' : unescaped(one, '\\='))),
    ] as const;
  });
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`a key twice: ${text}`);
  return new Map(pairs);
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

function unescaped(character: string | undefined, allowed: string): string {
  if (character === undefined || !allowed.includes(character)) throw new Error(`\\${character} is no escape`);
  return character;
}
