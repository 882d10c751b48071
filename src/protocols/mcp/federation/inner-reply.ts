import type { Fields, ReplyHead } from '../../http/message.ts';
import { EventReader } from '../upstream/event-stream.ts';
import type { Era } from './era.ts';
import type { InnerCall } from './inner-call.ts';
import { type JsonObject, objectOf, parseObject, textOf } from './lossless-json.ts';
import { failed, type Outcome, RPC } from './rpc.ts';

/** Of one message that a server says: what is longer is no answer. */
const MOST_MESSAGE_BYTES = 32 * 1024 * 1024;

/** What a message has in its head beside its kind. */
export function fieldsOf(era: Era): Fields {
  const session = era.kind === 'legacy' && era.session !== undefined ? [['mcp-session-id', era.session] as const] : [];
  return [['mcp-protocol-version', era.version], ...session];
}

/**
 * Reads a reply to its end, or up to the answer of the request with this id: one message, or a stream of them. What is no
 * message is a refusal of the gateway's or of the server's, and is told as an error.
 */
export async function readReply(
  call: InnerCall,
  id: string | undefined,
  onMessage: ((message: JsonObject) => void | Promise<void>) | undefined,
): Promise<{ readonly head: ReplyHead; readonly outcome: Outcome | undefined }> {
  const head = await call.answered;
  const type = head.fields.find(([name]) => name === 'content-type')?.[1] ?? '';
  if (!type.startsWith('text/event-stream')) return { head, outcome: outcomeOf(head, await textIn(call), id) };
  const events = new EventReader(MOST_MESSAGE_BYTES);
  for await (const bytes of call.reply()) {
    for (const { data } of events.read(bytes)) {
      const message = parseObject(data);
      if (message === undefined) continue;
      const outcome = answerIn(message, id);
      if (outcome !== undefined) return { head, outcome };
      await onMessage?.(message);
    }
  }
  return { head, outcome: undefined };
}

function answerIn(message: JsonObject, id: string | undefined): Outcome | undefined {
  if (id === undefined || message['id'] !== id || 'method' in message) return undefined;
  const error = objectOf(message['error']);
  if (error !== undefined) return { kind: 'error', error };
  return { kind: 'result', result: objectOf(message['result']) ?? {} };
}

async function textIn(call: InnerCall): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of call.reply()) {
    length += piece.length;
    if (length > MOST_MESSAGE_BYTES) throw new RangeError('a message is longer than it may be');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function outcomeOf({ status }: ReplyHead, text: string, id: string | undefined): Outcome | undefined {
  if (id === undefined || status === 202) return undefined;
  const message = parseObject(text);
  const error = objectOf(message?.['error']);
  // An error may come before the server could read which request it is about.
  if (error !== undefined) return { kind: 'error', error };
  const answer = message && answerIn(message, id);
  if (answer !== undefined) return answer;
  const code = textOf(message?.['code']);
  const told = textOf(message?.['detail']) ?? `the server answered ${status}`;
  const data = { status, ...(code === undefined ? {} : { code }), ...hintIn(message) };
  return failed(RPC.internal, told, data);
}

function hintIn(message: JsonObject | undefined): JsonObject {
  const hint = textOf(message?.['hint']);
  return hint === undefined ? {} : { hint };
}
