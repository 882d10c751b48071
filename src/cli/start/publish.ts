import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Demo } from '../demo/demo.ts';
import { type Started, writeGatewayFile } from './announce.ts';
import { speaksTls } from './own-addresses.ts';
import type { StartConfig } from './start-config.ts';

/** Tells this machine's own commands where the gateway is; returns how to take that back. */
export async function publish(started: Started, config: StartConfig, demo: Demo | undefined) {
  const { adminTokenFile } = started;
  const path = await writeGatewayFile(config.dataDirectory, {
    url: started.url,
    pid: process.pid,
    ...(adminTokenFile ? { adminTokenFile } : {}),
    ...(speaksTls(config) && !config.tls
      ? { certificateAuthorityFile: join(config.dataDirectory, 'tls', 'ca.crt') }
      : {}),
    ...(demo ? { demo: demo.tokens } : {}),
  });
  return () => rm(path, { force: true });
}
