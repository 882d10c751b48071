import { z } from 'zod';
import { factsLine, operationFacts } from '../../audit/record/operation-facts.ts';
import { type RecordedStatement, recordedStatements } from '../../audit/record/recorded-statements.ts';
import { editText } from '../../sql/postgres/text-edits.ts';

const bodySchema = z.object({
  media: z.string(),
  /** How many bytes there were; more than are kept where the body was capped. */
  bytes: z.string(),
  base64: z.string().optional(),
  /** Why the bytes are not here: erased, capped, or not readable. */
  withheld: z.string().optional(),
});

const refusalSchema = z.object({
  code: z.string(),
  message: z.string(),
  rule: z.string().optional(),
  hint: z.string().optional(),
});

const decisionSchema = z.object({
  effect: z.enum(['permit', 'deny']),
  rules: z.array(z.string()),
  reason: z.string().optional(),
  hint: z.string().optional(),
});

/** How the text of a statement was changed before it was forwarded. */
const forwardedSchema = z.object({
  statement: z.int().min(0),
  edits: z.array(z.object({ at: z.int().min(0), removed: z.int().min(0), inserted: z.string() })),
});

const sourceSchema = z.object({ schema: z.string(), table: z.string(), column: z.string() });

/** What policy judged: what it does with columns. */
const operationSchema = z.object({
  kubernetes: z.unknown().optional(),
  kind: z.string(),
  columns: z
    .union([z.literal('unknown'), z.array(sourceSchema.extend({ use: z.enum(['output', 'filter', 'write']) }))])
    .optional(),
  copies: z
    .array(
      z.object({
        into: sourceSchema,
        from: z.union([z.literal('unknown'), z.array(sourceSchema)]),
        temporary: z.literal(true).optional(),
      }),
    )
    .optional(),
  lock: z.string().optional(),
  mcp: z.unknown().optional(),
});

const heldSchema = z.object({
  id: z.string(),
  state: z.string(),
  votes: z.array(z.object({ person: z.string(), answer: z.string(), channel: z.string() })),
  waitedMs: z.number(),
});

/** The body of an approval's event: who the voters are, and why they answered so. */
const votersSchema = z.object({
  votes: z.array(z.object({ person: z.string(), login: z.string(), reason: z.string().optional() })),
});

/** Messages of gRPC, read by the gateway. */
const messagesSchema = z.object({
  type: z.string(),
  messages: z.array(z.union([z.object({ text: z.string() }), z.object({ why: z.string() })])),
  more: z.int().min(0),
});

/** One event of a recording: the line of the session's file, with its body opened. */
export const recordedEventSchema = z.looseObject({
  kind: z.string(),
  at: z.string(),
  seq: z.number(),
  session: z.string(),
  run: z.string(),
  /** Microseconds of a clock that only goes forward. */
  mono: z.string().optional(),
  exchange: z.number().optional(),
  body: bodySchema.optional(),
  decision: decisionSchema.optional(),
  op: z.array(operationSchema).optional(),
  forwarded: z.array(forwardedSchema).optional(),
  messages: messagesSchema.optional(),
  refusal: refusalSchema.optional(),
  held: heldSchema.optional(),
  masked: z.array(z.object({ by: z.enum(['column', 'detector']), name: z.string(), count: z.number() })).optional(),
  result: z.object({ status: z.string(), code: z.string().optional(), rows: z.string().optional() }).optional(),
  closing: z.object({ outcome: z.string() }).optional(),
});

export type RecordedEvent = z.infer<typeof recordedEventSchema>;
export type RecordedMask = NonNullable<RecordedEvent['masked']>[number];
export type RecordedHold = z.infer<typeof heldSchema>;
export type RecordedVoter = z.infer<typeof votersSchema>['votes'][number];
export type RecordedRefusal = z.infer<typeof refusalSchema>;

/** The bytes of an event's body; undefined where they were not kept or cannot be opened. */
export function bodyBytes(event: RecordedEvent): Buffer | undefined {
  return event.body?.base64 === undefined ? undefined : Buffer.from(event.body.base64, 'base64');
}

/** Who answered a held request, by name; nobody where the body is gone. */
export function recordedVoters(event: RecordedEvent): readonly RecordedVoter[] {
  const voters = votersSchema.safeParse(parsedJson(bodyBytes(event)));
  return voters.success ? voters.data.votes : [];
}

/** The refusal in the words in which the client was told; where those are gone, in those of the line. */
export function recordedRefusal(event: RecordedEvent): RecordedRefusal | undefined {
  const told = bodyBytes(event)?.toString();
  return event.refusal && { ...event.refusal, ...(told === undefined ? {} : { message: told }) };
}

/** The statements of a request's body. What cannot be read is shown as it is. */
export function requestStatements(event: RecordedEvent): readonly RecordedStatement[] {
  const bytes = bodyBytes(event);
  if (bytes === undefined) return [{ text: `(${event.body?.withheld ?? 'not kept'})`, parameters: [] }];
  return recordedStatements(bytes, event.body?.media ?? '', event.op);
}

/** What was forwarded in the place of a statement of the request; undefined where that is what was asked. */
export function forwardedText(event: RecordedEvent, statement: number, text: string): string | undefined {
  const changed = event.forwarded?.find((one) => one.statement === statement);
  return changed === undefined || bodyBytes(event) === undefined ? undefined : editText(text, changed.edits);
}

/** What each operation of a request does with columns, a line each: `select: reads a.b.c; filters by a.b.d`. */
export function factsOfRequest({ op = [] }: RecordedEvent): readonly string[] {
  return op.flatMap((operation) => {
    const said = factsLine(operationFacts(operation));
    return said === '' ? [] : [`${operation.kind}: ${said}`];
  });
}

function parsedJson(bytes: Buffer | undefined): unknown {
  try {
    return bytes === undefined ? undefined : JSON.parse(bytes.toString());
  } catch {
    return undefined; // an altered body names nobody
  }
}
