/** The origin, and the two proxies that the gateway is compared with, on one thread each. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { type Running, startProgram } from '../proxies.ts';

/** About 200 bytes. */
const SMALL = JSON.stringify({
  id: 4711,
  status: 'shipped',
  placed: '2026-03-17T09:21:00Z',
  customer: { id: 99, tier: 'gold' },
  lines: [
    { sku: 'A-1001', count: 2, price: '19.90' },
    { sku: 'B-2040', count: 1, price: '5.00' },
  ],
  total: '44.80',
});
const LARGE_BYTES = 10_000_000;

/** nginx with two files: `/small` is JSON, `/large` lines of text as a report has them. */
export async function startOrigin(directory: string): Promise<Running> {
  const home = await homeOf(directory, 'origin');
  await writeFile(join(home, 'small'), SMALL, { mode: 0o644 });
  await writeFile(join(home, 'large'), lines(LARGE_BYTES), { mode: 0o644 });
  return nginx(home, (port) => [
    'types { }',
    'default_type text/plain;',
    'sendfile on;',
    'tcp_nopush on;',
    'open_file_cache max=16;',
    `server { listen 127.0.0.1:${port}; root ${home}; location = /small { default_type application/json; } }`,
  ]);
}

/** nginx as a reverse proxy. What does not fit its buffers waits for the client, and not on the disk. */
export async function startNginxProxy(origin: Running, directory: string): Promise<Running> {
  return nginx(await homeOf(directory, 'nginx'), (port) => [
    `upstream origin { server 127.0.0.1:${origin.port}; keepalive 128; }`,
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_max_temp_file_size 0;',
    `server { listen 127.0.0.1:${port}; location / { proxy_pass http://origin; } }`,
  ]);
}

/** haproxy in HTTP mode. */
export async function startHttpHaproxy(origin: Running, directory: string): Promise<Running> {
  const home = await homeOf(directory, 'haproxy');
  const port = await freePort();
  const config = join(home, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen http
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${origin.port}
`,
  );
  return startProgram('haproxy', ['-db', '-f', config], port);
}

async function nginx(home: string, settings: (port: number) => readonly string[]): Promise<Running> {
  const port = await freePort();
  const config = join(home, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = [
    'daemon off;',
    'master_process off;',
    `pid ${home}/nginx.pid;`,
    'events { worker_connections 1024; }',
    'http {',
    'access_log off;',
    'keepalive_requests 1000000000;',
    'keepalive_timeout 1h;',
    ...folders.map((folder) => `${folder}_temp_path ${home}/${folder};`),
    ...settings(port),
    '}',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return startProgram('nginx', ['-p', home, '-c', config, '-e', join(home, 'error.log')], port);
}

async function homeOf(directory: string, name: string): Promise<string> {
  const home = join(directory, name);
  await mkdir(home, { recursive: true });
  return home;
}

/** Text that compresses as rows do, and has no line twice. */
function lines(bytes: number): Buffer {
  const text = Buffer.alloc(bytes, '\n');
  let state = 1;
  for (let at = 0; at < bytes; ) {
    state = (state * 48_271) % 2_147_483_647;
    at += text.write(`${state}\tcustomer ${state % 9_973}\t${(state % 100_003) / 100}\tshipped\n`, at);
  }
  return text;
}
