import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Masker } from '../masking/masker.ts';
import type { Decision, Deny, Obligation, Permit } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Part } from '../model/reply.ts';
import type { Exchange } from '../protocols/protocol.ts';
import { refusalOf } from './denial.ts';
import { durable, keptByLog, UNRECORDED } from './durable.ts';
import { failureResult } from './failure.ts';
import { laterInput } from './later-messages.ts';
import type { Meter } from './meter.ts';
import type { Stages } from './stages.ts';

/**
 * Takes one request through every stage. This is the product's promise: nothing is forwarded that was not decided,
 * recorded and, where a rule asks for it, counted and approved; nothing comes back that was not masked and recorded. No
 * protocol can go round it, because only this function hands out the upstream.
 */
export async function runExchange<Upstream>(exchange: Exchange<Upstream>, stages: Stages<Upstream>): Promise<void> {
  const decision = stages.bind(decide(exchange, stages), exchange);
  const record = stages.record(exchange.request, decision);
  if (!(await durable(record))) return refuseUnrecorded(exchange, record, stages);
  const permit = discharge(decision, exchange, stages);
  if (permit.effect === 'deny') return refuse(exchange, record, refusalOf(permit), stages);
  using meter = stages.meter(permit, exchange, record);
  const overdrawn = meter && (await meter.admit());
  if (overdrawn !== undefined) return refuse(exchange, record, overdrawn, stages);
  if (permit.obligations.some(asksPeople)) {
    const refusal = await stages.hold(exchange, record, permit);
    if (refusal !== undefined) return refuse(exchange, record, refusal, stages);
    // People take their time: a rule that asks for it, or for classes, may say no by now.
    const now = decide(exchange, stages);
    if (now.effect === 'deny') return refuse(exchange, record, refusalOf(now), stages);
  }
  const inheriting = stages.inherit(exchange.request);
  const unkept = (inheriting && (await inheriting)) ?? stages.unmaskable(permit, exchange.request);
  if (unkept !== undefined) return refuse(exchange, record, unkept, stages);
  const masker = stages.masker(permit, exchange.request);
  const unmasked = masker && exchange.unmaskable?.();
  if (unmasked !== undefined) return refuse(exchange, record, unmasked, stages);
  await answer(exchange, record, { permit, meter, masker }, stages);
}

interface Answering {
  readonly permit: Permit;
  readonly meter: Meter | undefined;
  readonly masker: Masker | undefined;
}

/** Forwards what may be, and brings back what may be seen: counted, masked, recorded, in this order. */
async function answer<Upstream>(
  exchange: Exchange<Upstream>,
  record: ExchangeRecord,
  { permit, meter, masker }: Answering,
  stages: Stages<Upstream>,
): Promise<void> {
  const { upstream, signal } = stages;
  const input = laterInput(exchange.input, record, permit, stages);
  let isRecorded = false;
  // Nothing is waited for that is there already: a turn of the queue for each part is what a small query would notice.
  const show = (seen: Part): Promise<void> | undefined => {
    if (seen.result !== undefined) stages.replied();
    return exchange.reply(seen);
  };
  const release = (part: Part): Promise<void> | undefined => {
    const seen = masker === undefined ? part : part.rewrite(masker);
    isRecorded = seen.result !== undefined;
    const recording = recordReply(record, seen, masker?.counts() ?? []);
    return recording === undefined ? show(seen) : recording.then(() => show(seen));
  };
  try {
    const how = { whole: masker !== undefined, metered: meter?.countsReply ?? false };
    let overdrawn: Refusal | undefined;
    for await (const part of stages.watched(exchange.forward({ upstream, input, ...how, signal }))) {
      if (meter !== undefined) overdrawn = await meter.release(part, release);
      else {
        const releasing = release(part);
        if (releasing !== undefined) await releasing;
      }
      if (overdrawn !== undefined) break;
    }
    if (overdrawn === undefined) return;
    isRecorded = true;
    const result = { status: 'refused', code: overdrawn.code, rows: meter?.rowsRead ?? 0 } as const;
    await record.end(result, masker?.counts() ?? [], overdrawn);
    await exchange.stop?.(overdrawn, upstream);
  } catch (fault) {
    // Why the exchange broke is what counts; that its end could not be recorded either, the log keeps.
    if (!isRecorded) await ended(record.end(failureResult(fault, stages.signal), masker?.counts() ?? []));
    throw fault;
  }
}

