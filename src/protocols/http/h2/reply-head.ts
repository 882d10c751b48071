import { isBodiless } from '../bodiless.ts';
import { type BodyLength, MalformedHttp, type ReplyHead } from '../message.ts';
import { readSection, type SectionLimits } from './fields.ts';

/** Reads the header section of a reply to `method` (RFC 9113, 8.3.2); `ends` where no body follows. */
export function readReply(
  raw: readonly string[],
  ends: boolean,
  method: string,
  limits: SectionLimits,
): { readonly head: ReplyHead; readonly length: BodyLength } {
  const { pseudo, fields, length } = readSection(raw, limits);
  const text = pseudo.get(':status') ?? '';
  const status = Number(text);
  if (pseudo.size !== 1 || !/^[2-5][0-9][0-9]$/.test(text)) throw new MalformedHttp(400, 'a status that is none');
  if (isBodiless(status, method)) {
    const stated = length !== undefined && status !== 204;
    return {
      head: { status, fields: stated ? [...fields, ['content-length', String(length)]] : fields },
      length: 'none',
    };
  }
  if (ends && length !== undefined && length > 0) throw new MalformedHttp(400, 'a length without a body');
  return { head: { status, fields }, length: ends ? 'none' : (length ?? 'unknown') };
}
