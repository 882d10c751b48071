/**
 * What the program exits with (docs/reference/cli.md). Under 64 a command's own answer; from 64 on why there is none,
 * in the numbers of BSD's sysexits. `run` and `connect` pass on what the command they started exited with.
 */
export const EXIT = {
  ok: 0,
  /** `verify` says FAIL, `targets check` found something wrong, `policy check` found a problem. */
  failed: 1,
  /** `verify` says INCOMPLETE. */
  incomplete: 2,
  /** The command line makes no sense. */
  usage: 64,
  /** What was named does not exist. */
  notFound: 66,
  /** The gateway, or something it needs, cannot be reached. */
  unavailable: 69,
  /** A fault of our own. */
  internal: 70,
  /** The gateway said no. */
  refused: 77,
  /** A configuration or a file is not what it must be. */
  config: 78,
  /** `run`: the command could not be started, as a shell says it. */
  notExecutable: 126,
  notInstalled: 127,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that a person can do something about: what happened, and what to do next. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options?: { readonly hint?: string; readonly cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.hint = options?.hint;
  }
}
