import { Fault } from '../../../model/fault.ts';
import type { Credential, HttpCredential } from '../../../model/target.ts';
import type { OutgoingRequest } from '../message.ts';

/** How the gateway proves itself to one target: made when a session is opened, asked for each request. */
export interface Credentials {
  /**
   * The request as it leaves, proof and all; the client's own credentials were taken out before. A promise where something
   * must be fetched or the body be read first. Throws a `Fault` of code `upstream-login` where there is no proof to be had.
   */
  apply(request: OutgoingRequest, signal: AbortSignal): OutgoingRequest | Promise<OutgoingRequest>;
}

/** Of a target's credential; a kind that cannot be used is a `Fault` of code `config-invalid`. */
export function credentialsOf({ http = NONE }: Credential): Credentials {
  switch (http.kind) {
    case 'none':
      return { apply: (request) => request };
    case 'bearer': {
      const { token } = http;
      return { apply: (request) => withField(request, 'authorization', `Bearer ${token.reveal()}`) };
    }
    case 'basic':
    case 'header':
    case 'query':
    case 'oauth2':
    case 'githubApp':
    case 'aws':
      throw new Fault('config-invalid', `credentials of kind ${http.kind} are not spoken`);
    default:
      return http satisfies never;
  }
}

const NONE: HttpCredential = { kind: 'none' };

function withField(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  return { ...request, fields: [...request.fields, [name, value]] };
}
