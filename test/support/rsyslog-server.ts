/** A real syslog server (rsyslog, from Debian) that listens with TLS and writes what it understood. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from './certificates.ts';

export interface SyslogMessage {
  readonly pri: string;
  readonly time: string;
  readonly host: string;
  readonly app: string;
  readonly msgid: string;
  readonly data: string;
  readonly text: string;
}

export interface RsyslogServer extends AsyncDisposable {
  readonly port: number;
  /** PEM of the authority that vouches for it, as `localhost`. */
  readonly ca: string;
  /** What it has taken so far, in order. */
  messages(): readonly SyslogMessage[];
}

export async function startRsyslog({ port = 0 }: { readonly port?: number } = {}): Promise<RsyslogServer> {
  await using parts = new AsyncDisposableStack();
  const directory = parts.adopt(await mkdtemp(join(tmpdir(), 'chaperone-rsyslog-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const authority = await makeAuthority();
  const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
  const file = (name: string) => join(directory, name);
  await writeFile(file('ca.pem'), authority.certificate);
  await writeFile(file('cert.pem'), certificate);
  await writeFile(file('key.pem'), key);
  await writeFile(file('rsyslog.conf'), configuration(directory, port));
  const child = parts.adopt(spawn('rsyslogd', ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')], options()), end);
  const failed = once(child, 'error').then(([cause]) => {
    throw new Error('rsyslogd is missing: install the Debian packages rsyslog and rsyslog-gnutls', { cause });
  });
  let said = '';
  child.stderr?.on('data', (piece: Buffer) => (said += String(piece)));
  const listening = waitFor(
    () => existsSync(file('port')) && readFileSync(file('port'), 'utf8').trim() !== '',
    () => said,
  );
  await Promise.race([listening, failed]);
  failed.catch(() => undefined);
  const running = parts.move();
  return {
    port: Number(readFileSync(file('port'), 'utf8')),
    ca: authority.certificate,
    messages: () =>
      (existsSync(file('out')) ? readFileSync(file('out'), 'utf8') : '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as SyslogMessage),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const options = () => ({ stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const WAIT_MS = 20_000;

async function waitFor(holds: () => boolean, said: () => string): Promise<void> {
  for (const until = Date.now() + WAIT_MS; !holds(); ) {
    if (Date.now() > until) throw new Error(`rsyslogd does not listen: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function configuration(directory: string, port: number): string {
  const member = (name: string, property: string, more = 'format="json"') =>
    `  constant(value="\\"${name}\\":\\"") property(name="${property}" ${more}) constant(value="\\"`;
  return `
global(workDirectory="${directory}" maxMessageSize="256k"
  defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${directory}/ca.pem"
  defaultNetstreamDriverCertFile="${directory}/cert.pem" defaultNetstreamDriverKeyFile="${directory}/key.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" port="${port}" address="127.0.0.1" listenPortFileName="${directory}/port")
template(name="understood" type="list") {
  constant(value="{")
${member('pri', 'pri')},")
${member('time', 'timereported', 'dateFormat="rfc3339"')},")
${member('host', 'hostname')},")
${member('app', 'app-name')},")
${member('msgid', 'msgid')},")
${member('data', 'structured-data')},")
${member('text', 'msg')}}\\n")
}
action(type="omfile" file="${directory}/out" template="understood" flushOnTXEnd="on")
`;
}
