import type { BodyMasker, ExchangeResult, FieldMasker } from '../../model/reply.ts';
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
  /** One message, or events with one each. */
  readonly said:
    | { readonly kind: 'message'; readonly text: string }
    | { readonly kind: 'events'; readonly blocks: readonly EventBlock[] };
}

/** A piece of a reply that holds whole messages. */
export class McpPart extends HttpPart {
  readonly #parts: McpPartParts;

  constructor(parts: McpPartParts) {
    const { head, length, trailers, result, digest, said } = parts;
    const body =
      said.kind === 'message' ? Buffer.from(said.text) : Buffer.concat(said.blocks.map(({ bytes }) => bytes));
    // Its bodies are masked here: to what is above it they are bytes.
    super({ head, length, body, trailers, result, rewriter: new BodyRewriter('', () => AS_IT_IS), digest });
    this.#parts = parts;
  }

  get said(): McpPartParts['said'] {
    return this.#parts.said;
  }

  override rewrite(masker: FieldMasker): McpPart {
    const around = super.rewrite(masker);
    const said = maskedSaid(this.#parts.said, masker);
    if (around === this && said === undefined) return this;
    return new McpPart({
      ...this.#parts,
      head: around.head,
      trailers: around.trailers,
      said: said ?? this.#parts.said,
    });
  }
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
