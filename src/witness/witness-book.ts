/**
 * What a witness knows, on disk: the newest checkpoint that it cosigned of each log, and what speaks against a log. One
 * process a directory. Each change is durable before anybody hears of it, and happens whole between two requests: nothing
 * here waits.
 */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCheckpointHead } from '../audit/c2sp/checkpoint-text.ts';
import { parseNote, withSignaturesBy } from '../audit/c2sp/note-text.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import { lockDirectory } from '../audit/directory-lock.ts';
import { ensureDirectory, replaceFile } from '../audit/durable-files.ts';
import { cosign, openCosignatures } from '../audit/log/cosignature.ts';
import { type NoteVerifier, openNote } from '../audit/log/signed-note.ts';
import { Fault } from '../model/fault.ts';
import type { Limits } from '../model/limits.ts';
import { type AddRequest, type Decision, decide, type Known, type Misbehaviour } from './add-checkpoint.ts';
import type { WitnessKeys } from './witness-keys.ts';

export interface WitnessBookOptions {
  readonly directory: string;
  readonly keys: WitnessKeys;
  /** The logs that are witnessed: their verifier keys; a log that changes its key has several. */
  readonly logs: readonly NoteVerifier[];
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** What speaks against a log, once it is kept. */
  readonly onMisbehaviour: (found: KeptMisbehaviour) => void;
}

/** Its file stands in `misbehaviour/`. */
export interface KeptMisbehaviour {
  readonly id: string;
  readonly kind: Misbehaviour['kind'];
  readonly proven: boolean;
  readonly origin: string;
  /** RFC 3339. */
  readonly at: string;
  /** What had been cosigned: signed by the log, and by this witness. */
  readonly known: string;
  /** What the log signed beside it. */
  readonly submitted: string;
  readonly oldSize: number;
  /** The consistency proof that came along, hex. */
  readonly proof: readonly string[];
}

export type Answer = Exclude<Decision, { kind: 'cosign' }> | { readonly kind: 'cosigned'; readonly lines: string };

export class WitnessBook implements Disposable {
  readonly #options: WitnessBookOptions;
  readonly #lock: Disposable;
  readonly #keys = new Map<string, NoteVerifier[]>();
  readonly #known = new Map<string, Known>();
  #misbehaviour: readonly KeptMisbehaviour[];

