/**
 * Builds a real kube-apiserver from Debian's source, with the streaming code of its kubelet, and runs a command before it:
 *
 *   node scripts/kubernetes-server.mjs FOLDER -- npm test -s -- test/differential/kubernetes.test.ts
 *
 * FOLDER keeps what was built; the first time takes minutes. Needs Debian 12 with golang-go, make, gcc, rsync, jq, curl and
 * openssl. The API server is 1.20.2: newer ones are in no Debian package. docs/internals/testing.md.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const VERSION = '1.20.5+really1.20.2';
const TREE = 'kubernetes-1.20.2';
const TOKEN = 'a-token-of-an-administrator';
const PORTS = { etcd: 23790, peers: 23800, kubelet: 23810, api: 23820 };
const OURS = join(import.meta.dirname ?? '.', '..', 'test', 'support', 'kubernetes', 'kubelet-double');

const [folderName = '', dashes, ...command] = process.argv.slice(2);
if (folderName === '' || dashes !== '--' || command.length === 0) {
  process.stderr.write('usage: node scripts/kubernetes-server.mjs FOLDER -- COMMAND\n');
  process.exit(2);
}
const folder = resolve(folderName);
mkdirSync(folder, { recursive: true });
if (!existsSync(join(folder, 'kubelet-double'))) build();
makeKeys();
const started = start();
let status = 1;
try {
  await ready();
  await plant();
  const server = { port: PORTS.api, caFile: join(folder, 'ca.crt'), token: TOKEN };
  const env = { ...process.env, CHAPERONE_TEST_KUBERNETES: JSON.stringify(server) };
  status = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env }).status ?? 1;
} finally {
  for (const child of started) child.kill();
}
process.exit(status);

/** Debian's source with a newer reflect2: the one in it does not know the maps of Go 1.18 and later. */
function build() {
  const apt = join(folder, 'apt');
  for (const one of ['lists/partial', 'archives/partial']) mkdirSync(join(apt, one), { recursive: true });
  const debian = 'http://deb.debian.org/debian bookworm main';
  const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  writeFileSync(join(apt, 'sources.list'), `deb ${signed} ${debian}\ndeb-src ${signed} ${debian}\n`);
  const options = [
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${apt}`,
    `Dir::Etc::sourcelist=${join(apt, 'sources.list')}`,
    'Dir::Etc::sourceparts=/nonexistent',
  ].flatMap((option) => ['-o', option]);
  run('apt-get', [...options, 'update'], apt);
  run('apt-get', [...options, 'source', '--download-only', `kubernetes=${VERSION}-1.1+deb12u1`], apt);
  run('apt-get', [...options, 'download', 'etcd-server', 'golang-github-modern-go-reflect2-dev'], apt);
  for (const one of readdirSync(apt).filter((name) => name.endsWith('.deb'))) run('dpkg', ['-x', one, 'root'], apt);
  run('tar', ['xf', `kubernetes_${VERSION}.orig.tar.gz`, '-C', folder], apt);
  const tree = join(folder, TREE);
  const vendored = join(tree, 'vendor/github.com/modern-go/reflect2');
  const newer = join(apt, 'root/usr/share/gocode/src/github.com/modern-go/reflect2');
  for (const one of readdirSync(vendored).filter(isCode)) rmSync(join(vendored, one));
  for (const one of readdirSync(newer).filter(isCode)) cpSync(join(newer, one), join(vendored, one));
  cpSync(OURS, join(tree, 'cmd/kubelet-double'), { recursive: true });
  const env = { ...process.env, HOME: folder, CGO_ENABLED: '0', GO111MODULE: 'off', GOFLAGS: '' };
  const said = { KUBE_GIT_VERSION: 'v1.20.2', KUBE_GIT_COMMIT: 'debian', KUBE_GIT_TREE_STATE: 'archive' };
  run('make', ['WHAT=cmd/kube-apiserver'], tree, { ...env, ...said, KUBE_GIT_MAJOR: '1', KUBE_GIT_MINOR: '20' });
  cpSync(join(tree, '_output/bin/kube-apiserver'), join(folder, 'kube-apiserver'));
  const GOPATH = join(tree, '_output/local/go');
  const inPath = join(GOPATH, 'src/k8s.io/kubernetes');
  // The folder is a link, and Go finds what is vendored by the name that leads through it.
  const cache = { GOPATH, GOCACHE: join(GOPATH, 'cache'), PWD: inPath };
  run('go', ['build', '-o', join(folder, 'kubelet-double'), './cmd/kubelet-double'], inPath, { ...env, ...cache });
}

function isCode(name) {
  return /\.(?:go|s)$/.test(name) && !name.endsWith('_test.go');
}

function makeKeys() {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n';
  writeFileSync(join(folder, 'names'), names);
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  run('openssl', ['req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test', '-days', '30']);
  run('openssl', [
    'req',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/O=system:masters/CN=server',
  ]);
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'names'];
  run('openssl', ['x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signed]);
  run('openssl', ['genrsa', '-out', 'accounts.key', '2048']);
  writeFileSync(join(folder, 'tokens.csv'), `${TOKEN},admin,1,system:masters\n`);
}

function start() {
  rmSync(join(folder, 'etcd'), { recursive: true, force: true });
  const client = `http://127.0.0.1:${PORTS.etcd}`;
  const etcd = [
    '--data-dir=etcd',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=http://127.0.0.1:${PORTS.peers}`,
  ];
  const api = `--etcd-servers=${client} --bind-address=127.0.0.1 --secure-port=${PORTS.api} --tls-cert-file=server.crt
    --tls-private-key-file=server.key --client-ca-file=ca.crt --token-auth-file=tokens.csv --authorization-mode=RBAC
    --service-cluster-ip-range=10.0.0.0/24 --service-account-issuer=https://kubernetes.default.svc
    --service-account-signing-key-file=accounts.key --service-account-key-file=accounts.key
    --kubelet-preferred-address-types=InternalIP --disable-admission-plugins=ServiceAccount
    --kubelet-client-certificate=server.crt --kubelet-client-key=server.key --allow-privileged=true`;
  return [
    begin(join(folder, 'apt/root/usr/bin/etcd'), etcd),
    begin(join(folder, 'kubelet-double'), [String(PORTS.kubelet), 'server.crt', 'server.key']),
    begin(join(folder, 'kube-apiserver'), api.split(/\s+/)),
  ];
}

function begin(program, words) {
  return spawn(program, words, { cwd: folder, stdio: 'ignore' });
}

/** Asked again until it is so. */
async function ready() {
  for (let left = 120; left > 0; left--) {
    const { stdout } = curl('GET', '/readyz', '', 'text/plain');
    if (stdout === 'ok') return;
    await new Promise((resolveLater) => setTimeout(resolveLater, 500));
  }
  throw new Error('the API server is not ready after a minute');
}

/** A node that is the double, and a pod `web` that runs there. */
async function plant() {
  const node = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: PORTS.kubelet } },
  };
  const running = { running: { startedAt: '2026-11-23T12:00:00Z' } };
  const container = {
    name: 'main',
    image: 'example.com/web:1',
    imageID: '',
    ready: true,
    restartCount: 0,
    state: running,
  };
  const pod = {
    phase: 'Running',
    podIP: '127.0.0.1',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [container],
  };
  const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'example.com/web:1' }] };
  const kind = { apiVersion: 'v1' };
  const merge = 'application/merge-patch+json';
  post('POST', '/api/v1/nodes', { ...kind, kind: 'Node', metadata: { name: 'node-1' } });
  post('PATCH', '/api/v1/nodes/node-1/status', { status: node }, merge);
  post('POST', '/api/v1/namespaces/default/pods', {
    ...kind,
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec,
  });
  post('PATCH', '/api/v1/namespaces/default/pods/web/status', { status: pod }, merge);
}

function post(method, path, body, type = 'application/json') {
  const { stdout } = curl(method, path, JSON.stringify(body), type);
  if (stdout.includes('"Failure"')) throw new Error(`${method} ${path}: ${stdout}`);
}

function curl(method, path, body, type) {
  const fields = ['-H', `authorization: Bearer ${TOKEN}`, '-H', `content-type: ${type}`];
  const sent = body === '' ? [] : ['-d', body];
  const words = ['-s', '--cacert', 'ca.crt', '-X', method, ...fields, ...sent, `https://127.0.0.1:${PORTS.api}${path}`];
  return spawnSync('curl', words, { cwd: folder, encoding: 'utf8' });
}

function run(program, words, cwd = folder, env = process.env) {
  const { status: ended } = spawnSync(program, words, { cwd, env, stdio: ['ignore', 2, 2] });
  if (ended !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${ended}`);
}
