/** `state.json`: up to where the sealer has made the journal's records durable. Written before a checkpoint is signed. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { EMPTY_ROOT } from '../c2sp/tree-proofs.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { replaceFile } from '../durable-files.ts';
import type { SessionState } from './sealed-session.ts';

export interface SealState {
  readonly v: 1;
  /** The last group of the journal that is sealed. */
  readonly group: number;
  readonly log: { readonly size: number; readonly root: string };
  readonly runs: readonly RunState[];
  readonly sessions: readonly SessionState[];
}

/** A run that is open. */
export interface RunState {
  readonly id: string;
  /** Its closed sessions: a tree over their `session.close` entries. */
  readonly closed: { readonly size: number; readonly roots: readonly string[] };
  /** How it ended, where it has and a session of it has not. */
  readonly termination?: string;
}

const NEW_STATE: SealState = { v: 1, group: 0, log: { size: 0, root: EMPTY_ROOT }, runs: [], sessions: [] };

export function writeState(path: string, state: SealState): void {
  replaceFile(path, encodeState(state));
}

/** The state to go on from. Throws where there is none, and a log was signed here before. */
export function loadState(paths: AuditPaths): SealState {
  const state = readState(paths.state);
  if (state === undefined && existsSync(paths.checkpoint)) {
    throw new Fault('log-corrupt', `${paths.state} is missing, and a log was signed here before`);
  }
  return state ?? NEW_STATE;
}

/** Reads the state; undefined where there is none. Throws where it is not as it was written. */
export function readState(path: string): SealState | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  let state: SealState;
  try {
    ({ state } = JSON.parse(text) as { state: SealState });
    if (isState(state) && encodeState(state) === text) return state;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read`, { cause });
  }
  throw new Fault('log-corrupt', `${path} was changed since it was written`);
}

function encodeState(state: SealState): string {
  const text = canonicalJson(state as unknown as Json);
  return `{"digest":"${hash('sha256', text, 'hex')}","state":${text}}\n`;
}

function isState(state: SealState): boolean {
  const { v, group, log, runs, sessions } = state;
  const counts = [group, log.size].every((count) => Number.isSafeInteger(count) && count >= 0);
  return v === 1 && counts && typeof log.root === 'string' && Array.isArray(runs) && Array.isArray(sessions);
}