  constructor(options: WitnessBookOptions) {
    this.#options = options;
    ensureDirectory(options.directory);
    this.#lock = lock(options.directory);
    try {
      for (const log of options.logs) this.#keys.set(log.name, [...(this.#keys.get(log.name) ?? []), log]);
      for (const origin of this.#keys.keys()) this.#load(origin);
      this.#misbehaviour = readMisbehaviour(options.directory);
    } catch (cause) {
      this.#lock[Symbol.dispose]();
      throw cause;
    }
  }

  get origins(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** The oldest first. */
  get misbehaviour(): readonly KeptMisbehaviour[] {
    return this.#misbehaviour;
  }

  /** The newest checkpoint of the log whose origin has this SHA-256 (hex); undefined where none was cosigned. */
  byHash(originHash: string): Known | undefined {
    const origin = this.origins.find((one) => hash('sha256', one, 'hex') === originHash);
    return origin === undefined ? undefined : this.#known.get(origin);
  }

  /** Decides, stores and cosigns, in one step that nothing comes between. */
  add(request: AddRequest): Answer {
    const decision = decide(
      request,
      (origin) => this.#keys.get(origin),
      (origin) => this.#known.get(origin),
    );
    if (decision.kind !== 'cosign') {
      if (decision.misbehaviour !== undefined) this.#keep(decision.misbehaviour);
      return decision;
    }
    const { checkpoint, text } = decision;
    const time = Math.floor(this.#options.clock() / 1000);
    const lines = this.#options.keys.cosigners.map((cosigner) => cosign(text, cosigner, time)).join('');
    const known: Known = { ...checkpoint, note: `${decision.note}${lines}` };
    const path = this.#path(checkpoint.origin);
    ensureDirectory(join(this.#options.directory, 'logs'));
    replaceFile(path, known.note, 0o644);
    this.#known.set(checkpoint.origin, known);
    return { kind: 'cosigned', lines };
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  #path(origin: string): string {
    return join(this.#options.directory, 'logs', `${hash('sha256', origin, 'hex')}.checkpoint`);
  }

  /** What was cosigned before counts where our own key made it: a file that somebody wrote must not lower it. */
  #load(origin: string): void {
    const path = this.#path(origin);
    if (!existsSync(path)) return;
    const note = readFileSync(path, 'utf8');
    const checkpoint = parseCheckpointHead(textOf(note));
    const own = openCosignatures(note, this.#options.keys.verifiers);
    if (checkpoint?.origin !== origin || own === undefined || own.length === 0) {
      throw new Fault('log-corrupt', `${path} is not a checkpoint that this witness cosigned`);
    }
    this.#known.set(origin, { ...checkpoint, note });
  }

  #keep({ kind, proven, request }: Misbehaviour): void {
    const { limits, clock, directory, onMisbehaviour } = this.#options;
    const text = textOf(request.note);
    const origin = parseCheckpointHead(text)?.origin ?? '';
    const known = this.#known.get(origin);
    // Signatures of others and wrong proofs make no new find of what the log signed.
    const id = `mis_${hash('sha256', canonicalJson({ kind, known: known?.root ?? '', text }), 'hex').slice(0, 32)}`;
    if (this.#misbehaviour.some((one) => one.id === id)) return;
    const alike = this.#misbehaviour.filter((one) => one.origin === origin && one.proven === proven).length;
    if (alike >= limits.witnessSuspicionsKept) return;
    const { oldSize, proof } = request;
    const submitted = signedByLog(request.note, this.#keys.get(origin) ?? []);
    const at = new Date(clock()).toISOString();
    const found: KeptMisbehaviour = {
      id,
      kind,
      proven,
      origin,
      at,
      known: known?.note ?? '',
      submitted,
      oldSize,
      proof,
    };
    ensureDirectory(join(directory, 'misbehaviour'));
    replaceFile(join(directory, 'misbehaviour', `${id}.json`), `${canonicalJson({ v: 1, ...found })}\n`, 0o644);
    this.#misbehaviour = [...this.#misbehaviour, found];
    onMisbehaviour(found);
  }
}

/** What a witness has kept against logs, the oldest first. Needs no lock. */
export function readMisbehaviour(directory: string): readonly KeptMisbehaviour[] {
  const below = join(directory, 'misbehaviour');
  if (!existsSync(below)) return [];
  return readdirSync(below)
    .filter((name) => /^mis_[0-9a-f]{32}\.json$/u.test(name))
    .map((name) => readOne(join(below, name)))
    .toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

function readOne(path: string): KeptMisbehaviour {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as KeptMisbehaviour;
    if (typeof found.id === 'string' && typeof found.at === 'string' && typeof found.origin === 'string') return found;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read`, { cause });
  }
  throw new Fault('log-corrupt', `${path} is not what a witness writes`);
}

/** The note with the signatures that count. */
function signedByLog(note: string, keys: readonly NoteVerifier[]): string {
  const parsed = parseNote(note);
  return typeof parsed === 'string' ? '\n' : withSignaturesBy(parsed, openNote(note, keys)?.by ?? []);
}

/** Empty where it is no note. */
function textOf(note: string): string {
  const parsed = parseNote(note);
  return typeof parsed === 'string' ? '' : parsed.text;
}

function lock(directory: string): Disposable {
  try {
    return lockDirectory(join(directory, 'lock'));
  } catch (cause) {
    throw new Fault('log-unavailable', `another witness runs on ${directory}: two would vouch for two histories`, {
      cause,
    });
  }
}
