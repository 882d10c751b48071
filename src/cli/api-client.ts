import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import { z } from 'zod';
import { Secret } from '../model/secret.ts';
import { CliError, EXIT, type ExitCode } from './cli-error.ts';
import { findGatewayFile, type GatewayFile, isLoopback } from './gateway-file.ts';
import { findLogin } from './kept-logins.ts';
import { printable } from './printable.ts';
import { proxyFor, throughProxy } from './proxy-for.ts';
import { unreachable } from './unreachable.ts';

export interface GrantHolder {
  readonly id: string;
  readonly secret: Secret;
  /** Makes proofs of the key that the grant is bound to, where it is bound to one. */
  readonly key?: Prover | undefined;
}

/** RFC 9449. */
export interface Prover {
  prove(request: { readonly method: string; readonly url: string; readonly presented?: Secret }): Promise<string>;
}

/** `operator` is whoever these commands act as: a token that is named, a login that was kept, the gateway's own. */
export type Caller = 'nobody' | 'operator' | { readonly bearer: string } | GrantHolder;

/** An answer, or why there is none: `error` is the code of a token endpoint (RFC 6749, 5.2). */
export type Tried<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: string | undefined; readonly problem: CliError };

export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
  /** `operator` presents the operator's token; a grant presents itself, with a proof of its key where it has one. */
  readonly as?: Caller;
  /** Proves this key beside what is presented otherwise. */
  readonly proving?: Prover | undefined;
  /** The ETag of what a change is of (RFC 9110, 13.1.1). */
  readonly ifMatch?: string;
  /** How long the gateway may take until it answers. */
  readonly deadlineMs?: number;
}

/** Problem details (RFC 9457), and the errors of a token endpoint (RFC 6749, 5.2): what an answer of no carries. */
const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
  code: z.string().optional(),
  hint: z.string().optional(),
});

const DEADLINE_MS = 30_000;
/** While the gateway says that there are too many calls at once. */
export const MAX_ATTEMPTS = 8;

/** A client of the REST API: the only way in which commands reach a gateway. */
export class ApiClient {
  readonly url: string;
  /** The file by which the gateway was found; undefined where it was named. */
  readonly file: GatewayFile | undefined;
  /** Makes the connections: through the proxy where there is one, trusting whom this client trusts. It remembers TLS sessions. */
  readonly agent: HttpAgent | HttpsAgent;
  /** What the connections go through, by the environment. */
  readonly #proxy: URL | undefined;
  /** How far the gateway's clock is ahead of this machine's, as its last answer said it. */
  #aheadMs = 0;
  readonly #env: NodeJS.ProcessEnv;

  /** Finds the gateway: `--url`, CHAPERONE_URL, else the one started on this machine. Throws a `CliError`. */
  static find(options: { readonly url?: string | undefined }, env: NodeJS.ProcessEnv): ApiClient {
    const named = options.url ?? env['CHAPERONE_URL'];
    const file = named === undefined ? findGatewayFile(env) : undefined;
    const url = named ?? file?.url ?? findLogin(env, Date.now())?.url;
    if (url === undefined) {
      throw new CliError(EXIT.unavailable, 'no gateway is named, and none was started here', {
        hint: 'Start one with `npm start`, or name one: --url, or CHAPERONE_URL=https://gateway.example.com',
      });
    }
    return new ApiClient(url, file, env);
  }

