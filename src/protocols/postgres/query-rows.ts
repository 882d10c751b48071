import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { MessageDecoder } from './codec.ts';
import { readRow } from './command.ts';
import { BACKEND, cstring, FRONTEND, message, type TransactionStatus } from './messages.ts';
import { errorField } from './reply-state.ts';
import { noteParameter } from './unasked.ts';
import type { PostgresUpstream } from './upstream.ts';

/** Runs a query of the gateway's own, as text rows. Only between exchanges, and never with anything of a client's. */
export async function queryRows(
  upstream: PostgresUpstream,
  sql: string,
): Promise<readonly (readonly (string | null)[])[]> {
  const decoder = new MessageDecoder(LIMITS.maxMaskedMessageBytes);
  const rows: (string | null)[][] = [];
  let failure: Fault | undefined;
  await upstream.write(message(FRONTEND.query, cstring(sql)));
  for (;;) {
    const bytes = await upstream.next();
    if (bytes === null) throw upstream.lost();
    decoder.push(Buffer.from(bytes));
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if (next.type === BACKEND.dataRow) rows.push(readRow(next.body));
      else if (next.type === BACKEND.error)
        failure = new Fault(
          'upstream-protocol',
          `the server refused a catalogue query (${errorField(next.body, 'C') ?? 'no code'})`,
        );
      else if (next.type === BACKEND.parameterStatus) noteParameter(next.body, upstream.parameters);
      else if (next.type === BACKEND.readyForQuery) {
        upstream.status = String.fromCharCode(next.body[0] ?? 0x49) as TransactionStatus;
        if (failure !== undefined) throw failure;
        return rows;
      }
    }
  }
}
