/** Witnesses as they are run, in this process, and the policy of a gateway that asks them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NoteVerifier, parseVerifierKey } from '../../src/audit/log/signed-note.ts';
import { parsePolicy, type TlogPolicy } from '../../src/audit/log/tlog-policy.ts';
import { LIMITS } from '../../src/model/limits.ts';
import { type KeptMisbehaviour, WitnessBook } from '../../src/witness/witness-book.ts';
import { openWitnessKeys } from '../../src/witness/witness-keys.ts';
import { startWitness } from '../../src/witness/witness-server.ts';

export interface TestWitness extends AsyncDisposable {
  readonly name: string;
  readonly vkey: string;
  readonly url: string;
  readonly directory: string;
  readonly misbehaviour: readonly KeptMisbehaviour[];
}

export interface TestWitnessOptions {
  readonly name: string;
  /** Verifier keys of the logs that it witnesses. */
  readonly logs: readonly string[];
  /** Where a life before this one was; removed at the end by whoever made it. */
  readonly directory?: string;
  readonly port?: number;
  readonly clock?: () => number;
}

/** Starts a witness; its directory goes with it where it was made here. */
export async function aWitness({
  name,
  logs,
  directory,
  port = 0,
  clock = Date.now,
}: TestWitnessOptions): Promise<TestWitness> {
  const path = directory ?? mkdtempSync(join(tmpdir(), 'chaperone-witness-'));
  const keys = openWitnessKeys(path, name);
  const verifiers = logs.map((vkey) => parseVerifierKey(vkey)).filter((one): one is NoteVerifier => one !== undefined);
  const onMisbehaviour = () => undefined;
  const book = new WitnessBook({ directory: path, keys, logs: verifiers, limits: LIMITS, clock, onMisbehaviour });
  const onFault = (fault: unknown) => process.stderr.write(`witness ${name}: ${String(fault)}\n`);
  const server = await startWitness({
    host: '127.0.0.1',
    port,
    book,
    vkeys: keys.vkeys,
    limits: LIMITS,
    clock,
    onFault,
  });
  return {
    name,
    vkey: keys.vkeys[0] ?? '',
    url: `http://127.0.0.1:${server.port}`,
    directory: path,
    get misbehaviour() {
      return book.misbehaviour;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      book[Symbol.dispose]();
      if (directory === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The text of a policy in which `quorum` of these must cosign. */
export function policyText(witnesses: readonly Pick<TestWitness, 'name' | 'vkey' | 'url'>[], quorum: number): string {
  const lines = witnesses.map(({ vkey, url }, at) => `witness w${at + 1} ${vkey} ${url}`);
  const names = witnesses.map((_, at) => `w${at + 1}`);
  return [...lines, `group witnesses ${quorum} ${names.join(' ')}`, 'quorum witnesses', ''].join('\n');
}

export function aPolicy(witnesses: readonly Pick<TestWitness, 'name' | 'vkey' | 'url'>[], quorum: number): TlogPolicy {
  return parsePolicy(Buffer.from(policyText(witnesses, quorum)));
}
