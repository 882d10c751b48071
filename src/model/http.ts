/** What an HTTP request is, for rules about it; made by protocols/http, read by policy. */
export interface HttpFacts {
  /** As sent: methods are case-sensitive (RFC 9110, 9.1). */
  readonly method: string;
  /** The target's own host, lower case, without a port. */
  readonly host: string;
  /**
   * The normal form (RFC 3986, 6.2.2), without the query; it begins with `/`. Characters that may stand in a path are
   * never encoded: servers do not tell `%3A` from `:`.
   */
  readonly path: string;
  /** The path of the target's OpenAPI document that it is an instance of: `/customers/{id}`. */
  readonly template?: string;
  /** What the document calls the operation. */
  readonly operationId?: string;
  /** Whether the document has an operation of this method there; absent where the target has no document. */
  readonly declared?: boolean;
  /** Others of the document that its server may take the request for: no better a match, or written alike. */
  readonly alike?: readonly DeclaredName[];
  /** Decoded; a name may occur more than once. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** By lower-case name; several of one name joined by `, ` (RFC 9110, 5.3). Those that carry secrets are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Type and subtype, lower case, without parameters; empty where there is none. */
  readonly mediaType: string;
  readonly body: HttpBodyFacts;
  /** The action of a cloud API as its own policies name it, `s3:GetObject`; `unknown` where nobody can tell. */
  readonly action?: string;
  /**
   * What it is done to: `arn:aws:s3:::bucket/key`; without an account where the request names none. Absent where nobody
   * can tell.
   */
  readonly resources?: readonly string[];
  readonly graphql?: GraphqlFacts;
}

/**
 * `none`: the request has no body. `fields`: it was read whole. `unread`: nobody looked into it (no rule asks, or its type
 * has no fields). `unknown`: it cannot be read, and why.
 */
export type HttpBodyFacts =
  | { readonly kind: 'none' | 'unread' }
  | { readonly kind: 'fields'; readonly value: JsonValue }
  | { readonly kind: 'unknown'; readonly why: string };

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** An operation of an OpenAPI document. */
export interface DeclaredName {
  readonly template: string;
  readonly operationId?: string;
}

export interface GraphqlFacts {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  /** The root fields that it selects, fragments followed. */
  readonly fields: readonly string[];
  /** True where an alias in it gives a field another name in the reply. */
  readonly renames?: true;
}

/** What an HTTP target has beside its address. */
export interface HttpTarget {
  /** Put before each path; empty, or begins with `/` and does not end with one. */
  readonly basePath: string;
  /** Host names under which clients reach it through the forward proxy, lower case; its address's own where it has none. */
  readonly hosts: readonly string[];
  /** What is spoken to it; `auto` asks by ALPN. */
  readonly version: 'auto' | '1.1' | '2';
  /** True where the client's cookies go to the target, and the target's to the client. */
  readonly cookies?: boolean;
  /** Its requests say what is asked in this language. */
  readonly dialect?: 'graphql' | 'aws';
  /** Of `graphql`: the path that takes documents; where absent, those that end as such paths do by custom. */
  readonly graphqlPath?: string;
  /** What is known of it beforehand. */
  readonly openapi?: HttpDocument;
  /** Its services of gRPC. */
  readonly grpc?: GrpcSource;
  /** Of `aws`: what its credential signs requests for, where that is not what the client signed for. */
  readonly signs?: { readonly region?: string; readonly service?: string };
}

/** A FileDescriptorSet of protobuf, its imports included. */
export interface GrpcSource {
  /** Base64. */
  readonly descriptors: string;
}

/** An OpenAPI document (3.0 or 3.1, JSON or YAML). */
export interface HttpDocument {
  readonly text: string;
  /** What its paths have before them at the target, in place of what it says of servers. */
  readonly base?: string;
  /** True where requests must be what it says of them. */
  readonly validate?: boolean;
}
