import type { Refusal } from '../../../model/refusal.ts';
import type { WaitingNotice } from '../../protocol.ts';
import { PacketWriter } from '../transport/packets.ts';
import type { Channel } from './channel.ts';

/** What shells say where a command cannot be run. */
export const REFUSED_STATUS = 126;

/** Tells a client how its command ended (RFC 4254, section 6.10). */
export function tellStatus(client: Channel, status: number): void {
  client.tell('exit-status', new PacketWriter().u32(status).done());
}

/** Says no to a command: in words on stderr, and by its exit status. Nothing follows. */
export async function tellRefusal(client: Channel, refusal: Refusal): Promise<void> {
  await client.write(Buffer.from(refusalText(refusal)), 'err');
  tellStatus(client, REFUSED_STATUS);
  client.eof();
}

/** One line, and another with what to do instead. A terminal wants a carriage return before each new line. */
export function refusalText({ code, message, rule, hint }: Refusal, newline: '\n' | '\r\n' = '\n'): string {
  const by = rule === undefined ? '' : ` (rule "${rule}")`;
  return `chaperone: ${code}: ${message}${by}${newline}${hint === undefined ? '' : `chaperone: ${hint}${newline}`}`;
}

/** That somebody is asked, and who. */
export function noticeText({ approval, url, groups, expiresAt }: WaitingNotice, newline: '\n' | '\r\n' = '\n'): string {
  return `chaperone: waits for ${groups.join(' or ')} to approve ${approval}, until ${expiresAt}: ${url}${newline}`;
}
