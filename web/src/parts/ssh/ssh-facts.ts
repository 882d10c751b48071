import type { RecordedEvent } from '../../api/types.ts';

/** What a recorded request asked of an SSH host, as far as its record says it beside its text. */
export interface SshAsked {
  readonly channel: string;
  /** `exec`, `file-read`, `git-push`, … one for each operation. */
  readonly kinds: readonly string[];
  /** Programs that a command runs, in their order, with what they are started through. */
  readonly programs: readonly string[];
  /** True where all that is answered is what a terminal shows. */
  readonly terminal: boolean;
}

/** Undefined for what is asked of anything else. A recording may hold anything. */
export function sshAsked({ op }: Pick<RecordedEvent, 'op'>): SshAsked | undefined {
  const operations = (op ?? []).filter(isObject);
  const facts = operations.map(({ ssh }) => ssh).filter(isObject);
  const channel = facts[0]?.['channel'];
  if (typeof channel !== 'string') return undefined;
  return {
    channel,
    kinds: operations.map(({ kind }) => (typeof kind === 'string' ? kind : 'unknown')),
    programs: facts.flatMap(programOf),
    terminal: channel === 'shell',
  };
}

function programOf({ program, through }: Readonly<Record<string, unknown>>): readonly string[] {
  if (typeof program !== 'string') return [];
  const before = Array.isArray(through) ? through.filter((one) => typeof one === 'string') : [];
  return [[...before, program].join(' ')];
}

/** What became of a file in one direction, by the tags of its result. */
export interface Carried {
  readonly direction: 'read' | 'written';
  readonly bytes: number;
  /** Hexadecimal; absent where it was not carried from its beginning to its end. */
  readonly sha256?: string;
}

export function carriedOf(tags: readonly string[]): readonly Carried[] {
  return (['read', 'written'] as const).flatMap((direction) => {
    const bytes = tags
      .map((tag) => new RegExp(`^${direction} (\\d{1,18})$`).exec(tag)?.[1])
      .find((one) => one !== undefined);
    if (bytes === undefined) return [];
    const digest = tags.map((tag) => new RegExp(`^${direction}-sha256 ([\\da-f]{64})$`).exec(tag)?.[1]);
    const sha256 = digest.find((one) => one !== undefined);
    return [{ direction, bytes: Number(bytes), ...(sha256 === undefined ? {} : { sha256 }) }];
  });
}

/** A ref of a push, by the text of its request. */
export interface PushedRef {
  readonly action: 'create' | 'update' | 'delete';
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

const REF =
  /^(create|update|delete) (refs\/\S+?)(?:,? (?:which is at|at|from) ([\da-f]{40,64})(?: to ([\da-f]{40,64}))?)?$/;

/** The refs in the text of a push; lines that are none are left out. */
export function pushedRefs(text: string): readonly PushedRef[] {
  return text.split('\n').flatMap((line): readonly PushedRef[] => {
    const [, action, name = '', first, second] = REF.exec(line) ?? [];
    if (action === 'create') return [{ action, name, ...(first === undefined ? {} : { to: first }) }];
    if (action !== 'update' && action !== 'delete') return [];
    return [
      {
        action,
        name,
        ...(first === undefined ? {} : { from: first }),
        ...(second === undefined ? {} : { to: second }),
      },
    ];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
