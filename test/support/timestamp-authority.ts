/** A real timestamp authority of RFC 3161: `openssl ts` behind HTTP, with a root, and a certificate for timestamping alone. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface TestTimestampAuthority extends AsyncDisposable {
  readonly url: string;
  /** The root and the certificate that signs, PEM. */
  readonly certificates: string;
  /** The root alone, as a file. */
  readonly rootFile: string;
  /** Questions that it was asked. */
  readonly asked: () => number;
  /** Answers with 503 from now on, or no longer. */
  readonly breakDown: (broken: boolean) => void;
}

const CONFIG = `
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
[tsa_extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
`;

export async function startTimestampAuthority(): Promise<TestTimestampAuthority> {
  await using parts = new AsyncDisposableStack();
  const directory = parts.adopt(await mkdtemp(join(tmpdir(), 'chaperone-tsa-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const openssl = (...args: readonly string[]) => exec('openssl', [...args], { cwd: directory });
  await writeFile(join(directory, 'tsa.cnf'), CONFIG);
  await writeFile(join(directory, 'serial'), '01\n');
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
    '-days',
    '30',
    '-subj',
    '/CN=TSA root',
  );
  await openssl('req', ...ec, '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=A timestamp authority');
  const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', '30'];
  const extensions = ['-extfile', 'tsa.cnf', '-extensions', 'tsa_extensions'];
  await openssl('x509', '-req', '-in', 'tsa.csr', ...signing, ...extensions, '-out', 'tsa.pem');
  const certificates = await Promise.all(
    ['root.pem', 'tsa.pem'].map((name) => readFile(join(directory, name), 'utf8')),
  );
  let asked = 0;
  let broken = false;
  const reply = async (query: Buffer): Promise<Buffer> => {
    const name = `${++asked}`;
    await writeFile(join(directory, `${name}.tsq`), query);
    const key = ['-inkey', 'tsa.key', '-signer', 'tsa.pem', '-chain', 'root.pem'];
    await openssl('ts', '-reply', '-config', 'tsa.cnf', '-queryfile', `${name}.tsq`, ...key, '-out', `${name}.tsr`);
    return readFile(join(directory, `${name}.tsr`));
  };
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (broken) response.writeHead(503).end();
      else
        reply(Buffer.concat(pieces)).then(
          (bytes) => response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(bytes),
          () => response.writeHead(500).end(),
        );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  parts.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const running = parts.move();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsr`,
    certificates: certificates.join(''),
    rootFile: join(directory, 'root.pem'),
    asked: () => asked,
    breakDown: (is) => (broken = is),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
