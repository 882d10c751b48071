/**
 * What witnesses found wrong with the log, kept as files in `alarms/`. One is *proven* where it holds a checkpoint that
 * our own key signed and our log cannot continue; else it is what a witness claims, which a faulty one can do too.
 */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { canonicalJson } from '../canonical-json.ts';
import { ensureDirectory, replaceFile } from '../durable-files.ts';

/** `rollback`: a witness saw more of the log than there is. `split-view`: it saw another log than this. */
export type AlarmKind = 'rollback' | 'split-view';

export interface Alarm {
  /** Names its file. */
  readonly id: string;
  readonly kind: AlarmKind;
  readonly proven: boolean;
  /** The witness, by its name in the policy. */
  readonly witness: string;
  /** RFC 3339. */
  readonly at: string;
  /** The signed checkpoint that the witness was asked to cosign. */
  readonly ours: string;
  /** The checkpoint that the witness holds: where it is signed by our key, ours and this one are the proof. */
  readonly theirs?: string;
  /** The size that it says its tree has. */
  readonly theirSize?: number;
  /** RFC 3339, and the id of who looked into it: an alarm that is acknowledged stops nothing any more. */
  readonly acknowledged?: { readonly at: string; readonly by: string };
}

/** Alarms of one kind by one witness that are kept, beyond the proven ones: a faulty witness repeats itself. */
const MAX_CLAIMS = 100;

export class Alarms {
  readonly #directory: string;
  #all: readonly Alarm[];

  constructor(directory: string) {
    this.#directory = directory;
    this.#all = readAlarms(directory);
  }

  /** The oldest first. */
  get all(): readonly Alarm[] {
    return this.#all;
  }

  /** The first that is proven and that nobody has looked into. */
  get standing(): Alarm | undefined {
    return this.#all.find(({ proven, acknowledged }) => proven && acknowledged === undefined);
  }

  /** Keeps an alarm, durably; undefined where it is known, or one claim among too many. */
  raise(found: Omit<Alarm, 'id'>): Alarm | undefined {
    const { kind, witness, theirs = '', theirSize = -1, proven } = found;
    const what = canonicalJson(proven ? { kind, theirs } : { kind, theirSize, theirs, witness });
    const id = `alm_${hash('sha256', what, 'hex').slice(0, 32)}`;
    if (this.#all.some((one) => one.id === id)) return undefined;
    if (!proven && this.#all.filter((one) => !one.proven).length >= MAX_CLAIMS) return undefined;
    const alarm: Alarm = { id, ...found };
    this.#write(alarm);
    this.#all = [...this.#all, alarm];
    return alarm;
  }

  /** Undefined where there is none of this id. */
  acknowledge(id: string, by: string, at: string): Alarm | undefined {
    const known = this.#all.find((one) => one.id === id);
    if (known === undefined || known.acknowledged !== undefined) return known;
    const alarm = { ...known, acknowledged: { at, by } };
    this.#write(alarm);
    this.#all = this.#all.map((one) => (one.id === id ? alarm : one));
    return alarm;
  }

  #write(alarm: Alarm): void {
    ensureDirectory(this.#directory);
    replaceFile(join(this.#directory, `${alarm.id}.json`), `${canonicalJson({ v: 1, ...alarm })}\n`);
  }
}

function readAlarms(directory: string): readonly Alarm[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^alm_[0-9a-f]{32}\.json$/u.test(name))
    .map((name) => readAlarm(join(directory, name)))
    .toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

function readAlarm(path: string): Alarm {
  try {
    const alarm = JSON.parse(readFileSync(path, 'utf8')) as Alarm;
    if (typeof alarm.id === 'string' && typeof alarm.at === 'string' && typeof alarm.proven === 'boolean') return alarm;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read`, { cause });
  }
  throw new Fault('log-corrupt', `${path} is not an alarm as it was written`);
}
