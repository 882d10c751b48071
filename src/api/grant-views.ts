/** Grants as the API has them: what is asked for one, what it answers, and what its holder may open with it. */
import type { Carried } from '../gateway/carriers.ts';
import type { VerifiedProof } from '../identity/proof-verifier.ts';
import type { RunId, TargetName } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

export interface GrantHolder {
  readonly grant: string;
  readonly secret: Secret;
  /** Of the grant's key, where the request brought one. It is used up by whatever the request does. */
  readonly proof?: VerifiedProof;
}

export interface OpenCarrier {
  /** Serves a connection until it ends. Never rejects. */
  serve(stream: ByteStream, login: Pick<Carried, 'keys' | 'sshKey' | 'asserted'>): Promise<void>;
}

/** Where programs are kept that wrappers of runs would start. */
export interface ServerOffers {
  /** False where as many of the run and the target wait as are kept. */
  hasRoom(run: RunId, target: TargetName): boolean;
  offer(run: RunId, target: TargetName, stream: ByteStream): void;
}

/** A program that its run's wrapper would start. */
export interface OfferedServer {
  /** Keeps the connection until the gateway uses it. */
  serve(stream: ByteStream): void;
}

export interface Attachment {
  /** Its connection broke: unless another one comes in time, the run is closed. */
  lost(): void;
  /** Calls back when the run is over, whoever ended it. Returns how to stop listening. */
  onOver(listener: () => void): () => void;
}

export interface TokenExchange {
  readonly token: Secret;
  /** Names of targets; empty for all that the trust rules allow. */
  readonly targets: readonly string[];
  readonly asserted: Readonly<Record<string, string>>;
  /** Of the key that the grant is to be bound to. */
  readonly proof?: VerifiedProof;
  /** An SSH key that is to prove the grant, and gets a certificate. */
  readonly sshKey?: Buffer;
  /** The one place of the HTTP port where the grant shall be good. */
  readonly resource?: string;
}

export interface IssuedGrant {
  readonly grant: string;
  /** True where a proof of its key must come with it. */
  readonly bound: boolean;
  readonly secret: Secret;
  /** The one place of the HTTP port where it is good. */
  readonly resource?: string;
  readonly run: string;
  readonly display: string;
  readonly expiresInSeconds: number;
  /** A line as in `id_ed25519-cert.pub`, good until the grant ends as it stands now. */
  readonly sshCertificate?: string;
  readonly certificateAuthority?: string;
  /** Present where there is something at `/mcp` for it; where that is, but for what is carried. */
  readonly mcp?: { readonly host?: string; readonly port?: number };
  readonly targets: readonly IssuedTarget[];
  /** What people may give its run while it goes on; present where there is any. */
  readonly requestable?: readonly IssuedTarget[];
}

/** What a client needs to reach a target. */
export interface IssuedTarget {
  readonly name: string;
  readonly protocol: string;
  /** Absent where no native port is open for its protocol. */
  readonly host?: string;
  readonly port?: number;
  readonly database: string;
  /** Of an MCP target whose server is a program of the job. */
  readonly startedBy?: 'run';
  /** Of an HTTP target the names that it has on the forward proxy, of an SSH target those of its host. */
  readonly hosts?: readonly string[];
  /** Of one that speaks AWS: what its credential signs requests for, where that is fixed. */
  readonly aws?: { readonly region?: string; readonly service?: string };
}
