/** Verifies an audit directory offline: the log, every session, every body that may be opened. Changes nothing. */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { RunKeys, readDeploymentKey } from '../audit-keys.ts';
import { type AuditPaths, auditPaths, bodyPath, sessionPath } from '../audit-paths.ts';
import { checkStatementKeys, STATEMENT_FILES } from '../bundle/statement-key-files.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { isLocked } from '../directory-lock.ts';
import { markPath } from '../erasing.ts';
import { filesBelow } from '../files-below.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import type { LoggedErasure, LogIndex } from '../log/log-index.ts';
import { logRoot } from '../log/tile-log.ts';
import type { TlogPolicy } from '../log/tlog-policy.ts';
import { LOG_KEY_FILE, LOG_VERIFIER_FILE } from '../log-keys.ts';
import { bodyKey } from '../seal/body-pack.ts';
import { readState, type SealState } from '../seal/seal-state.ts';
import type { SessionState } from '../seal/sealed-session.ts';
import { type TrustedKeys, trustedKeys } from './verify-keys.ts';
import { verifyCheckpoint, verifyLog } from './verify-log.ts';
import { Findings, type VerifyReport } from './verify-report.ts';
import { verifySessionFile } from './verify-session-file.ts';
import { verifyWitnessed } from './verify-witnessed.ts';

export interface VerifyOptions {
  /** The log's verifier key, which the auditor has from elsewhere; without it the directory's own is believed. */
  readonly verifierKey?: string;
  /** Opens the bodies; without it, the directory's own where it keeps one. */
  readonly deploymentKey?: Uint8Array;
  /** A checkpoint of this log that the auditor kept: the log must be a continuation of it. */
  readonly knownCheckpoint?: string;
  /** The auditor's own trust policy (C2SP tlog-policy): a quorum of its witnesses must have seen all of the log. */
  readonly policy?: TlogPolicy;
  /** Check the files of this session alone, beside the log. */
  readonly session?: string;
}

export async function verifyDirectory(directory: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  return await new Verification(directory, options).run();
}

/** Verifies the log, and of the sessions one. */
export async function verifySession(
  directory: string,
  session: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  return await verifyDirectory(directory, { ...options, session });
}

/** Files that are checked elsewhere, or that say nothing of what was recorded. */
const OTHERS =
  /^(?:log\/|journal\/|keys\/old\/(?:[0-9a-f]{8}\.(?:json|key|tlog-proof)|statement-[0-9a-f]{64}\.json)$|alarms\/alm_[0-9a-f]{32}\.json$)/u;

class Verification {
  readonly #paths: AuditPaths;
  readonly #options: VerifyOptions;
  readonly #findings = new Findings();
  readonly #withheld: string[] = [];
  readonly #erased: LoggedErasure[] = [];
  readonly #open: string[] = [];
  readonly #live: boolean;
  /** True where something may be on disk that was never signed. */
  readonly #unsigned: boolean;

