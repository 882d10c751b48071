import { z } from 'zod';
import type { ApiClient } from '../../api-client.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';

/** One thing that a client asked, and what it was told, as the record has it. */
export interface RecordedExchange {
  readonly session: string;
  readonly exchange: number;
  /** Milliseconds since 1970, and microseconds of the gateway's own clock. */
  readonly began: Instant;
  readonly ended: Instant;
  readonly request: RecordedBody;
  readonly media: string;
  readonly operations: readonly RecordedOperation[];
  /** What it went on sending: rows of a COPY. */
  readonly input: RecordedBody | undefined;
  readonly reply: RecordedBody | undefined;
  /** Where the gateway said no. */
  readonly refusal: string | undefined;
  /** Columns or detectors that were masked. */
  readonly masked: readonly string[];
}

export interface Instant {
  readonly atMs: number;
  readonly mono: number;
}

export interface RecordedOperation {
  readonly kind: string;
  readonly access: string;
  readonly functions: readonly string[];
  readonly flags: readonly string[];
}

/** `bytes` where all of it is here; else why not. */
export type RecordedBody =
  | { readonly bytes: Buffer; readonly missing?: never }
  | { readonly missing: string; readonly bytes?: never };

export interface RecordedRun {
  readonly id: string;
  /** Names of the targets that it was in. */
  readonly targets: readonly string[];
  /** In the order in which they began. */
  readonly exchanges: readonly RecordedExchange[];
}

const runSchema = z.object({
  id: z.string(),
  closedAt: z.string().optional(),
  sessionList: z.array(
    z.object({ id: z.string(), target: z.string(), here: z.boolean(), gateway: z.string().optional() }),
  ),
});

const eventSchema = z.looseObject({
  kind: z.string(),
  at: z.string(),
  mono: z.string().optional(),
  exchange: z.number().optional(),
  body: z
    .object({
      media: z.string(),
      bytes: z.string(),
      base64: z.string().optional(),
      complete: z.boolean().optional(),
      withheld: z.string().optional(),
    })
    .optional(),
  op: z
    .array(
      z.looseObject({
        kind: z.string(),
        access: z.string().default('unknown'),
        functions: z.array(z.string()).default([]),
        flags: z.array(z.string()).default([]),
      }),
    )
    .optional(),
  refusal: z.object({ code: z.string() }).optional(),
  masked: z.array(z.object({ name: z.string() })).optional(),
});
type Event = z.infer<typeof eventSchema>;

/** What is held of a run's record in memory at most. */
export const MAX_BYTES = 512 * 1024 * 1024;

/** Reads what a run recorded, by the API. Throws a `CliError` where the run is open, elsewhere, or too large. */
export async function readRun(api: ApiClient, id: string): Promise<RecordedRun> {
  const run = await api.call({ path: `/v1/runs/${encodeURIComponent(id)}`, as: 'operator' }, runSchema);
  if (run.closedAt === undefined) {
    throw new CliError(EXIT.refused, `${printable(id)} is open`, {
      hint: 'Wait for its end: its record is not whole yet.',
    });
  }
  const elsewhere = run.sessionList.filter(({ here }) => !here);
  if (elsewhere.length > 0) {
    const gateways = [...new Set(elsewhere.map(({ gateway = 'another gateway' }) => gateway))]
      .map(printable)
      .join(', ');
    throw new CliError(EXIT.unavailable, `${elsewhere.length} sessions of this run were recorded by ${gateways}`, {
      hint: 'Name each gateway in turn with --url; each replays what it recorded.',
    });
  }
  const budget = { left: MAX_BYTES };
  const sessions: RecordedExchange[][] = [];
  for (const { id: session } of run.sessionList.toReversed()) {
    const path = `/v1/sessions/${encodeURIComponent(session)}/recording`;
    sessions.push(await readExchanges(session, api.lines({ path, as: 'operator' }), budget));
  }
  return {
    id: run.id,
    targets: [...new Set(run.sessionList.map(({ target }) => target))],
    exchanges: sessions.flat().toSorted((one, other) => order(one.began, other.began)),
  };
}

export function order(one: Instant, other: Instant): number {
  return one.atMs - other.atMs || one.mono - other.mono;
}

/** The exchanges of one session, from the lines of its recording. */
export async function readExchanges(
  session: string,
  lines: AsyncIterable<string>,
  budget: { left: number },
): Promise<RecordedExchange[]> {
  const open = new Map<number, Event[]>();
  for await (const line of lines) {
    const event = eventSchema.parse(JSON.parse(line));
    if (event.exchange === undefined) continue;
    budget.left -= event.body?.base64?.length ?? 0;
    if (budget.left < 0) {
      throw new CliError(EXIT.config, `the record is larger than ${MAX_BYTES / 1024 / 1024} MiB`, {
        hint: 'It is too much to hold against another at once.',
      });
    }
    const events = open.get(event.exchange);
    if (events === undefined) open.set(event.exchange, [event]);
    else events.push(event);
  }
  return [...open].flatMap(([exchange, events]) => exchangeOf(session, exchange, events) ?? []);
}

function exchangeOf(session: string, exchange: number, events: readonly Event[]): RecordedExchange | undefined {
  const request = events.find(({ kind }) => kind === 'request');
  if (request === undefined) return undefined;
  const input = events.find(({ kind }) => kind === 'input');
  const reply = events.find(({ kind }) => kind === 'reply');
  const refusal = events.find((event) => event.refusal !== undefined)?.refusal;
  return {
    session,
    exchange,
    began: instantOf(request),
    ended: instantOf(events.at(-1) ?? request),
    request: bodyOf(request),
    media: request.body?.media ?? '',
    operations: request.op ?? [],
    input: input && bodyOf(input),
    reply: reply && bodyOf(reply),
    refusal: refusal?.code,
    masked: (reply?.masked ?? []).map(({ name }) => name),
  };
}

function instantOf({ at, mono = '0' }: Event): Instant {
  return { atMs: Date.parse(at), mono: Number(mono) };
}

function bodyOf({ body }: Event): RecordedBody {
  if (body === undefined) return { bytes: Buffer.alloc(0) };
  if (body.base64 === undefined) return { missing: body.withheld ?? 'it was not kept' };
  const bytes = Buffer.from(body.base64, 'base64');
  return body.complete === false ? { missing: `${bytes.length} of ${body.bytes} bytes were kept` } : { bytes };
}
