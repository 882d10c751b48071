import { isObject, type JsonObject, objectOf } from './lossless-json.ts';
import { failed, type Outcome, RPC } from './rpc.ts';

/** As often as a server may want something more of one request. */
const MOST_ROUNDS = 10;

/** What a server wants of the client before it goes on (2026-07-28, multi round-trip requests); undefined of an answer. */
export function inputsOf(outcome: Outcome): JsonObject | undefined {
  if (outcome.kind === 'error' || outcome.result['resultType'] !== 'input_required') return undefined;
  return objectOf(outcome.result['inputRequests']) ?? {};
}

/** Asks the client for what the server wants, and the server again with it, until it answers. */
export async function withAnswers(
  first: Outcome,
  params: JsonObject,
  again: (params: JsonObject) => Promise<Outcome>,
  askClient: (request: JsonObject) => Promise<Outcome>,
): Promise<Outcome> {
  let outcome = first;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const inputs = inputsOf(outcome);
    if (inputs === undefined || outcome.kind === 'error') return outcome;
    const { requestState } = outcome.result;
    const inputResponses: Record<string, JsonObject> = {};
    for (const [key, request] of Object.entries(inputs)) {
      if (!isObject(request)) continue;
      const answer = await askClient(request);
      if (answer.kind === 'error') return answer;
      inputResponses[key] = answer.result;
    }
    outcome = await again({ ...params, inputResponses, ...(requestState === undefined ? {} : { requestState }) });
  }
  return failed(RPC.internal, `the server wanted more than ${MOST_ROUNDS} times something of the client`);
}
