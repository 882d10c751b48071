import type { Refusal } from '../../../model/refusal.ts';
import type { Request } from '../../../model/request.ts';
import { CommandExchange } from '../channels/command-exchange.ts';
import type { SessionChannel } from '../channels/kind.ts';

/** A command whose both ends speak something of their own: what it does is known by its words, and none of it is masked. */
export class OpaqueCommand extends CommandExchange {
  readonly #unmaskable: Refusal;

  constructor(
    parts: SessionChannel,
    nowMs: () => number,
    { request, unmaskable }: { readonly request: Request; readonly unmaskable: Refusal },
  ) {
    super(parts, nowMs, request);
    this.#unmaskable = unmaskable;
  }

  unmaskable(): Refusal {
    return this.#unmaskable;
  }
}
