import type { GrantId, TargetName } from '../../../model/ids.ts';
import type { EraName } from './era.ts';
import { type Json, type JsonObject, textOf } from './lossless-json.ts';
import type { Listed } from './merged-list.ts';
import { namedWithin } from './names.ts';
import type { ListName } from './rewrite.ts';
import type { Outcome } from './rpc.ts';
import { type ClientFacts, TargetClient } from './target-client.ts';

/** What the client is asked, on its way back to whoever asked. */
export type Waiting =
  /** A server that spoke before 2026-07-28 waits for it. */
  | { readonly kind: 'relayed'; readonly client: TargetClient; readonly id: Json }
  /** The endpoint itself does, to ask a server again with it. */
  | { readonly kind: 'own'; readonly answered: (outcome: Outcome) => void };

/** A request of the client's that a server works on. */
export interface UnderWay {
  readonly client: TargetClient;
  /** Under which id the server knows it. */
  readonly id: string;
  readonly cancel: () => void;
}

/** Where what servers say unasked goes to. */
export interface Listening {
  /** A server was met while the client listens. */
  readonly add: (client: TargetClient) => void;
  /** What it wants to hear of one has changed. */
  readonly again: (client: TargetClient) => void;
  /** The client listens anew. */
  readonly replaced: () => void;
}

/** What the endpoint knows of one client: a session of its, or of one without sessions what it says of itself. */
export class FederatedSession {
  readonly grant: GrantId;
  readonly facts: ClientFacts;
  readonly version: string;
  readonly underWay = new Map<string, UnderWay>();
  readonly waiting = new Map<string, Waiting>();
  /** Resources of servers of 2026-07-28 that a client of an older era has subscribed to, by target, as those say them. */
  readonly subscribed = new Map<TargetName, Set<string>>();
  listening: Listening | undefined;
  usedAtMs: number;
  readonly #eras: Map<TargetName, EraName>;
  readonly #clients = new Map<TargetName, TargetClient>();
  /** What was listed, by its kind and the name that the endpoint gives it. */
  readonly #listed = new Map<string, Listed>();
  #ids = 0;

  constructor(
    of: { readonly grant: GrantId; readonly facts: ClientFacts; readonly version: string; readonly nowMs: number },
    eras: Map<TargetName, EraName>,
  ) {
    this.grant = of.grant;
    this.facts = of.facts;
    this.version = of.version;
    this.usedAtMs = of.nowMs;
    this.#eras = eras;
  }

  /** The client of a target, made where there is none yet. */
  client(target: TargetName): TargetClient {
    const known = this.#clients.get(target);
    if (known !== undefined) return known;
    const made = new TargetClient(target, this.facts, this.#eras, (met) => this.listening?.add(met));
    this.#clients.set(target, made);
    return made;
  }

  /** Those whose servers were asked for anything. */
  get met(): readonly TargetClient[] {
    return [...this.#clients.values()].filter(({ met }) => met);
  }

  remember(list: ListName, items: readonly Listed[]): void {
    for (const one of items) this.#listed.set(`${list} ${textOf(one.told['name']) ?? ''}`, one);
  }

  listed(list: ListName, name: string): Listed | undefined {
    return this.#listed.get(`${list} ${name}`);
  }

  /** What a server says of a tool of its, where that was listed. */
  toolOf(target: TargetName, name: string): JsonObject | undefined {
    return this.listed('tools', namedWithin(target, name))?.own;
  }

  /** Keeps who waits for an answer of the client's; the id under which the client is asked. */
  wait(waiting: Waiting): string {
    const id = `chaperone-${++this.#ids}`;
    this.waiting.set(id, waiting);
    return id;
  }
}

/** An id of JSON-RPC as a key: `1` and `"1"` are two. */
export function keyOfId(id: Json | undefined): string {
  return JSON.stringify(id ?? null);
}

export function isRequest(message: JsonObject): boolean {
  return typeof message['method'] === 'string' && message['id'] !== undefined && message['id'] !== null;
}
