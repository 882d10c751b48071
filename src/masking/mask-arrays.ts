import { maskText } from './mask-text.ts';
import type { MaskOrder } from './masks.ts';

/**
 * An array of texts with each element masked; its bounds and NULL elements stay (manual, 8.15.2; utils/adt/arrayfuncs.c,
 * array_send). What is no array becomes NULL.
 */
export function maskTextArray(order: MaskOrder, value: Buffer): Buffer | null {
  return order.format === 'text' ? maskArrayText(order, value.toString('latin1')) : maskArrayBinary(order, value);
}

function maskArrayText(order: MaskOrder, text: string): Buffer | null {
  const bounds = /^(?:\[-?\d+:-?\d+\])+=/.exec(text)?.[0] ?? '';
  const pieces: string[] = [bounds];
  for (let at = bounds.length; at < text.length; ) {
    ELEMENT.lastIndex = at;
    const [found] = ELEMENT.exec(text) ?? [];
    if (found === undefined) return null;
    pieces.push(/^(?:[{},]|NULL$)/.test(found) ? found : maskElement(order, found));
    at += found.length;
  }
  return Buffer.from(pieces.join(''), 'latin1');
}

/** A brace, a comma, a quoted element, or one without quotes. */
const ELEMENT = /[{},]|"(?:[^"\\]|\\[^])*"|[^{},"\\\s]+/y;

function maskElement(order: MaskOrder, element: string): string {
  const plain = element.startsWith('"') ? element.slice(1, -1).replaceAll(/\\([^])/g, '$1') : element;
  const masked = maskText(order, Buffer.from(plain, 'latin1')).toString('latin1');
  return `"${masked.replaceAll(/["\\]/g, '\\$&')}"`;
}

const HEADER_BYTES = 12;
const BYTES_PER_DIMENSION = 8;

function maskArrayBinary(order: MaskOrder, value: Buffer): Buffer | null {
  if (value.length < HEADER_BYTES) return null;
  const dimensions = value.readInt32BE(0);
  const pieces: Buffer[] = [];
  let at = HEADER_BYTES + dimensions * BYTES_PER_DIMENSION;
  if (dimensions < 0 || at > value.length) return null;
  pieces.push(value.subarray(0, at));
  while (at + 4 <= value.length) {
    const length = value.readInt32BE(at);
    const next = at + 4 + Math.max(0, length);
    if (next > value.length) return null;
    if (length < 0) pieces.push(value.subarray(at, next));
    else pieces.push(...sized(maskText(order, value.subarray(at + 4, next))));
    at = next;
  }
  return at === value.length ? Buffer.concat(pieces) : null;
}

function sized(value: Buffer): readonly Buffer[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return [length, value];
}