  constructor(directory: string, options: VerifyOptions) {
    this.#paths = auditPaths(directory);
    this.#options = options;
    this.#live = isLocked(this.#paths.lock);
    const journal = existsSync(this.#paths.journal) ? readdirSync(this.#paths.journal) : [];
    this.#unsigned = this.#live || journal.length > 0;
    if (!this.#live && journal.length > 0) {
      const message = 'a gateway ended without sealing its journal; the next start seals it';
      for (const name of journal) this.#findings.incomplete(`journal/${name}`, message);
    }
    this.#findings.check('journal', this.#live ? 'a gateway is running' : `${journal.length} segments are not sealed`);
  }

  async run(): Promise<VerifyReport> {
    // The state is read first: what it covers stays as it is, however far a running gateway gets meanwhile.
    const state = this.#state();
    const keys = trustedKeys(this.#paths, this.#findings, this.#options.verifierKey);
    this.#findings.check(
      'keys',
      keys === undefined ? 'the log has no key' : `the log is ${keys.newest.name}${changed(keys)}`,
    );
    if (keys === undefined) return this.#report(undefined);
    const unsigned = this.#unsigned || isBehind(this.#paths, state);
    const check = { paths: this.#paths, findings: this.#findings, verifier: keys.newest, unsigned };
    const checkpoint = verifyCheckpoint(check);
    if (checkpoint === undefined) {
      this.#findings.check('log', 'there is no checkpoint to check against');
      return this.#report(undefined);
    }
    const index = verifyLog(check, checkpoint);
    this.#continuity(checkpoint, state, keys);
    this.#findings.check('log', `${checkpoint.size} entries under a signed checkpoint`);
    verifyWitnessed(check, checkpoint, keys, this.#options.policy);
    await this.#sessions(index, state);
    this.#runs(index);
    if (this.#options.session === undefined) this.#strangers(index);
    return this.#report(checkpoint);
  }

  #state(): SealState | undefined {
    const state = this.#attempt('state.json', () => readState(this.#paths.state));
    if (state === undefined && !existsSync(this.#paths.state))
      this.#findings.fail('state.json', 'the state is missing');
    return state;
  }

  /** The checkpoint, the state and a checkpoint kept elsewhere must be of one log. */
  #continuity(checkpoint: Checkpoint, state: SealState | undefined, keys: TrustedKeys): void {
    const { log } = this.#paths;
    if (state !== undefined && state.log.size > checkpoint.size) {
      if (!this.#live)
        this.#findings.incomplete('state.json', `${state.log.size} entries were written and ${checkpoint.size} signed`);
    } else if (state !== undefined) {
      const root = this.#attempt('log', () => logRoot(log, checkpoint.size, state.log.size));
      if (state.log.root !== root) this.#findings.fail('state.json', 'the state is of another log');
      if (state.log.size < checkpoint.size && !this.#live) {
        this.#findings.fail(
          'state.json',
          `the state is of ${state.log.size} entries, and ${checkpoint.size} were signed`,
        );
      }
    }
    if (this.#options.knownCheckpoint === undefined) return;
    const known = openCheckpoint(this.#options.knownCheckpoint, keys.newest.name, keys.all);
    if (known === undefined) this.#findings.fail('log/checkpoint', 'the checkpoint that was kept is not of this log');
    else if (known.size > checkpoint.size) {
      this.#findings.fail('log/checkpoint', `the log has ${checkpoint.size} entries; it had ${known.size} before`);
    } else if (this.#attempt('log', () => logRoot(log, checkpoint.size, known.size)) !== known.root) {
      this.#findings.fail('log/checkpoint', 'the log is not a continuation of the checkpoint that was kept');
    }
  }

  async #sessions(index: LogIndex, state: SealState | undefined): Promise<void> {
    const open = new Map<string, SessionState>(state?.sessions.map((one) => [one.id, one]));
    const keys = this.#runKeys();
    const wanted = this.#options.session;
    if (wanted !== undefined && !index.sessions.has(wanted)) {
      this.#findings.fail('log', `the log knows no session ${wanted}`);
    }
    for (const session of index.sessions.values()) {
      if (wanted !== undefined && session.id !== wanted) continue;
      if (!session.closed) this.#open.push(session.id);
      const runKey = this.#attempt(`keys/runs/${session.run}.key`, () => keys?.read(session.run));
      const check = {
        paths: this.#paths,
        findings: this.#findings,
        session,
        state: session.closed ? undefined : open.get(session.id),
        key: runKey === undefined ? undefined : bodyKey(runKey, session.id),
        unsigned: this.#unsigned,
        live: this.#live,
      };
      try {
        await verifySessionFile(check);
      } catch (cause) {
        // An altered directory may hold anything: what cannot even be checked has failed.
        this.#findings.fail(
          `sessions/${session.day}/${session.id}.jsonl`,
          `the session cannot be checked: ${String(cause)}`,
        );
      }
    }
    const { sessions, events, bodies } = this.#findings.totals;
    this.#findings.check('sessions', `${sessions} sessions, ${events} events, ${bodies} bodies opened`);
  }

  #runs(index: LogIndex): void {
    const keys = this.#runKeys();
    for (const run of index.runs.values()) {
      this.#findings.totals.runs++;
      if (!run.closed) this.#open.push(run.id);
      const path = keys?.path(run.id) ?? join(this.#paths.keys, 'runs', `${run.id}.key`);
      const file = relative(this.#paths.root, path);
      const erasure = index.erased.get(run.id);
      if (erasure !== undefined) this.#erased.push(erasure);
      if (!existsSync(path)) {
        this.#withheld.push(run.id);
        // A copy that came without any key of a run is one for somebody who may read no body.
        const wanted = existsSync(dirname(path)) && erasure === undefined;
        if (wanted) this.#findings.incomplete(file, 'the key is not here, and the log erased no bodies');
      } else if (erasure !== undefined) {
        this.#findings.incomplete(file, 'the log says that the bodies were erased, and their key is still here');
      } else if (hash('sha256', readFileSync(path), 'hex') !== run.keyDigest) {
        this.#findings.fail(file, 'this is not the key that the log says the run has');
      }
    }
    if (!this.#live) for (const id of this.#open) this.#findings.incomplete('log', `${id} was opened and never closed`);
    this.#findings.check('runs', `${index.runs.size} runs, ${this.#open.length} runs and sessions not closed`);
  }

  #runKeys(): RunKeys | undefined {
    const deployment = this.#attempt('keys/deployment.key', () => {
      return this.#options.deploymentKey ?? readDeploymentKey(this.#paths.keys);
    });
    return deployment === undefined ? undefined : new RunKeys(this.#paths.keys, deployment);
  }

  /** Files that the log does not account for. */
  #strangers(index: LogIndex): void {
    const { root, lock, state, checkpoint } = this.#paths;
    const known = new Set([lock, state, checkpoint]);
    for (const name of [LOG_VERIFIER_FILE, LOG_KEY_FILE, 'next.key', 'next.vkey', 'deployment.key'])
      known.add(join(this.#paths.keys, name));
    for (const name of Object.values(STATEMENT_FILES)) known.add(join(this.#paths.keys, name));
    this.#attempt('keys/statement.key', () => checkStatementKeys(this.#paths.keys));
    for (const run of index.runs.keys()) {
      known.add(join(this.#paths.keys, 'runs', `${run}.key`));
      // An erasure that a crash interrupted: the next start ends it.
      known.add(markPath(this.#paths, run));
    }
    for (const { id, day } of index.sessions.values()) {
      known.add(sessionPath(this.#paths, day, id));
      known.add(bodyPath(this.#paths, id));
    }
    for (const path of filesBelow(root)) {
      const file = relative(root, path);
      if (known.has(path) || OTHERS.test(file)) continue;
      if (this.#live) continue; // it may belong to what is not signed yet
      const message = `the log does not know ${basename(path)}`;
      if (this.#unsigned) this.#findings.incomplete(file, message);
      else this.#findings.fail(file, message);
    }
    // Not to be opened: closing it would let go of the lock of a gateway in this very process.
    if (existsSync(lock) && statSync(lock).size > 0) this.#findings.fail('lock', 'the lock is not empty');
    this.#findings.check('files', 'every file is one that the log accounts for');
  }

  /** Runs what may find a file unreadable; that is a finding, and the result is undefined. */
  #attempt<Result>(file: string, action: () => Result): Result | undefined {
    try {
      return action();
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      this.#findings.fail(file, cause.message.replaceAll(`${this.#paths.root}/`, ''));
      return undefined;
    }
  }

  #report(checkpoint: Checkpoint | undefined): VerifyReport {
    const { verdict, checks, all, more, totals } = this.#findings;
    return {
      verdict,
      checks,
      findings: all,
      moreFindings: more,
      totals,
      withheld: this.#withheld,
      erased: this.#erased,
      live: this.#live ? this.#open : [],
      unterminated: this.#live ? [] : this.#open,
      ...(checkpoint === undefined
        ? {}
        : { checkpoint: { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root } }),
    };
  }
}

/** True where more was built than signed: a key that could not be reached leaves such an end. */
function isBehind(paths: AuditPaths, state: SealState | undefined): boolean {
  if (state === undefined || !existsSync(paths.checkpoint)) return false;
  return state.log.size > Number(readFileSync(paths.checkpoint, 'utf8').split('\n')[1]);
}

function changed({ all }: TrustedKeys): string {
  return all.length > 1 ? `, whose key was changed ${all.length - 1} times since the one that was trusted` : '';
}
