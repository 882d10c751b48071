import { hash } from 'node:crypto';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import { signingSecret } from '../../model/signing-key.ts';
import type { Admission } from '../protocol.ts';
import type { Proof } from './claims.ts';
import { AwsRefused } from './credentials/aws/aws-refused.ts';
import { S3, sha256 } from './credentials/aws/canonical.ts';
import type { ChunkSigning } from './credentials/aws/chunks.ts';
import { isPresigned } from './credentials/aws/client-scope.ts';
import { checkSignature, signatureIn } from './credentials/aws/client-signature.ts';
import { fieldOf } from './forwarded-head.ts';
import type { IncomingRequest, RequestHead } from './message.ts';

export interface SignedClientsParts {
  readonly admission: Pick<Admission<unknown, unknown>, 'scramKeys' | 'target'>;
  readonly nowMs: () => number;
}

/** A request whose signature was checked. */
export interface Signed {
  readonly proof: Proof;
  /** By which the chunks of its body are signed. */
  readonly chunks: ChunkSigning;
  /** The request, with what of its body had to be read for that. */
  readonly incoming: IncomingRequest;
}

/** True of what may bear a signature for AWS, in its header or its address: most requests do not, and are not held up. */
export function isSigned(head: RequestHead): boolean {
  return (
    head.fields.some(([name, value]) => name === 'authorization' && value.startsWith('AWS4-')) || isPresigned(head)
  );
}

/** As many keys are looked up for one connection, on which a run has one. */
const MOST_KEYS = 10;

/**
 * Clients that prove their grant by signing their requests for AWS, with its id as access key. They can at the listeners of
 * a run alone: what checks a signature could make one, and what checks the grant's own secret lies in the store.
 */
export class SignedClients {
  readonly #parts: SignedClientsParts;
  readonly #secrets = new Map<string, Promise<string>>();

  constructor(parts: SignedClientsParts) {
    this.#parts = parts;
  }

  /**
   * Checks the signature that a request bears, where it stands for the grant: it shows no other proof, or names that
   * proof's own grant. Undefined where it has none that does. Throws `Refused`; rejects where the body breaks off.
   */
  async check(incoming: IncomingRequest, shown: Proof | undefined): Promise<Signed | undefined> {
    const signature = signatureIn(incoming.head.fields);
    const isCarried = this.#parts.admission.target !== undefined;
    if (signature === undefined) {
      if (shown !== undefined || !isPresigned(incoming.head)) return undefined;
      throw new AwsRefused('AccessDenied', PRESIGNED);
    }
    const user = signature.accessKeyId;
    if (shown !== undefined && (shown.claim.user !== user || !isCarried)) return undefined;
    if (!isCarried) throw new AwsRefused('InvalidClientTokenId', NOT_HERE);
    const secret = await this.#secretOf(user);
    const read = await payloadOf(incoming, signature.service);
    const { head, body } = read.incoming;
    const signed = { head, length: body.length, payload: read.payload };
    const { proof, chunks } = checkSignature(signature, signed, { secret, nowMs: this.#parts.nowMs() });
    // The same for all that it signs, so that they share a session.
    const digest = hash('sha256', `signed\0${user}\0${secret}`, 'base64');
    return { proof: shown ?? { claim: { kind: 'keyed', user, proof }, digest }, chunks, incoming: read.incoming };
  }

  #secretOf(user: string): Promise<string> {
    const known = this.#secrets.get(user);
    if (known !== undefined) return known;
    if (this.#secrets.size >= MOST_KEYS) {
      throw new Refused({ code: 'claim-invalid', message: 'too many access keys were tried on this connection' });
    }
    const looked = this.#parts.admission.scramKeys(user).then(({ serverKey }) => signingSecret(serverKey));
    this.#secrets.set(user, looked);
    return looked;
  }
}

const PRESIGNED = {
  code: 'claim-missing',
  message: 'a presigned URL proves no grant',
  hint: 'Send an ordinary request, signed in its header.',
} as const;
const NOT_HERE = {
  code: 'claim-invalid',
  message: 'a signature proves a grant at the listeners of a run alone',
  hint: 'Use `chaperone run` without --direct, or show the grant as Chaperone-Grant: GRANT.SECRET beside the signature.',
} as const;

const TOO_LONG = {
  code: 'too-large',
  message: 'the body is too long to be checked against its signature',
  hint: 'Send its digest as x-amz-content-sha256.',
} as const;

/** What stands for the body in the signature: what a header says, and else the digest of the body, read for that. */
async function payloadOf(
  incoming: IncomingRequest,
  service: string,
): Promise<{ readonly payload: string; readonly incoming: IncomingRequest }> {
  const said = fieldOf(incoming.head.fields, 'x-amz-content-sha256');
  if (said !== undefined) return { payload: said, incoming };
  if (S3.has(service)) {
    const message = 'a request to S3 says x-amz-content-sha256';
    throw new AwsRefused('InvalidRequest', { code: 'claim-invalid', message });
  }
  const pieces: Buffer[] = [];
  let length = 0;
  for (let bytes = await incoming.body.read(); bytes !== null; bytes = await incoming.body.read()) {
    length += bytes.length;
    if (length > LIMITS.maxInspectedBodyBytes) {
      throw new AwsRefused('EntityTooLarge', TOO_LONG);
    }
    pieces.push(Buffer.from(bytes));
  }
  const bytes = Buffer.concat(pieces);
  return { payload: sha256(bytes), incoming: withBytes(incoming, bytes) };
}

/** The same request, with a body that was read already. */
function withBytes(incoming: IncomingRequest, bytes: Buffer): IncomingRequest {
  let left: Buffer | null = bytes.length === 0 ? null : bytes;
  const body: IncomingRequest['body'] = {
    length: incoming.body.length === 'unknown' ? bytes.length : incoming.body.length,
    get trailers() {
      return incoming.body.trailers;
    },
    read: () => {
      const next = left;
      left = null;
      return Promise.resolve(next);
    },
  };
  return {
    head: incoming.head,
    body,
    expectsContinue: false,
    signal: incoming.signal,
    respond: (head, length) => incoming.respond(head, length),
    write: (piece) => incoming.write(piece),
    end: (trailers) => incoming.end(trailers),
    abort: () => incoming.abort(),
    accept: (head) => incoming.accept(head),
  };
}
