import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RadosGateway extends AsyncDisposable {
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * A real S3 server: Ceph's gateway over one monitor and one store that is kept in memory. Ten seconds until it answers.
 * Debian: radosgw ceph-mon ceph-osd ceph-common.
 */
export async function startRadosGateway(): Promise<RadosGateway> {
  const home = await mkdtemp(join(tmpdir(), 'radosgw-'));
  const [port, monitor] = [await freePort(), await freePort()];
  const env = { ...process.env, CEPH_CONF: join(home, 'ceph.conf') };
  const started: ChildProcess[] = [];
  const start = (program: string, args: readonly string[]): void => {
    started.push(spawn(program, [...args, '-f'], { env, stdio: 'ignore' }));
  };
  const stop = async (): Promise<void> => {
    for (const one of started.toReversed()) {
      if (one.exitCode !== null || one.signalCode !== null) continue;
      const exited = once(one, 'exit');
      one.kill('SIGKILL');
      await exited;
    }
    await rm(home, { recursive: true, force: true });
  };
  const ask = (program: string, ...args: readonly string[]) => run(program, args, { env, timeout: 60_000 });
  try {
    const fsid = randomUUID();
    for (const folder of ['mon', 'osd', 'rgw']) await mkdir(join(home, folder));
    await writeFile(env.CEPH_CONF, configuration(home, fsid, monitor, port));
    const map = join(home, 'monmap');
    await ask('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monitor}]`, map);
    await ask('ceph-mon', '-i', 'a', '--mkfs', '--monmap', map);
    start('ceph-mon', ['-i', 'a']);
    await ask('ceph-osd', '-i', '0', '--mkfs');
    await ask('ceph', 'osd', 'new', (await readFile(join(home, 'osd', 'fsid'), 'utf8')).trim());
    await ask('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=localhost');
    start('ceph-osd', ['-i', '0']);
    start('radosgw', ['-n', 'client.rgw']);
    while (
      !(await fetch(`http://127.0.0.1:${port}/`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (started.some(({ exitCode }) => exitCode !== null)) throw new Error('a program of Ceph ended');
      await delay(100);
    }
    const keys = { accessKeyId: 'AKIAREALREALREALREAL', secretAccessKey: 'real-secret-key-of-the-target' };
    const named = ['--uid', 'shop', '--display-name', 'shop', '--access-key', keys.accessKeyId];
    await ask('radosgw-admin', '-n', 'client.rgw', 'user', 'create', ...named, '--secret-key', keys.secretAccessKey);
    return { port, ...keys, [Symbol.asyncDispose]: stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

function configuration(home: string, fsid: string, monitor: number, port: number): string {
  return `[global]
fsid = ${fsid}
mon_host = [v1:127.0.0.1:${monitor}]
mon_initial_members = a
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_crush_chooseleaf_type = 0
osd_crush_update_on_start = false
osd_class_update_on_start = false
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
osd_objectstore = memstore
memstore_device_bytes = 268435456
ms_bind_msgr2 = false
run_dir = ${home}
admin_socket = ${home}/$name.asok
pid_file = ${home}/$name.pid
log_file = ${home}/$name.log
[mon.a]
mon_data = ${home}/mon
[osd.0]
osd_data = ${home}/osd
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_data = ${home}/rgw
rgw_dns_name = localhost
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
