import type { FieldMasker, Part } from '../../model/reply.ts';
import { BACKEND, message } from './messages.ts';

/** One message that stands by itself: a notice, a notification, a parameter's change. */
export class WholePart implements Part {
  readonly wire: Buffer;

  constructor(wire: Buffer) {
    this.wire = wire;
  }

  rewrite(masker: FieldMasker): Part {
    const changed = rewriteText(this.wire, masker);
    return changed === undefined ? this : new WholePart(changed);
  }
}

/** Fields of an error that carry no text of the data: severity, code, positions, source file, line, routine. */
const FIXED_FIELDS = new Set(Buffer.from('SVCPpFLR', 'latin1'));

/** An ErrorResponse, NoticeResponse or NotificationResponse with its free text masked; undefined where unchanged. */
export function rewriteText(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const type = wire[0] as number;
  if (type !== BACKEND.error && type !== BACKEND.notice && type !== BACKEND.notification) return undefined;
  if (masker.passes(wire, 'text')) return undefined;
  return type === BACKEND.notification ? rewriteNotification(wire, masker) : rewriteFields(wire, masker);
}

function rewriteFields(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const fields: Uint8Array[] = [];
  let changed = false;
  let at = 5;
  while (at < wire.length && wire[at] !== 0) {
    const end = wire.indexOf(0, at);
    if (end < 0) break;
    const masked = FIXED_FIELDS.has(wire[at] as number) ? undefined : masker.text(wire, at + 1, end);
    changed ||= masked !== undefined;
    fields.push(wire.subarray(at, at + 1), masked === undefined ? wire.subarray(at + 1, end) : withoutNul(masked), NUL);
    at = end + 1;
  }
  return changed ? message(wire[0] as number, ...fields, NUL) : undefined;
}

/** NotificationResponse (manual, 55.7): process id, channel, payload. */
function rewriteNotification(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const channelEnd = wire.indexOf(0, 9);
  const payloadEnd = channelEnd < 0 ? -1 : wire.indexOf(0, channelEnd + 1);
  if (payloadEnd < 0) return undefined;
  const masked = masker.text(wire, channelEnd + 1, payloadEnd);
  if (masked === undefined) return undefined;
  return message(BACKEND.notification, wire.subarray(5, channelEnd + 1), withoutNul(masked), NUL);
}

const NUL = Buffer.from([0]);

function withoutNul(text: Uint8Array): Uint8Array {
  return text.includes(0) ? text.filter((byte) => byte !== 0) : text;
}
