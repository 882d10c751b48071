import type { DecodedMessages } from '../../model/decoded-reply.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';

/** Shown of one message; all of it is in the recording. */
const MOST_CHARACTERS = 20_000;

/** Messages of gRPC for a terminal, as the target's descriptors tell them; nothing where there are none. */
export function messagesText(decoded: DecodedMessages | undefined, paint: Output['paint']): string {
  if (decoded === undefined) return '';
  const { type, messages, more } = decoded;
  const shown = messages.map((message) => {
    if ('why' in message) return `${paint('dim', printable(`  (${type}: not shown, ${message.why})`))}\n`;
    const text = printableLines(message.text.slice(0, MOST_CHARACTERS)).trimEnd();
    const lines = text.split('\n').map((line) => `  ${line}\n`);
    return `${paint('dim', printable(`  ${type}`))}\n${lines.join('')}`;
  });
  return `${shown.join('')}${more > 0 ? `${paint('dim', `  (… ${more} messages more that are not shown)`)}\n` : ''}`;
}
