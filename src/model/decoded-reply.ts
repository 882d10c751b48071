/** A recorded reply as tables and words: what a person reads of it. */
export interface DecodedReply {
  readonly results: readonly DecodedResult[];
  readonly notices: readonly DecodedNotice[];
}

export interface DecodedResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** At most `decodedRows`; null is NULL, `hex` bytes that are no text. */
  readonly rows: readonly (readonly DecodedValue[])[];
  readonly moreRows: number;
  /** What the server said it did. */
  readonly tag?: string;
}

export type DecodedValue = string | null | { readonly hex: string };

/** An error is a notice of severity `ERROR` or worse. */
export interface DecodedNotice {
  readonly severity: string;
  readonly code?: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Decodes the replies of one session in their order: a later one may need what an earlier one described. */
export interface ReplyDecoder {
  decode(wire: Uint8Array): DecodedReply;
  /** Of protocols whose bodies may be messages of a binary form. */
  readonly calls?: MessageDecoder | undefined;
}

/** Decodes the messages of one session in their order; undefined where there are none. */
export interface MessageDecoder {
  messages(kind: 'request' | 'input' | 'reply', wire: Uint8Array): DecodedMessages | undefined;
}

/** Messages of a binary form (gRPC) as text. */
export interface DecodedMessages {
  /** What they are called: `shop.Order`. */
  readonly type: string;
  /** At most `decodedRows`; JSON, or why one cannot be shown. */
  readonly messages: readonly ({ readonly text: string } | { readonly why: string })[];
  readonly more: number;
}