  private constructor(url: string, file: GatewayFile | undefined, env: NodeJS.ProcessEnv) {
    const parsed = URL.parse(url);
    if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
      throw new CliError(EXIT.usage, `${printable(url)} is not the address of a gateway`, {
        hint: 'It looks like https://gateway.example.com',
      });
    }
    if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
      throw new CliError(EXIT.usage, `${printable(url)} would carry tokens in clear`, { hint: 'Use https://' });
    }
    const authority = env['CHAPERONE_CA_FILE'] ?? file?.certificateAuthorityFile;
    this.url = parsed.href.replace(/\/$/, '');
    this.file = file;
    this.#env = env;
    this.#proxy = proxyFor(parsed, env);
    this.agent =
      parsed.protocol === 'http:'
        ? new HttpAgent()
        : new HttpsAgent({ ...trusting(authority), ...throughProxy(this.#proxy) });
  }

  /** The gateway's time as far as it is known here, ms since 1970. */
  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** The headers by which a caller says who they are, for a request to this path. */
  async credentials(method: string, path: string, as: Caller, proving?: Prover): Promise<Record<string, string>> {
    const url = `${this.url}${path}`;
    if (typeof as === 'object' && 'id' in as && as.key !== undefined) {
      const presented = new Secret(`${as.id}.${as.secret.reveal()}`);
      return { authorization: `DPoP ${presented.reveal()}`, dpop: await as.key.prove({ method, url, presented }) };
    }
    const authorization = this.#authorization(as);
    return {
      ...(authorization ? { authorization } : {}),
      ...(proving ? { dpop: await proving.prove({ method, url }) } : {}),
    };
  }

  /** Calls, and reads the answer by its schema. Throws a `CliError` that says what the gateway said. */
  async call<Schema extends z.ZodType>(call: ApiCall, schema: Schema): Promise<z.infer<Schema>> {
    const text = await readAll(await this.#answer(call));
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }

  /** Calls where a no is part of the conversation. Throws a `CliError` where there is no answer at all. */
  async try<Schema extends z.ZodType>(call: ApiCall, schema: Schema): Promise<Tried<z.infer<Schema>>> {
    const response = await this.#send(call);
    const text = await readAll(response);
    if ((response.statusCode ?? 500) < 400) return { ok: true, value: schema.parse(JSON.parse(text)) };
    const { error } = problemSchema.safeParse(parseJson(text)).data ?? {};
    return { ok: false, error, problem: problem(response, text, call) };
  }

  /** The lines of an answer, as they arrive. */
  async *lines(call: ApiCall): AsyncGenerator<string> {
    yield* createInterface({ input: await this.#answer(call), crlfDelay: Infinity });
  }

  /** An answer as it arrives, with its headers: a file. Throws a `CliError` that says what the gateway said. */
  async stream(call: ApiCall): Promise<IncomingMessage> {
    return await this.#answer(call);
  }

  async #answer(call: ApiCall): Promise<IncomingMessage> {
    const response = await this.#send(call);
    if ((response.statusCode ?? 500) < 400) return response;
    throw problem(response, await readAll(response), call);
  }

  /** Sends, and again a few times where the gateway says that there are too many calls at once. */
  async #send(call: ApiCall): Promise<IncomingMessage> {
    for (let attempts = 1; ; attempts++) {
      const response = await this.#sendOnce(call);
      if (response.statusCode !== 429 || attempts === MAX_ATTEMPTS) return response;
      response.resume();
      await setTimeout(retryAfterMs(response));
    }
  }

  async #sendOnce(call: ApiCall): Promise<IncomingMessage> {
    const url = new URL(`${this.url}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = call.form ? formBody(call.form) : call.json === undefined ? '' : JSON.stringify(call.json);
    const type = call.form ? 'application/x-www-form-urlencoded' : 'application/json';
    const method = call.method ?? 'GET';
    const headers = {
      accept: 'application/json',
      // The record says by which channel a person answered.
      'user-agent': 'chaperone/cli',
      ...(body === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      ...(await this.credentials(method, call.path, call.as ?? 'nobody', call.proving)),
      ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
    };
    const deadlineMs = call.deadlineMs ?? DEADLINE_MS;
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, { method, headers, timeout: deadlineMs, agent: this.agent });
      request.once('response', (response) => {
        const saidMs = Date.parse(response.headers.date ?? '');
        if (!Number.isNaN(saidMs)) this.#aheadMs = saidMs - Date.now();
        resolve(response);
      });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)));
      request.once('error', (cause) => reject(this.unreachable(cause)));
      request.end(body);
    });
  }

  /** Why there is no answer at all. */
  unreachable(cause: Error): CliError {
    return unreachable(this.url, this.#proxy, cause);
  }

  #authorization(as: Caller): string | undefined {
    if (as === 'nobody') return undefined;
    if (as === 'operator') return `Bearer ${this.#operatorToken()}`;
    if ('bearer' in as) return `Bearer ${as.bearer}`;
    return `Basic ${Buffer.from(`${as.id}:${as.secret.reveal()}`).toString('base64')}`;
  }

  #operatorToken(): string {
    const named = this.#env['CHAPERONE_TOKEN'] || tokenIn(this.#env['CHAPERONE_TOKEN_FILE']);
    const token = named || findLogin(this.#env, Date.now(), this.url)?.token || tokenIn(this.file?.adminTokenFile);
    if (token) return token;
    throw new CliError(EXIT.refused, 'nobody is logged in at this gateway', {
      hint: '`chaperone login` logs you in. Pipelines put an operator token into CHAPERONE_TOKEN, or its path into CHAPERONE_TOKEN_FILE.',
    });
  }
}

/** Read once: the system's authorities are many, and to parse them takes longer than a handshake. */
function trusting(authority: string | undefined) {
  if (authority === undefined) return {};
  return { secureContext: createSecureContext({ ca: [...getCACertificates(), readText(authority)] }) };
}

function tokenIn(path: string | undefined): string | undefined {
  return path === undefined ? undefined : readText(path).trim();
}

function formBody(form: Readonly<Record<string, string | readonly string[]>>): string {
  const body = new URLSearchParams();
  for (const [name, values] of Object.entries(form)) for (const value of [values].flat()) body.append(name, value);
  return body.toString();
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

/** RFC 9110, section 10.2.3, in seconds; spread, so that those who were turned away together do not come together again. */
export function retryAfterMs(response: IncomingMessage): number {
  const seconds = Number(response.headers['retry-after']);
  return (Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 10) : 1) * 1000 * (0.5 + Math.random());
}

/** What an answer of no says, as an end that a person can do something about. */
export function problem(response: IncomingMessage, text: string, call: Pick<ApiCall, 'path'>): CliError {
  const status = response.statusCode ?? 500;
  const said = problemSchema.safeParse(parseJson(text)).data ?? {};
  const message = said.detail ?? said.error_description ?? said.title ?? `${status} for ${call.path}`;
  const code = said.code ? ` (${printable(said.code)})` : '';
  const hint = said.hint ?? (status === 401 ? 'Is the operator token of this gateway the right one?' : undefined);
  return new CliError(exitCode(status), `${printable(message)}${code}`, hint ? { hint: printable(hint) } : {});
}

function exitCode(status: number): ExitCode {
  if (status === 404) return EXIT.notFound;
  if (status === 400 || status === 401 || status === 403 || status === 409 || status === 429) return EXIT.refused;
  if (status === 422) return EXIT.config;
  return status >= 500 ? EXIT.unavailable : EXIT.refused;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer of a proxy in between: the status says what there is to say.
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
