/** What is asked of an SSH host, for rules about it; made by protocols/ssh, read by policy. */
export interface SshFacts extends ProgramFacts {
  readonly channel: SshChannel;
  /** The login at the host. */
  readonly user: string;
  /** Of git: the repository as it was named, and what would become of its refs. */
  readonly repository?: string;
  readonly refs?: readonly RefUpdate[];
  /** Of a forwarding: where it leads, lower case, or where the host would listen. */
  readonly host?: string;
  readonly port?: number;
}

/** A program that a command runs, of an SSH host or in a container; made by src/shell. */
export interface ProgramFacts {
  /** As it was named (`/usr/bin/env` leads to what it starts); absent where unknown. */
  readonly program?: string;
  /** What stands before it and only starts it, outermost first: `sudo`, `env`, `nice`, `xargs`. */
  readonly through?: readonly string[];
  /** The words after the program, as the shell gives them to it; null stands for any number of words that are not known. */
  readonly arguments?: readonly (string | null)[];
  /** The files that it names, as far as they are known to be files. */
  readonly files?: readonly FileUse[];
  /** It may use other files than those, or these in other ways. */
  readonly filesUnknown?: true;
  /** Names of the variables that are set for it. */
  readonly environment?: readonly string[];
}

/**
 * What a channel is for. `exec`: one command. `shell`: a terminal, whose commands cannot be decided one by one. `files`:
 * SFTP, scp and rsync, file by file. `git`: a transfer of git's own. `forward`: a connection from the host onwards.
 * `listen`: connections to the host, brought back.
 */
export type SshChannel = 'exec' | 'shell' | 'files' | 'git' | 'forward' | 'listen';

export interface FileUse {
  /** Normalised where it is absolute; as written where it hangs on the directory that it is used from. */
  readonly path: string;
  readonly use: FileAction;
  /** Everything below it, too. */
  readonly recursive?: true;
}

export type FileAction =
  | 'read'
  | 'write'
  | 'append'
  | 'create'
  | 'remove'
  | 'rename'
  | 'list'
  | 'stat'
  | 'attributes'
  | 'link'
  | 'directory'
  | 'execute';

/** A line of what git's receive-pack is told to do (gitprotocol-pack, "Reference Update Request"). */
export interface RefUpdate {
  /** `refs/heads/main`. */
  readonly name: string;
  readonly action: 'create' | 'update' | 'delete';
  /** Object ids, hexadecimal; all zeros where there is none. */
  readonly from: string;
  readonly to: string;
}

/** What an SSH target has beside its address. */
export interface SshTarget {
  /** How the host is known: one of these must hold, or there is no connection. */
  readonly hostKeys: HostKeys;
  /** Names of variables that clients may set; patterns by glob. `LANG` and `LC_*` where nothing is said. */
  readonly environment: readonly string[];
  /** Where connections may lead from the host: `db.internal:5432`, `*.svc:443`. Nothing where empty. */
  readonly forwards: readonly string[];
  /** Ports at which the host may be made to listen; nothing where empty. */
  readonly listens: readonly number[];
  /** Names under which clients know it, lower case; its address's own where there is none. */
  readonly hosts: readonly string[];
}

export type HostKeys =
  /** Lines as in known_hosts, without the names: `ssh-ed25519 AAAA…`. */
  | { readonly kind: 'pinned'; readonly keys: readonly string[] }
  /** Certificates of these authorities, for this name of the host. */
  | { readonly kind: 'authority'; readonly keys: readonly string[]; readonly principal: string }
  /** The key of the first connection ever is kept, in the control plane, and told to people. */
  | { readonly kind: 'firstUse' };