/** What the protocol cannot carry is refused whatever policy says; everything else policy decides. */
function decide<Upstream>({ request }: Exchange<Upstream>, stages: Stages<Upstream>): Decision {
  if (request.unsupported !== undefined) return denied(request.unsupported, stages.policy);
  const decision = stages.decide(request);
  if (decision.effect === 'deny' || !decision.obligations.some(asksPeople) || !request.preparesOnly) return decision;
  // People are asked for what runs, with its values, when it is to run; many clients prepare it in a request of its own.
  return { ...decision, obligations: decision.obligations.filter((obligation) => !asksPeople(obligation)) };
}

/** One that cannot be met at all turns the permit into a refusal, before people are asked or anything is masked. */
function discharge<Upstream>(decision: Decision, exchange: Exchange<Upstream>, stages: Stages<Upstream>): Decision {
  if (decision.effect === 'deny') return decision;
  for (const obligation of decision.obligations) {
    switch (obligation.kind) {
      case 'mask':
      case 'approve':
      case 'session':
        continue;
      case 'limit':
        // A reply that cannot be stopped cannot be limited.
        if (exchange.stop !== undefined) continue;
        return unmet(decision, UNLIMITED);
      default:
        return unmet(decision, unknownObligation(obligation, stages));
    }
  }
  return decision;
}

const UNLIMITED: Refusal = {
  code: 'obligation-unmet',
  message: 'the policy limits this request, and its protocol cannot be counted against a budget',
};

function asksPeople({ kind }: Obligation): boolean {
  return kind === 'approve';
}

async function refuse<Upstream>(
  exchange: Exchange<Upstream>,
  record: ExchangeRecord,
  refusal: Refusal,
  stages: Stages<Upstream>,
): Promise<void> {
  if (refusal === UNRECORDED) return refuseUnrecorded(exchange, record, stages);
  const { upstream, replied } = stages;
  await record.refuse(refusal);
  replied();
  await exchange.refuse(refusal, upstream);
}

/** The last part of a reply is released only when the whole reply is on record. */
function recordReply(
  record: ExchangeRecord,
  part: Part,
  masked: Parameters<ExchangeRecord['end']>[1],
): Promise<void> | undefined {
  const taken = record.reply(part.wire);
  if (part.result === undefined) return taken;
  const { result } = part;
  return taken === undefined ? record.end(result, masked) : taken.then(() => record.end(result, masked));
}

/** The refusal itself is recorded where that is possible by now; where it is not, the client is refused all the same. */
async function refuseUnrecorded<Upstream>(
  exchange: Exchange<Upstream>,
  record: ExchangeRecord,
  { upstream, replied }: Stages<Upstream>,
): Promise<void> {
  replied();
  const refused = record.refuse(UNRECORDED);
  // The log keeps the cause; waiting for a disk that is full would hold the client for nothing.
  refused?.catch(keptByLog);
  await exchange.refuse(UNRECORDED, upstream);
}

async function ended(recording: Promise<void> | undefined): Promise<void> {
  await recording?.catch(keptByLog);
}

function denied(refusal: Refusal, policy: string): Deny {
  const hint = refusal.hint === undefined ? {} : { hint: refusal.hint };
  return { effect: 'deny', code: refusal.code, rules: [], reason: refusal.message, policy, ...hint };
}

function unmet(permit: Permit, refusal: Refusal): Deny {
  return { ...denied(refusal, permit.policy), rules: permit.rules };
}

function unknownObligation<Upstream>(obligation: never, _stages: Stages<Upstream>): Refusal {
  const { kind } = obligation as { readonly kind: string };
  return { code: 'obligation-unmet', message: `the policy asks for "${kind}", which this gateway does not know` };
}
