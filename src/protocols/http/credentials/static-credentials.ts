import { Fault } from '../../../model/fault.ts';
import type { HttpCredential } from '../../../model/target.ts';
import { isFieldValue } from '../grammar.ts';
import type { OutgoingRequest } from '../message.ts';
import { type Credentials, challenges } from './credentials.ts';
import { withField, withParameter } from './put-in.ts';

type Static = Extract<HttpCredential, { readonly kind: 'bearer' | 'basic' | 'header' | 'query' }>;

/** What is put into each request as it is. Throws a `Fault` of code `config-invalid` where no request can hold it. */
export function staticCredentials(credential: Static): Credentials {
  switch (credential.kind) {
    case 'bearer': {
      const token = credential.token.reveal();
      return putting((request) => withField(request, 'authorization', checked(`Bearer ${token}`)), [token], 'bearer');
    }
    case 'basic': {
      const { user, password } = credential;
      const pair = `${user}:${password.reveal()}`;
      const encoded = Buffer.from(pair).toString('base64');
      const secrets = [encoded, password.reveal()];
      return putting((request) => withField(request, 'authorization', `Basic ${encoded}`), secrets, 'basic');
    }
    case 'header': {
      const { name, value } = credential;
      const secret = value.reveal();
      return putting((request) => withField(request, name, checked(secret)), [secret]);
    }
    case 'query': {
      const { name, value } = credential;
      const secret = value.reveal();
      return putting((request) => withParameter(request, name, secret), [secret]);
    }
    default:
      return credential satisfies never;
  }
}

function putting(
  apply: (request: OutgoingRequest) => OutgoingRequest,
  secrets: readonly string[],
  scheme?: string,
): Credentials {
  return {
    apply,
    travels: true,
    secrets,
    // An API key has no scheme of its own: what is challenged, the client cannot answer either.
    refusedBy: (reply) => (scheme === undefined ? false : challenges(reply, scheme)),
  };
}

function checked(value: string): string {
  // It is put on the wire as latin1: anything else would become another secret, or another field.
  if (isFieldValue(value) && value === value.trim()) return value;
  throw new Fault('config-invalid', 'the credential of the target has characters that no header can hold');
}
