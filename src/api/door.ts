import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../model/limits.ts';
import { RateLimit } from '../wire/rate-limit.ts';
import { HttpProblem } from './problem.ts';

export interface DoorRates {
  readonly perSecond: number;
  readonly burst: number;
  readonly perSecondOfAll: number;
  readonly burstOfAll: number;
}

/** A way in that strangers may try: so often by one address, and so often by all of them together. */
export class Door {
  readonly #each: RateLimit;
  readonly #all: RateLimit;

  constructor({ perSecond, burst, perSecondOfAll, burstOfAll }: DoorRates) {
    this.#each = new RateLimit({ perSecond, burst, maxAddresses: LIMITS.apiAddressesRemembered });
    this.#all = new RateLimit({ perSecond: perSecondOfAll, burst: burstOfAll, maxAddresses: 1 });
  }

  /** 0 where the caller may try, else the seconds after which they may. */
  try(who: string, nowMs: number): number {
    const seconds = this.#each.take(who, nowMs);
    return seconds > 0 ? seconds : this.#all.take('all', nowMs);
  }

  /** Throws the problem 429, with `retry-after`. */
  pass(request: FastifyRequest, reply: FastifyReply, nowMs: number, who: string = callerAddress(request)): void {
    const seconds = this.try(who, nowMs);
    if (seconds === 0) return;
    reply.header('retry-after', seconds);
    throw new HttpProblem(429, 'Too many attempts', { code: 'rate-limited', hint: `Again in ${seconds} s.` });
  }
}

export const LOGIN_RATES: DoorRates = {
  perSecond: LIMITS.loginsPerSecond,
  burst: LIMITS.loginBurst,
  perSecondOfAll: LIMITS.loginsPerSecondOfAll,
  burstOfAll: LIMITS.loginBurstOfAll,
};

/** For what could be guessed. */
export const CODE_RATES: DoorRates = {
  perSecond: LIMITS.codesPerSecond,
  burst: LIMITS.codeBurst,
  perSecondOfAll: LIMITS.codesPerSecondOfAll,
  burstOfAll: LIMITS.codeBurstOfAll,
};

/** One client's own: of IPv6 the first 64 bits, for the rest is theirs to choose. */
export function callerAddress({ ip }: Pick<FastifyRequest, 'ip'>): string {
  if (!ip.includes(':') || ip.startsWith('::ffff:')) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length;
  return [...groups, ...Array.from({ length: missing }, () => '0')].slice(0, 4).join(':');
}
