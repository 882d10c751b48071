import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { MessageDecoder } from './codec.ts';
import { readRow } from './command.ts';
import { BACKEND, flush, ownStatement, sync, type TransactionStatus } from './messages.ts';
import { errorField } from './reply-state.ts';
import { noteParameter } from './unasked.ts';
import type { PostgresUpstream } from './upstream.ts';

/** A client's unnamed statement and portal, which a simple query would drop, stay. */
const NAME = 'chaperone_query';

/**
 * Runs statements of the gateway's own in one round trip, and gives their rows as text. Only between exchanges, and never
 * with anything of a client's; a batch that was flushed and not ended goes on after it.
 */
export async function queryRows(
  upstream: PostgresUpstream,
  statements: readonly string[],
): Promise<readonly (readonly (string | null)[])[]> {
  const decoder = new MessageDecoder(LIMITS.maxMaskedMessageBytes);
  const rows: (string | null)[][] = [];
  const { unsynced } = upstream;
  let closes = 2 * statements.length;
  let failure: Fault | undefined;
  await upstream.write(
    Buffer.concat([...statements.flatMap((text) => ownStatement(NAME, text)), unsynced ? flush() : sync()]),
  );
  for (;;) {
    const bytes = await upstream.next();
    if (bytes === null) throw upstream.lost();
    decoder.push(Buffer.from(bytes));
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if (next.type === BACKEND.dataRow) rows.push(readRow(next.body));
      else if (next.type === BACKEND.error) {
        failure = new Fault(
          'upstream-protocol',
          `the server refused a catalogue query (${errorField(next.body, 'C') ?? 'no code'})`,
        );
        // It waits for a Sync, which is the client's to send.
        if (unsynced) throw failure;
      } else if (next.type === BACKEND.parameterStatus) noteParameter(next.body, upstream.parameters);
      else if (next.type === BACKEND.closeComplete && --closes === 0 && unsynced) return rows;
      else if (next.type === BACKEND.readyForQuery) {
        upstream.status = String.fromCharCode(next.body[0] ?? 0x49) as TransactionStatus;
        if (failure !== undefined) throw failure;
        return rows;
      }
    }
  }
}
