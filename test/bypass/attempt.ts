import type { RefusalCode } from '../../src/model/refusal.ts';
import type { Profile } from './world.ts';

/**
 * What stops an attempt. `masked`: rows come, and what derives from classified columns in them is masked. `silent`: what
 * comes holds nothing of a value (a count, a tag). `redacted`: the server says an error or notice, and the gateway takes
 * the value out of it. `server`: the server itself refuses, in words without a value. Otherwise the refusal's code, with
 * the rule after a colon where one decided.
 */
export type Stop = 'masked' | 'silent' | 'redacted' | 'server' | RefusalCode | `${RefusalCode}: ${string}`;

/** One way of getting at what is masked. */
export interface Attempt {
  /** One line: what is tried. Unique. */
  readonly what: string;
  /** Each sent by itself; the last is the one that `stop` tells of, and what comes before it must not leak, either. */
  readonly sql: string | readonly string[];
  readonly stop: Stop;
  /** `reader` where absent. */
  readonly as?: Profile;
  /** How it is sent: the simple protocol where absent; `binary` asks for results in binary. */
  readonly by?: 'simple' | 'extended' | 'binary';
  /** Data of a COPY FROM STDIN. */
  readonly copy?: string;
  /** Why it is a known hole, where it is one: it is reported, and does not fail the suite. */
  readonly todo?: string;
}
