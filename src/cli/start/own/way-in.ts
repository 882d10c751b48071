import { randomBytes } from 'node:crypto';
import { type Duplex, duplexPair } from 'node:stream';
import type { Carriers } from '../../../gateway/carriers.ts';
import type { GrantService } from '../../../grants/grant-service.ts';
import { deriveScramKeys } from '../../../grants/scram-keys.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { Target } from '../../../model/target.ts';
import type { Asker } from '../../../protocols/mcp/own/own-tools.ts';
import { DuplexStream } from '../../../wire/duplex-stream.ts';

export interface WayInParts {
  readonly grants: Pick<GrantService, 'current'>;
  /** Where connections of a protocol go; undefined where there is no such protocol. */
  /** True where people are only asked for what would run. */
  readonly askOnly?: boolean;
  readonly carriers: (protocol: string) => Pick<Carriers<never, never>, 'checkRoom' | 'serve'> | undefined;
}

/** The client's end of a connection in memory to one target, and what its login takes. */
export interface OpenWay extends Disposable {
  readonly stream: Duplex;
  readonly user: string;
  readonly password: string;
  /** Why its login was refused, where it was. */
  refusal(): Refusal | undefined;
}

/** Connects to a target as a client of the asker's would: what is let in, decided and recorded there is as for any. Throws `Refused`. */
export async function openWay(
  target: Target,
  asker: Asker,
  { grants, carriers, askOnly = false }: WayInParts,
): Promise<OpenWay> {
  const carrier = carriers(target.protocol);
  if (carrier === undefined)
    throw new Refused({ code: 'protocol-unsupported', message: 'nothing speaks its protocol' });
  carrier.checkRoom();
  const grant = await grants.current(asker.grant);
  if (grant === undefined) throw new Refused({ code: 'claim-expired', message: 'The grant is over.' });
  if (grant.resource !== undefined) throw new Refused(BOUND);
  const password = randomBytes(32).toString('base64url');
  const keys = await deriveScramKeys(password, randomBytes(16));
  const [near, far] = duplexPair();
  near.once('close', () => far.destroy());
  // What was written to the end is still to be read there.
  far.once('close', () => far.writableFinished || near.destroy());
  let refused: Refusal | undefined;
  void carrier.serve(new DuplexStream(far, 'chaperone'), {
    carrier: 'gateway',
    askOnly,
    grant: asker.grant,
    keyThumbprint: grant.keyThumbprint,
    target: target.name,
    keys,
    asserted: { listener: 'mcp' },
    onRefused: ({ refusal }) => {
      refused = refusal;
    },
  });
  return {
    stream: near,
    user: asker.grant,
    password,
    refusal: () => refused,
    [Symbol.dispose]: () => void near.destroy(),
  };
}

/** A token for one place opens no other by a detour (RFC 8707). */
const BOUND: Refusal = {
  code: 'claim-invalid',
  message: 'The grant is good at one place alone, and not at other targets.',
};
