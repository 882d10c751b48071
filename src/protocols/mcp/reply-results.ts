import type { Refusal } from '../../model/refusal.ts';
import { type JsonObject, listAt, textAt } from './canonical-json.ts';
import { filteredList } from './definitions.ts';
import { filteredGreeting } from './greeting.ts';
import { type Asked, operationOf } from './inspect.ts';
import type { RpcRequest } from './message.ts';
import type { ReplyRules } from './reply-reader.ts';
import type { ServerQuestions } from './server-questions.ts';
import { greetingWithTasks, offersTasks, toolsWithTasks } from './tasks/offer.ts';
import { isModern } from './versions.ts';

/** A result as it may be seen, or why it may not be. */
type Seen = { readonly value: JsonObject } | { readonly denied: Refusal } | undefined;

/** What a client may see of the results of one request: lists of what it may use, and what is the gateway's beside the server's. */
export class ReplyResults {
  readonly #rules: ReplyRules;
  readonly #asked: Asked;
  readonly #questions: ServerQuestions;

  constructor(rules: ReplyRules, asked: Asked, questions: ServerQuestions) {
    this.#rules = rules;
    this.#asked = asked;
    this.#questions = questions;
  }

  /** Undefined where it is as it came. */
  async seen(result: JsonObject): Promise<Seen> {
    const { session, definitions } = this.#rules;
    const method = this.method;
    if (result['resultType'] === 'input_required') return this.#questions.inputs(result);
    if (method === 'initialize' || method === 'server/discover') return this.#greeting(result, method);
    // What a stream brings again may be a list; a tool's own result is none.
    if (method === 'tools/call' || method === 'prompts/get' || method === 'resources/read') return undefined;
    if (method === 'tasks/list') return { value: this.#withTasks(result) };
    const value = filteredList(result, {
      met: (list) => definitions.of(session, list),
      mayUse: (use, params) => this.#mayUse(use, params),
    });
    return value && { value: this.#offered(value) };
  }

  async #greeting(result: JsonObject, method: string): Promise<Seen> {
    const { session, definitions, behalf } = this.#rules;
    const filtered = await filteredGreeting(result, {
      isAccepted: (server) => definitions.isServerAccepted(session, server),
      mayUse: (asked) => this.#mayUse(asked, {}),
    });
    const version = method === 'initialize' ? (textAt(result, 'protocolVersion') ?? '') : behalf.version;
    const value = offersTasks(session, version) ? greetingWithTasks(filtered ?? result, version) : filtered;
    return value && { value };
  }

  /** A list in which tools say that their calls may be tasks, to a client that asks for tasks. */
  #offered(list: JsonObject): JsonObject {
    const { session, behalf } = this.#rules;
    const { version } = behalf;
    if (isModern(version) || !('tools' in list)) return list;
    return toolsWithTasks(list, (tool) => offersTasks(session, version, tool, this.#isDestructive(tool))) ?? list;
  }

  /** The gateway's own are on the first page, whatever the server has. */
  #withTasks(result: JsonObject): JsonObject {
    const isFirst = this.#request?.params['cursor'] === undefined;
    return { ...result, tasks: [...(isFirst ? this.#rules.ownTasks() : []), ...(listAt(result, 'tasks') ?? [])] };
  }

  #mayUse(method: string, params: JsonObject): boolean {
    const { session, behalf } = this.#rules;
    const tool = method === 'tools/call' ? textAt(params, 'name') : undefined;
    const isDestructive = tool !== undefined && this.#isDestructive(tool);
    return session.mayPermit(operationOf(session.target, { method, params, version: behalf.version, isDestructive }));
  }

  get method(): string | undefined {
    return this.#request?.method;
  }

  get #request(): RpcRequest | undefined {
    const asked = this.#asked;
    return asked.kind === 'message' && asked.message.kind === 'request' ? asked.message : undefined;
  }

  #isDestructive(tool: string): boolean {
    const { session, definitions } = this.#rules;
    return definitions.of(session, { kind: 'tool' })?.destructive.has(tool) === true;
  }
}
