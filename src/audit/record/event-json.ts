/** The parts of an event as canonical JSON, kept beside the values they were made of where those are shared. */
import type { ApprovalRecord } from '../../model/approval.ts';
import type { Decision } from '../../model/decision.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../../model/reply.ts';
import type { ForwardedStatement, Operation } from '../../model/request.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { HttpOperations } from './http-operations.ts';
import { JSON_CHARACTER_BYTES, type RecordPen } from './record-pen.ts';
import { packOperation } from './recorded-operations.ts';

const httpOperations = new HttpOperations();
const operationsText = new WeakMap<readonly Operation[], Uint8Array>();
const decisionText = new WeakMap<Decision, Uint8Array>();

/** `"op":[…],`: what was asked, as policy judged it. */
export function operationsMember(operations: readonly Operation[]): Uint8Array {
  // Those of HTTP are made for each request, and most say the same.
  if (operations[0]?.http !== undefined) return httpOperations.text(operations, writtenOperations);
  let text = operationsText.get(operations);
  if (text === undefined) {
    text = writtenOperations(operations);
    operationsText.set(operations, text);
  }
  return text;
}

function writtenOperations(operations: readonly Operation[]): Uint8Array {
  return Buffer.from(`"op":${canonicalJson(operations.map(packOperation))},`);
}

/** `"decision":{…},` */
export function decisionMember(decision: Decision): Uint8Array {
  let text = decisionText.get(decision);
  if (text === undefined) {
    text = Buffer.from(`"decision":${canonicalJson(decision as unknown as Json)},`);
    decisionText.set(decision, text);
  }
  return text;
}

/** `,"forwarded":[…]` where another text was forwarded than was sent: the changes alone, none of the client's words. */
export function forwardedMember(forwarded: readonly ForwardedStatement[] | undefined): Uint8Array {
  if (forwarded === undefined) return NOTHING;
  return Buffer.from(`,"forwarded":${canonicalJson(forwarded as unknown as Json)}`);
}

const NOTHING = new Uint8Array();

/** What the line says of a wait for people: no name and no reason. */
export function heldJson({ votes, ...approval }: ApprovalRecord): string {
  const told = votes.map(({ person, answer, channel, at }) => ({ answer, at, channel, person }));
  return canonicalJson({ ...approval, votes: told });
}

/** What the body says of it: who the voters are, and why they answered so. Undefined where nobody did. */
export function voterText({ votes }: ApprovalRecord): string | undefined {
  if (votes.length === 0) return undefined;
  return canonicalJson({ votes: votes.map(({ person, login, reason }) => ({ login, person, reason })) });
}

/** What the line says of a refusal. */
export function refusalJson({ impersonal, message, ...refusal }: Refusal): string {
  return canonicalJson({ ...refusal, message: impersonal ?? message });
}

/** The most bytes that `writeResult` takes. */
export function resultBound({ code = '', tags = [] }: ExchangeResult): number {
  let characters = code.length;
  for (const tag of tags) characters += tag.length + 1;
  return RESULT_BYTES + characters * JSON_CHARACTER_BYTES;
}

/** `"result":{"code":…,"rows":…,"status":…,"tags":…},`; written out by hand, for every reply has one. */
export function writeResult(pen: RecordPen, { status, code, rows, tags }: ExchangeResult): void {
  pen.bytes(RESULT);
  if (code !== undefined) {
    pen.text('"code":');
    pen.json(code);
    pen.text(',');
  }
  pen.bytes(ROWS);
  pen.decimal(rows);
  pen.bytes(STATUS);
  pen.json(status);
  if (tags !== undefined) {
    pen.bytes(TAGS);
    for (let i = 0; i < tags.length; i++) {
      if (i > 0) pen.text(',');
      pen.json(tags[i] as string);
    }
    pen.text(']');
  }
  pen.bytes(RESULT_END);
}

const RESULT_BYTES = 128;
const RESULT = Buffer.from('"result":{');
const ROWS = Buffer.from('"rows":"');
const STATUS = Buffer.from('","status":');
const TAGS = Buffer.from(',"tags":[');
const RESULT_END = Buffer.from('},');

export function maskedJson(masked: readonly MaskCount[]): string {
  return canonicalJson(masked as unknown as Json);
}
