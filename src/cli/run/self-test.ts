import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import type { LocalTarget } from './local-target.ts';

const ANSWER_MS = 20_000;
/** PostgreSQL's question whether the other side has TLS (manual, 55.7, SSLRequest): it is answered before any login. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Asks at each listener whether there is TLS, which the gateway itself answers: the listener, the way and the grant are
 * good then, and nothing stands in the record for it. `troubleOf` says why a way was not, where that is known. Throws a
 * `CliError`.
 */
export async function selfTest(
  targets: readonly LocalTarget[],
  troubleOf: (target: string) => Error | undefined,
): Promise<void> {
  const asked = targets.filter(({ protocol }) => protocol === 'postgres').flatMap(questions);
  const answers = await Promise.allSettled(asked.map(({ address, expected }) => ask(address, expected)));
  for (const [index, answer] of answers.entries()) {
    const { target } = asked[index] ?? {};
    if (answer.status === 'fulfilled' || target === undefined) continue;
    throw unreachable(target, troubleOf(target) ?? (answer.reason as Error));
  }
}

interface Question {
  readonly target: string;
  readonly address: NetConnectOpts;
  readonly expected: string;
}

function questions({ name, host, port, tls, socketDirectory }: LocalTarget): readonly Question[] {
  const expected = tls === 'none' ? 'N' : 'S';
  const tcp = { target: name, address: { host, port }, expected };
  if (socketDirectory === undefined) return [tcp];
  return [tcp, { target: name, address: { path: join(socketDirectory, '.s.PGSQL.5432') }, expected }];
}

function ask(address: NetConnectOpts, expected: string): Promise<void> {
  const socket = connect({ ...address, timeout: ANSWER_MS });
  return new Promise<void>((resolve, reject) => {
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (bytes) => {
      if (bytes.toString('latin1', 0, 1) === expected) resolve();
      else reject(new Error('it did not answer as a gateway does'));
    });
    socket.once('timeout', () => reject(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
  }).finally(() => socket.destroy());
}

function unreachable(target: string, cause: Error): CliError {
  const hint = cause instanceof CliError ? cause.hint : undefined;
  return new CliError(
    cause instanceof CliError ? cause.exitCode : EXIT.unavailable,
    `the way to the target ${printable(target)} does not work: ${printable(cause.message)}`,
    { cause, hint: hint ?? 'Nothing was started. `--no-self-test` starts the command without this look.' },
  );
}
