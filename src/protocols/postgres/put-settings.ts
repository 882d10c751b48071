import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { SessionBounds } from '../protocol.ts';
import type { BoundSettings, SettingToPut } from './bound-settings.ts';
import { BodyReader, Message } from './codec.ts';
import { readRow } from './command.ts';
import { BACKEND, flush, ownStatement, sync, type TransactionStatus } from './messages.ts';
import { noteParameter } from './unasked.ts';
import type { PostgresUpstream } from './upstream.ts';

/** What came of it: what the server said beside, for the client to hear, and its error where it did not take them. */
export interface PutOutcome {
  readonly said: readonly Buffer[];
  readonly error: Buffer | undefined;
}

/**
 * Brings the target's session to what the bounds ask for before a request runs there. Nothing is sent where all of it is
 * in force; else one round trip, two where a timeout is not known. It is waited for: a request is sent only once the
 * server has taken them.
 */
export async function putSettings(
  upstream: PostgresUpstream,
  settings: BoundSettings,
  bounds: SessionBounds | undefined,
): Promise<PutOutcome> {
  const said: Buffer[] = [];
  // In a failed transaction nothing runs but its end, and nothing can be set.
  if (upstream.status === 'E') return { said, error: undefined };
  const unknown = bounds === undefined ? [] : settings.unknown(bounds);
  if (unknown.length > 0) {
    const { rows, error } = await run(
      upstream,
      unknown.map((name) => `SHOW ${name}`),
      said,
    );
    if (error !== undefined) return { said, error };
    for (const [i, name] of unknown.entries()) settings.learn(name, rows[i] ?? '0');
  }
  const inTransaction = upstream.status !== 'I' || upstream.unsynced;
  if (!inTransaction) settings.idle();
  const lacking = settings.lacking(bounds, inTransaction);
  if (lacking.length === 0) return { said, error: undefined };
  const { error } = await run(upstream, lacking.map(commandOf), said);
  if (error === undefined) settings.put(lacking);
  else settings.failed();
  if (!inTransaction) settings.idle();
  return { said, error };
}

function commandOf({ name, value }: SettingToPut): string {
  // This one takes no snapshot, and so leaves the transaction's other modes to the client.
  if (name === 'transaction_read_only') return 'SET TRANSACTION READ ONLY';
  return value === undefined ? `SET SESSION ${name} TO DEFAULT` : `SET SESSION ${name} TO ${literal(value)}`;
}

/** The same text whatever standard_conforming_strings is. */
function literal(value: string): string {
  return value.includes('\\')
    ? `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;
}

/** Of the gateway's own: a client's unnamed statement and portal, which a simple query would drop, stay. */
const NAME = 'chaperone_setting';

/** Runs statements, each under a name of its own, and takes in all that the server answers. */
async function run(
  upstream: PostgresUpstream,
  texts: readonly string[],
  said: Buffer[],
): Promise<{ readonly rows: readonly (string | null)[]; readonly error: Buffer | undefined }> {
  const barrier = upstream.unsynced ? flush() : sync();
  await upstream.write(Buffer.concat([...texts.flatMap((text) => ownStatement(NAME, text)), barrier]));
  return read(upstream, new Answers(upstream, texts.length, said));
}

/** Ends what was flushed without a Sync, after an error in it: the server waits for one before it goes on. */
export async function resynchronise(upstream: PostgresUpstream): Promise<readonly Buffer[]> {
  const said: Buffer[] = [];
  upstream.unsynced = false;
  await upstream.write(sync());
  await read(upstream, new Answers(upstream, 0, said));
  return said;
}

async function read(upstream: PostgresUpstream, answers: Answers): Promise<Answers> {
  let held: Buffer = Buffer.alloc(0);
  while (!answers.done) {
    const bytes = await upstream.next();
    if (bytes === null) throw upstream.lost();
    held = Buffer.concat([held, bytes]);
    let at = 0;
    while (!answers.done && held.length - at >= HEADER_BYTES) {
      const end = at + 1 + held.readUInt32BE(at + 1);
      if (end - at > LIMITS.maxLoginBytes) throw new Fault('upstream-protocol', 'an answer to SET that is too long');
      if (end > held.length) break;
      answers.take(new Message(held.subarray(at, end)));
      at = end;
    }
    held = held.subarray(at);
  }
  if (held.length > 0) upstream.unread(held);
  return answers;
}

const HEADER_BYTES = 5;

class Answers {
  readonly rows: (string | null)[] = [];
  error: Buffer | undefined;
  done = false;
  readonly #upstream: PostgresUpstream;
  readonly #said: Buffer[];
  #closes: number;

  constructor(upstream: PostgresUpstream, statements: number, said: Buffer[]) {
    this.#upstream = upstream;
    this.#said = said;
    this.#closes = 2 * statements;
  }

  take(next: Message): void {
    const { type, body, wire } = next;
    switch (type) {
      case BACKEND.dataRow:
        this.rows.push(readRow(body)[0] ?? null);
        break;
      case BACKEND.closeComplete:
        this.#closes--;
        if (this.#closes === 0 && this.#upstream.unsynced) this.done = true;
        break;
      case BACKEND.error:
        this.error = Buffer.from(wire);
        if (this.#upstream.unsynced) this.done = true;
        break;
      case BACKEND.readyForQuery:
        this.#upstream.status = new BodyReader(body).rest().toString('latin1') as TransactionStatus;
        this.done = true;
        break;
      case BACKEND.parameterStatus:
        // The name that the client gave itself is the one that it is told.
        if (noteParameter(body, this.#upstream.parameters)[0] !== 'application_name')
          this.#said.push(Buffer.from(wire));
        break;
      case BACKEND.notice:
      case BACKEND.notification:
        this.#said.push(Buffer.from(wire));
        break;
      default:
    }
  }
}
