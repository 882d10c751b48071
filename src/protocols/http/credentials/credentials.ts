import type { Credential, HttpCredential } from '../../../model/target.ts';
import type { OutgoingRequest, ReplyHead, RequestHead } from '../message.ts';
import { awsCredentials } from './aws/aws-credentials.ts';
import type { ChunkSigning } from './aws/chunks.ts';
import { staticCredentials } from './static-credentials.ts';
import { tokenCredentials } from './token-credentials.ts';
import type { Tokens } from './tokens.ts';

/** How the gateway proves itself to one target: made when a session is opened, asked for each request. */
export interface Credentials {
  /**
   * The request as it leaves, proof and all; the client's own is taken out. A promise where something must be fetched or
   * the body be read first. Throws a `Fault` of code `upstream-login` where there is no proof to be had.
   */
  apply(
    request: OutgoingRequest,
    /** As the client sent it, for kinds whose clients sign what they send. */
    client: RequestHead,
    signal: AbortSignal,
    /** By which the client has signed the chunks of its body, where that was checked. */
    signing?: ChunkSigning,
  ): OutgoingRequest | Promise<OutgoingRequest>;
  /** True where the reply says that it was not accepted; the client is not asked for a credential that it cannot have. */
  refusedBy(reply: ReplyHead): boolean;
  /** True where a secret goes along with requests, so that a server can repeat it; what proves by signing has none. */
  readonly travels: boolean;
  /** What was put into requests, of which no reply may repeat anything; another list where they are others. */
  readonly secrets: readonly string[];
}

/** Of a target's credential; a kind that cannot be used is a `Fault` of code `config-invalid`. */
export function credentialsOf({ http = NONE }: Credential, tokens: Tokens): Credentials {
  switch (http.kind) {
    case 'none':
      return { apply: (request) => request, refusedBy: () => false, travels: false, secrets: [] };
    case 'bearer':
    case 'basic':
    case 'header':
    case 'query':
      return staticCredentials(http);
    case 'oauth2':
    case 'githubApp':
      return tokenCredentials(http, tokens);
    case 'aws':
      return awsCredentials(http, tokens.nowMs);
    default:
      return http satisfies never;
  }
}

const NONE: HttpCredential = { kind: 'none' };

/** RFC 9110, 15.5.2: a 401 of an application's own, about a login of its users, challenges nobody. */
export function challenges({ status, fields }: ReplyHead, scheme: string): boolean {
  if (status !== 401) return false;
  return fields.some(([name, value]) => name === 'www-authenticate' && value.toLowerCase().startsWith(scheme));
}
