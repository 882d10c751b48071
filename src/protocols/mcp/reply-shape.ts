import type { ReplyHead } from '../http/message.ts';
import { bodyTypeOf } from '../http/parts.ts';

/** What a reply holds: one message, events with one each, or what is none. */
export type ReplyShape = 'message' | 'events' | 'other';

/** A page of an error is shown as what it is; what says that it is messages must hold some. */
export function shapeOf(head: ReplyHead): ReplyShape {
  const type = bodyTypeOf(head);
  if (type === 'text/event-stream') return 'events';
  return type === 'application/json' && head.status < 400 ? 'message' : 'other';
}
