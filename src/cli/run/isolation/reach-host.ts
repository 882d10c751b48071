import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { proxyFor } from '../../proxy-for.ts';

const CONNECT_MS = 15_000;

/**
 * A connection to `host:port` whose two directions end by themselves: through the proxy that the environment names, where
 * it names one for this host. Rejects where there is none within 15 s.
 */
export function reachHost(destination: string, env: NodeJS.ProcessEnv): Promise<Socket> {
  const url = URL.parse(`https://${destination}`);
  const proxy = url === null ? undefined : proxyFor(url, env);
  return proxy === undefined ? directly(destination) : throughProxy(proxy, destination);
}

function directly(destination: string): Promise<Socket> {
  const at = destination.lastIndexOf(':');
  const address = { host: destination.slice(0, at), port: Number(destination.slice(at + 1)) };
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, allowHalfOpen: true });
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error(`${destination} did not answer`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).removeAllListeners('timeout').setTimeout(0);
      resolve(socket);
    });
  });
}

/** RFC 9110, section 9.3.6. */
function throughProxy(proxy: URL, destination: string): Promise<Socket> {
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization = { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
  const headers = { host: destination, ...(login === ':' ? {} : authorization) };
  const address = { host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port) || undefined };
  // `allowHalfOpen` is handed on to the socket.
  const how = { method: 'CONNECT', path: destination, headers, agent: false, timeout: CONNECT_MS, allowHalfOpen: true };
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({ ...address, ...how });
    request.once('timeout', () => request.destroy(new Error(`the proxy did not answer for ${destination}`)));
    request.once('error', reject);
    request.once('connect', (response, socket, head) => {
      if (response.statusCode === 200) {
        socket.removeAllListeners('timeout').setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new Error(`the proxy answered ${response.statusCode ?? 'nothing'} for ${destination}`));
    });
    request.end();
  });
}
