import { LIMITS } from '../../model/limits.ts';
import { BodyReader, MessageDecoder } from './codec.ts';
import { BACKEND, bindMessage, executeMessage, parse, sync, type TransactionStatus } from './messages.ts';
import { errorField } from './reply-state.ts';
import type { PostgresUpstream } from './upstream.ts';

/** One statement for the extended protocol, which carries no second one whatever its text is. */
export interface Command {
  readonly text: string;
  readonly parameterTypes?: readonly number[];
  readonly parameters?: readonly (Uint8Array | null)[];
  readonly parameterFormats?: readonly number[];
}

export type CommandResult =
  | { readonly ok: true; readonly rows: readonly (readonly (string | null)[])[]; readonly tag: string }
  /** The server's own code and words. */
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * Runs one statement on a connection of the gateway's own, as text rows; of a reply of more than `maxPlanBytes` no
 * further row is kept. Throws a `Fault` where the connection breaks.
 */
export async function runCommand(upstream: PostgresUpstream, command: Command): Promise<CommandResult> {
  await upstream.write(
    Buffer.concat([
      parse('', command.text, command.parameterTypes),
      bindMessage(command.parameters ?? [], command.parameterFormats ?? []),
      executeMessage(),
      sync(),
    ]),
  );
  const decoder = new MessageDecoder(LIMITS.maxMaskedMessageBytes);
  const rows: (string | null)[][] = [];
  let kept = 0;
  let tag = '';
  let failure: CommandResult | undefined;
  for (;;) {
    const bytes = await upstream.next();
    if (bytes === null) throw upstream.lost();
    decoder.push(Buffer.from(bytes));
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if (next.type === BACKEND.dataRow) {
        kept += next.wire.length;
        if (kept <= LIMITS.maxPlanBytes) rows.push(readRow(next.body));
      } else if (next.type === BACKEND.commandComplete) {
        tag = new BodyReader(next.body).name();
      } else if (next.type === BACKEND.error) {
        const field = (letter: string): string => errorField(next.body, letter) ?? '';
        failure = { ok: false, code: field('C'), message: field('M') };
      } else if (next.type === BACKEND.readyForQuery) {
        upstream.status = String.fromCharCode(next.body[0] ?? 0x49) as TransactionStatus;
        return failure ?? { ok: true, rows, tag };
      }
    }
  }
}

/** The columns of a DataRow in text format (manual, 55.7). */
export function readRow(body: Buffer): (string | null)[] {
  const reader = new BodyReader(body);
  return Array.from({ length: reader.int16() }, () => {
    const length = reader.int32();
    return length < 0 ? null : reader.bytes(length).toString('utf8');
  });
}
