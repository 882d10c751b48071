import { Fault } from '../../../model/fault.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Body, Operation, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import type { Exchange } from '../../protocol.ts';
import type { SshUpstream } from '../host/upstream.ts';

/** Something that is never carried, whatever policy says: it is put on record, and refused in the protocol's words. */
export class RefusedExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #say: (refusal: Refusal) => void;

  /** `what` was asked for: `x11-req`, `subsystem netconf`. */
  constructor(what: string, say: (refusal: Refusal) => void, refusal: Refusal = notCarried(what)) {
    const operations: readonly Operation[] = [{ ...UNKNOWN, reason: refusal.message }];
    const body = (): Body => ({ media: SSH_MEDIA, bytes: Buffer.from(`(${what})`) });
    this.request = { operations, unsupported: refusal, body };
    this.#say = say;
  }

  forward(): AsyncIterable<Part> {
    throw new Fault('internal', 'what is not carried was to be forwarded');
  }

  reply(): undefined {}

  refuse(refusal: Refusal): Promise<void> {
    this.#say(refusal);
    return Promise.resolve();
  }
}

const UNKNOWN = { kind: 'unknown', access: 'unknown', tables: [], functions: [], hasWhere: true, flags: [] } as const;

/** `what` is shown to its client, and stands on record. */
export function notCarried(what: string): Refusal {
  return { code: 'protocol-unsupported', message: `${what} is not carried to SSH hosts` };
}
