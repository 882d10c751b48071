import { spawn } from 'node:child_process';
import { isInstalled } from './target-client.ts';

/** Shows a page in the person's browser; false where there is none to show it in. Never waits for the browser. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): boolean {
  const opener = browserCommand(env);
  if (opener === undefined) return false;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore', env });
  // The link was printed as well: whoever sees no browser come up opens it themselves.
  child.once('error', () => undefined);
  child.unref();
  return true;
}

/** A terminal over SSH, or in a container, has no screen to open a browser on. */
function browserCommand(env: NodeJS.ProcessEnv): string | undefined {
  if (!process.stdout.isTTY || env['CI'] || env['SSH_CONNECTION']) return undefined;
  if (process.platform === 'darwin') return 'open';
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return undefined;
  return isInstalled('xdg-open', env) ? 'xdg-open' : undefined;
}
