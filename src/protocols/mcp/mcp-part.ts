import type { BodyMasker, CutPart, ExchangeResult, FieldMasker, ReplyCount } from '../../model/reply.ts';
import { BodyRewriter } from '../http/mask/rewrite.ts';
import type { BodyLength, Fields, ReplyHead } from '../http/message.ts';
import { HttpPart } from '../http/parts.ts';
import type { Digest } from '../http/secret-fields.ts';
import { type EventBlock, withData } from './events.ts';
import { maskedMessage } from './mask-message.ts';

export interface McpPartParts {
  readonly head: ReplyHead | undefined;
  readonly length: BodyLength | 'one';
  readonly trailers: Fields | undefined;
  readonly result: ExchangeResult | undefined;
  readonly digest: Digest;
  /** Of a metered reply: one for each message. */
  readonly counts?: readonly ReplyCount[] | undefined;
  /** One message, or events with one each. */
  readonly said:
    | { readonly kind: 'message'; readonly text: string }
    | { readonly kind: 'events'; readonly blocks: readonly EventBlock[] };
}

/** A piece of a reply that holds whole messages. */
export class McpPart extends HttpPart {
  declare readonly counts?: readonly ReplyCount[];
  readonly #parts: McpPartParts;

  constructor(parts: McpPartParts) {
    const { head, length, trailers, result, digest, said } = parts;
    const body =
      said.kind === 'message' ? Buffer.from(said.text) : Buffer.concat(said.blocks.map(({ bytes }) => bytes));
    // Its bodies are masked here: to what is above it they are bytes.
    super({ head, length, body, trailers, result, rewriter: new BodyRewriter('', () => AS_IT_IS), digest });
    this.#parts = parts;
    if (parts.counts !== undefined) this.counts = parts.counts;
  }

  get said(): McpPartParts['said'] {
    return this.#parts.said;
  }

  override cut(allow: (message: ReplyCount) => boolean): CutPart {
    return cutPart(this, this.#parts, allow);
  }

  override rewrite(masker: FieldMasker): McpPart {
    const around = super.rewrite(masker);
    const said = maskedSaid(this.#parts.said, masker);
    if (around === this && said === undefined) return this;
    return new McpPart({
      ...this.#parts,
      counts: undefined,
      head: around.head,
      trailers: around.trailers,
      said: said ?? this.#parts.said,
    });
  }
}

/** Before an event that does not fit, with all behind it; a message alone is given whole or not at all. */
function cutPart(part: McpPart, parts: McpPartParts, allow: (message: ReplyCount) => boolean): CutPart {
  const { said, counts = [] } = parts;
  const at = counts.findIndex((count) => !allow(count));
  if (at < 0) return { head: part, rest: undefined };
  if (said.kind === 'message' || at === 0) return { head: undefined, rest: part };
  const { blocks } = said;
  const before = { blocks: blocks.slice(0, at), counts: counts.slice(0, at) };
  const behind = { blocks: blocks.slice(at), counts: counts.slice(at) };
  const of = (piece: typeof before, more: Partial<McpPartParts>): McpPart =>
    new McpPart({ ...parts, ...more, counts: piece.counts, said: { kind: 'events', blocks: piece.blocks } });
  return { head: of(before, { trailers: undefined, result: undefined }), rest: of(behind, { head: undefined }) };
}

const AS_IT_IS: BodyMasker = { push: (bytes) => bytes, end: () => Buffer.alloc(0) };

function maskedSaid(said: McpPartParts['said'], masker: FieldMasker): McpPartParts['said'] | undefined {
  if (said.kind === 'message') {
    const text = said.text === '' ? undefined : maskedMessage(said.text, masker);
    return text === undefined ? undefined : { kind: 'message', text };
  }
  let changed = false;
  const blocks = said.blocks.map((block) => {
    const masked = block.data === undefined ? maskedComment(block, masker) : maskedEvent(block, block.data, masker);
    changed ||= masked !== block;
    return masked;
  });
  return changed ? { kind: 'events', blocks } : undefined;
}

/** The fields of an event beside its data (its id, its name, comments) are masked as text. */
function maskedEvent(block: EventBlock, data: string, masker: FieldMasker): EventBlock {
  const text = maskedMessage(data, masker);
  const changed = text === undefined ? block : { bytes: withData(block, text), data: text };
  return maskedComment(changed, masker);
}

function maskedComment(block: EventBlock, masker: FieldMasker): EventBlock {
  const bare = withData({ bytes: block.bytes, data: undefined }, '');
  if (masker.text(bare, 0, bare.length) === undefined) return block;
  // An id that is masked cannot be resumed from, so none is told.
  const bytes =
    block.data === undefined
      ? Buffer.from(': masked\n\n')
      : withData({ bytes: Buffer.from(''), data: undefined }, block.data);
  return { bytes, data: block.data };
}
