/**
 * A trigger is a short byte sequence, one of which stands in everything that a detector can find: the cheap test that
 * keeps detectors away from clean bytes. The notation is a regular expression without alternation: characters, `\d`,
 * `\xHH`, `[a-z]` and `[^a-z]`, groups, each followed by `?` or `{n}` where wanted (`?` not on groups). No repetition is
 * open-ended, so a trigger has a longest length.
 */
export type Trigger = readonly Step[];

/** One byte of a trigger, out of a set of 256; an `optional` one may be left out. */
export interface Step {
  readonly bytes: Uint8Array;
  readonly optional: boolean;
}

/** Reads a trigger. A mistake in one is a broken invariant of ours, and throws when the module is loaded. */
export function trigger(source: string): Trigger {
  const reader: Reader = { source, at: 0 };
  const steps = readSequence(reader);
  if (reader.at !== source.length) throw new Error(`trigger ${source}: unexpected ) at ${reader.at}`);
  return steps;
}

/**
 * The triggers of what begins after a boundary: a byte that is no part of a word, the length before a field of up to
 * 80 MiB (whose last byte may be any), or an escape of JSON (`\\n4111…`), whose letter is none of the text's.
 */
export function boundedTriggers(source: string): readonly Trigger[] {
  return [`[^${WORD_BYTES}]`, `[\\x00-\\x04][\\x00-\\xff]{2}[${WORD_BYTES}]`, '\\\\[bfnrt]'].map((before) =>
    trigger(before + source),
  );
}

const WORD_BYTES = 'a-zA-Z0-9_';

interface Reader {
  readonly source: string;
  at: number;
}

function readSequence(reader: Reader): Step[] {
  const steps: Step[] = [];
  while (reader.at < reader.source.length && reader.source[reader.at] !== ')') {
    let element: readonly Step[];
    if (reader.source[reader.at] === '(') {
      reader.at++;
      element = readSequence(reader);
      reader.at++;
    } else {
      element = [{ bytes: readSet(reader), optional: false }];
    }
    steps.push(...readSuffix(reader, element));
  }
  return steps;
}

function readSuffix(reader: Reader, element: readonly Step[]): readonly Step[] {
  const mark = reader.source[reader.at];
  if (mark === '?') {
    const [only] = element;
    if (element.length !== 1 || only === undefined) throw new Error(`trigger ${reader.source}: ? on a group`);
    reader.at++;
    return [{ bytes: only.bytes, optional: true }];
  }
  if (mark === '{') {
    const close = reader.source.indexOf('}', reader.at);
    const times = Number(reader.source.slice(reader.at + 1, close));
    reader.at = close + 1;
    return Array.from({ length: times }, () => element).flat();
  }
  return element;
}

function readSet(reader: Reader): Uint8Array {
  const bytes = new Uint8Array(256);
  if (reader.source[reader.at] !== '[') {
    for (const code of readCharacter(reader)) bytes[code] = 1;
    return bytes;
  }
  reader.at++;
  const negated = reader.source[reader.at] === '^';
  if (negated) reader.at++;
  while (reader.source[reader.at] !== ']') {
    const codes = readCharacter(reader);
    const [from = 0] = codes;
    if (reader.source[reader.at] === '-' && reader.source[reader.at + 1] !== ']') {
      reader.at++;
      const [to = 0] = readCharacter(reader);
      for (let code = from; code <= to; code++) bytes[code] = 1;
    } else {
      for (const code of codes) bytes[code] = 1;
    }
  }
  reader.at++;
  return negated ? bytes.map((member) => 1 - member) : bytes;
}

/** The codes that one character of the notation stands for. */
function readCharacter(reader: Reader): readonly number[] {
  const { source } = reader;
  if (reader.at >= source.length) throw new Error(`trigger ${source}: unfinished`);
  if (source[reader.at] !== '\\') return [source.charCodeAt(reader.at++)];
  const escaped = source[reader.at + 1];
  if (escaped === 'x') {
    reader.at += 4;
    return [Number.parseInt(source.slice(reader.at - 2, reader.at), 16)];
  }
  reader.at += 2;
  if (escaped === 'd') return [48, 49, 50, 51, 52, 53, 54, 55, 56, 57];
  return [source.charCodeAt(reader.at - 1)];
}
