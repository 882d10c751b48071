import type { JsonValue } from '../../model/http.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import { AskClient } from './ask-client.ts';
import { askServer } from './ask-server.ts';
import { isObject, type JsonObject, objectAt } from './canonical-json.ts';
import type { RpcRequest } from './message.ts';
import type { ReplyRules } from './reply-reader.ts';
import { mapTaskIds } from './task-ids.ts';

/** What a server asks of its client while it works on a request: decided each, as an exchange of its own. */
export class ServerQuestions {
  readonly #rules: ReplyRules;
  readonly #upstream: HttpUpstream;

  constructor(rules: ReplyRules, upstream: HttpUpstream) {
    this.#rules = rules;
    this.#upstream = upstream;
  }

  /**
   * A request of the server's as its client sees it, under an id of the gateway's, by which its answer is known. Undefined
   * where it is not asked: then the server was answered in its place.
   */
  async ask(message: RpcRequest): Promise<string | undefined> {
    const { behalf, session } = this.#rules;
    const shown = await this.#decided(message, async (answer) => {
      const connection = await this.#upstream.beside(session.signal);
      try {
        await askServer(connection, this.#upstream, { behalf, message: answer, signal: session.signal });
      } finally {
        await connection[Symbol.asyncDispose]();
      }
    });
    return shown && JSON.stringify({ ...shown, id: this.#rules.questionId(message.id) });
  }

  /**
   * What a server of 2026-07-28 wants to know before it goes on: the result as it may be seen, or what of it the client is
   * not asked.
   */
  async inputs(result: JsonObject): Promise<{ readonly value: JsonObject } | { readonly denied: Refusal }> {
    const shown: Record<string, JsonValue> = {};
    for (const [id, wanted] of Object.entries(objectAt(result, 'inputRequests'))) {
      const method = isObject(wanted) && typeof wanted['method'] === 'string' ? wanted['method'] : '';
      const asked = await this.#decided({ kind: 'request', id, method, params: objectAt(wanted, 'params') }, () =>
        Promise.resolve(),
      );
      if (asked === undefined) {
        const why = this.#rules.isApart() ? APART.message : 'which is not permitted';
        return { denied: { code: 'policy-denied', message: `the server asks its client for ${method}, ${why}` } };
      }
      shown[id] = { ...(isObject(wanted) ? wanted : {}), params: objectAt(asked, 'params') };
    }
    // What a call that goes on alone would need, it does not get: there is nobody to send it again.
    if (this.#rules.isApart()) return { denied: APART };
    return { value: { ...result, inputRequests: shown } };
  }

  async #decided(message: RpcRequest, deny: (answer: JsonValue) => Promise<void>): Promise<JsonObject | undefined> {
    const { session, behalf, digest, taskId, isApart } = this.#rules;
    // A server that asks whether its client is there learns nothing of it.
    if (message.method === 'ping') return { jsonrpc: '2.0', method: 'ping' };
    const params = mapTaskIds(message.params, taskId) ?? message.params;
    const unsupported = isApart() ? APART : undefined;
    const parts = { target: session.target, version: behalf.version, digest, unsupported };
    const asking = new AskClient({ ...message, params }, parts, deny);
    await session.run(asking);
    return asking.shown === undefined ? undefined : (JSON.parse(asking.shown) as JsonObject);
  }
}

const APART: Refusal = {
  code: 'protocol-unsupported',
  message: 'the call goes on as a task, so its client cannot be asked anything',
  hint: 'Make the call without a task.',
};
