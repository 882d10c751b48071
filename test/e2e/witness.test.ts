/** Witnesses and a gateway, each a process of its own: a quorum, a witness that is killed, a log that was put back. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { policyText } from '../support/witnesses.ts';
import { MAIN, makeDataDirectory, type StartedProgram, startConfigured } from './program.ts';

interface WitnessProcess extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly vkey: string;
  readonly process: ChildProcess;
}

const folder = await mkdtemp(join(tmpdir(), 'chaperone-witnesses-'));
after(() => rm(folder, { recursive: true, force: true }));

async function startWitness(name: string, logs: string, port = 0): Promise<WitnessProcess> {
  const args = [MAIN, 'witness', '--json', '--data', join(folder, name), '--name', `${name}.example`, '--logs', logs];
  const child = spawn(process.execPath, [...args, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, vkeys } = JSON.parse(line) as { readonly url: string; readonly vkeys: readonly string[] };
  return { name, url, vkey: vkeys[0] ?? '', process: child, [Symbol.asyncDispose]: () => end(child, 'SIGTERM') };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

interface LogStatus {
  readonly size: number;
  readonly ok: boolean;
  readonly stopped: boolean;
  readonly witnessed?: { readonly size: number };
  readonly alarms: readonly { readonly id: string; readonly kind: string; readonly proven: boolean }[];
}

/** The state of the gateway's log once it is so. */
async function logOnce(gateway: StartedProgram, holds: (log: LogStatus) => boolean): Promise<LogStatus> {
  const deadline = Date.now() + 20_000;
  const token = (await readFile(join(gateway.dataDirectory, 'admin-token'), 'utf8')).trim();
  for (;;) {
    const answer = await fetchLog(gateway, token);
    if (holds(answer)) return answer;
    assert.ok(Date.now() < deadline, JSON.stringify(answer));
    await delay(100);
  }
}

async function fetchLog(gateway: StartedProgram, token: string): Promise<LogStatus> {
  const { Agent, request } = await import('node:https');
  const ca = await readFile(join(gateway.dataDirectory, 'tls', 'ca.crt'));
  const agent = new Agent({ ca });
  const asked = request(`${gateway.ready.url}/v1/log`, { agent, headers: { authorization: `Bearer ${token}` } }).end();
  const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  agent.destroy();
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as LogStatus;
}

describe('a gateway with witnesses', { timeout: 60_000 }, () => {
  test('is witnessed by two of three while one is killed, and stopped when its files are put back', async () => {
    const dataDirectory = await makeDataDirectory();
    after(() => rm(dataDirectory, { recursive: true, force: true }));
    const logs = join(folder, 'logs.txt');
    const config = join(folder, 'chaperone.yaml');
    const first = await startConfigured(dataDirectory, {});
    await first.stop();
    const shorter = join(folder, 'shorter');
    await cp(join(dataDirectory, 'audit'), shorter, { recursive: true });
    await writeFile(logs, `# the gateway\nlog ${await readFile(join(dataDirectory, 'audit/keys/log.vkey'), 'utf8')}`);
    await using one = await startWitness('one', logs);
    const two = await startWitness('two', logs);
    await using three = await startWitness('three', logs);
    await writeFile(join(folder, 'witnesses.policy'), policyText([one, two, three], 2));
    await writeFile(config, 'log:\n  witnesses: witnesses.policy\n');
    const env = { CHAPERONE_CONFIG: config };

    const gateway = await startConfigured(dataDirectory, env);
    await end(two.process, 'SIGKILL');
    await logOnce(gateway, ({ size, witnessed }) => size > 0 && witnessed?.size === size);
    await using again = await startWitness('two', logs, Number(new URL(two.url).port));
    assert.equal((await gateway.chaperone('keys', 'rotate', 'log')).status, 0);
    assert.match((await gateway.chaperone('keys')).stdout, /^STATE .*\nsigns .*\nsigns-beside /u);
    await logOnce(gateway, (log) => log.witnessed?.size === log.size);
    await gateway.stop();
    const policy = join(folder, 'witnesses.policy');
    const verified = await gateway.chaperone('verify', dataDirectory, '--policy', policy, '--json');
    assert.equal(verified.status, 0, verified.stdout);

    // The log alone is put back: the store knows better, and the gateway does not start.
    await rm(join(dataDirectory, 'audit'), { recursive: true });
    await cp(shorter, join(dataDirectory, 'audit'), { recursive: true });
    await assert.rejects(startConfigured(dataDirectory, env), /was rolled back/u);
    assert.equal(again.process.exitCode, null);
    assert.equal((await gateway.chaperone('witness', 'check', '--data', join(folder, 'one'))).status, 0);
  });
});
