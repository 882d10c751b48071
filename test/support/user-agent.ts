/**
 * As much of a browser as a login needs: a cookie jar that minds hosts and paths, redirects that are followed one by one,
 * and what a browser says of where a request comes from.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface AgentRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

export class UserAgent {
  readonly #ca: string | undefined;
  /** By host (without the port: cookies know none), then by name. */
  readonly #jar = new Map<string, Map<string, Cookie>>();

  constructor(ca?: string) {
    this.#ca = ca;
  }

  cookie(url: string, name: string): string | undefined {
    return this.#jar.get(new URL(url).hostname)?.get(name)?.value;
  }

  setCookie(url: string, name: string, value: string): void {
    this.#keep(new URL(url), `${name}=${value}; Path=/`);
  }

  /** One request; a redirect is an answer like any other. */
  async send(url: string, { method = 'GET', headers = {}, form, json }: AgentRequest = {}): Promise<Page> {
    const target = new URL(url);
    const body = form ? new URLSearchParams(form).toString() : json === undefined ? '' : JSON.stringify(json);
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    const cookie = this.#cookies(target);
    const all = {
      ...(body === '' ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
      ...(cookie === '' ? {} : { cookie }),
      ...headers,
    };
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = { method, headers: all, agent: false as const, ...(this.#ca ? { ca: this.#ca } : {}) };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = send(target, options, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
    for (const line of response.headers['set-cookie'] ?? []) this.#keep(target, line);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { url, status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** Goes to an address and along its redirects, until a page or until `stop` says that it is the place. */
  async navigate(url: string, stop: (url: string) => boolean = () => false): Promise<Page> {
    let page = await this.send(url);
    for (let steps = 0; page.headers.location !== undefined; steps++) {
      if (steps === 20) throw new Error(`too many redirects, the last to ${page.url}`);
      const next = new URL(page.headers.location, page.url).href;
      if (stop(next)) return { ...page, url: next };
      page = await this.send(next);
    }
    return page;
  }

  #cookies({ hostname, pathname }: URL): string {
    const held = [...(this.#jar.get(hostname) ?? [])];
    const fit = held.filter(([, { path }]) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')));
    return fit.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  #keep({ hostname }: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name = '', ...value] = pair.split('=');
    const attribute = (wanted: string) =>
      attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const cookies = this.#jar.get(hostname) ?? new Map<string, Cookie>();
    this.#jar.set(hostname, cookies);
    const expires = attribute('expires');
    const isGone = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isGone) cookies.delete(name);
    else cookies.set(name, { value: value.join('='), path: attribute('path') ?? '/' });
  }
}
