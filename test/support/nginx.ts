import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Nginx extends AsyncDisposable {
  /** Unix sockets: of HTTP/1.1, and of HTTP/2 without TLS. */
  readonly http1: string;
  readonly http2: string;
}

/**
 * A real nginx that serves `files` by name, with ranges, and takes what is sent to `/put`; `more` are directives of its
 * server.
 */
export async function startNginx(files: Readonly<Record<string, Buffer>>, more = ''): Promise<Nginx> {
  const home = await mkdtemp(join(tmpdir(), 'nginx-'));
  const sockets = { http1: join(home, 'h1.sock'), http2: join(home, 'h2.sock') };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(home, name), bytes, { mode: 0o644 });
  await writeFile(join(home, 'nginx.conf'), configuration(home, sockets, more));
  const nginx = spawn('nginx', ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  const ended = once(nginx, 'exit');
  const stop = async (): Promise<void> => {
    if (nginx.exitCode === null) nginx.kill('SIGTERM');
    await ended;
    await rm(home, { recursive: true, force: true });
  };
  try {
    while (!(await answers(sockets.http1))) {
      if (nginx.exitCode !== null) throw new Error('nginx did not start');
      await delay(5);
    }
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { ...sockets, [Symbol.asyncDispose]: stop };
}

function configuration(
  home: string,
  { http1, http2 }: { readonly http1: string; readonly http2: string },
  more: string,
): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  return `daemon off;
master_process off;
pid ${home}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${folders.join('\n  ')}
  client_max_body_size 64m;
  server {
    listen unix:${http1};
    listen unix:${http2} http2;
    root ${home};
    location /upstream { return 200 "$request_length"; }
    location /put { proxy_pass http://unix:${http1}:/upstream; proxy_pass_request_body off; }
    ${more}
  }
}
`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
