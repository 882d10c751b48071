import type { Access } from '../model/request.ts';
import type { FileUse } from '../model/ssh.ts';
import type { ProgramRun, ShellFlag } from './command-line.ts';
import { unknownOutcome } from './outcome.ts';
import { isHarmless } from './variables.ts';
import type { Draft, Walk } from './walk.ts';

/** What each program does, now that all of the line is known. */
export function drawUp({ drafts, sets, upset, moves }: Walk): readonly ProgramRun[] {
  const doubt = upset ?? (sets.every(isHarmless) ? undefined : 'a variable is set that programs or the shell may mind');
  const global = [...new Set(sets)];
  return drafts.flatMap((draft) => {
    if (draft.isFunction !== true) return [runOf(draft, { doubt, global, moves })];
    return isFunctionCall(draft, sets) ? [] : [runOf(unknownCall(draft), { doubt, global, moves })];
  });
}

/** What its output goes to is a use of its own; where its name is unset somewhere, it may be a program. */
function isFunctionCall({ program = '', redirected }: Draft, sets: readonly string[]): boolean {
  return !sets.includes(program) && redirected.files.length === 0 && !redirected.filesUnknown;
}

function unknownCall(draft: Draft): Draft {
  return { ...draft, outcome: unknownOutcome('what its program does is not known') };
}

interface Line {
  readonly doubt: string | undefined;
  readonly global: readonly string[];
  readonly moves: number;
}

function runOf(draft: Draft, { doubt, global, moves }: Line): ProgramRun {
  const { program, outcome, redirected, words, through } = draft;
  const environment = [...new Set([...draft.environment, ...global])];
  const own = environment.every(isHarmless) ? undefined : 'a variable is set that programs or the shell may mind';
  const reason = outcome.access === 'unknown' ? outcome.reason : (doubt ?? own);
  const { files, isComplete } = placed([...(outcome.files ?? []), ...redirected.files], draft, moves);
  const filesUnknown = !isComplete || outcome.filesUnknown === true || redirected.filesUnknown || reason !== undefined;
  const flags = [
    ...new Set<ShellFlag>([
      ...draft.flags,
      ...(outcome.flags ?? []),
      ...(redirected.writes ? (['redirect-write'] as const) : []),
    ]),
  ];
  return {
    ...(program === undefined ? {} : { program }),
    arguments: words.map(({ value }) => value ?? null),
    through,
    access: reason === undefined ? accessOf(draft) : 'unknown',
    flags,
    ...(files.length === 0 ? {} : { files }),
    ...(filesUnknown ? { filesUnknown: true as const } : {}),
    ...(environment.length === 0 ? {} : { environment }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const STRENGTH: readonly Access[] = ['session', 'read', 'write', 'admin', 'unknown'];

function accessOf({ outcome, redirected, isPrivileged }: Draft): Access {
  const all: readonly Access[] = [
    outcome.access ?? 'read',
    ...(redirected.writes ? (['write'] as const) : []),
    ...(isPrivileged ? (['admin'] as const) : []),
  ];
  return all.reduce(
    (strictest, one) => (STRENGTH.indexOf(one) > STRENGTH.indexOf(strictest) ? one : strictest),
    'session',
  );
}

/** Relative paths, from where the shell is; what stands elsewhere, nobody knows where, is left out. */
function placed(
  files: readonly FileUse[],
  { base, isElsewhere }: Draft,
  moves: number,
): { readonly files: readonly FileUse[]; readonly isComplete: boolean } {
  const isMoved = isElsewhere || moves > (base === undefined ? 0 : 1);
  const found: FileUse[] = [];
  let isComplete = true;
  for (const file of files) {
    if (!file.path.startsWith('/') && isMoved) isComplete = false;
    else found.push(file.path.startsWith('/') || base === undefined ? file : { ...file, path: below(base, file.path) });
  }
  isComplete &&= !found.some(({ path }) => OF_PROCESSES.test(path));
  return { files: found, isComplete };
}

function below(base: string, path: string): string {
  return path === '.' ? base : `${base === '/' ? '' : base}/${path}`;
}

/** What is below it are links to any file there is (`/proc/self/root/etc/shadow`). */
const OF_PROCESSES = /^\/proc\/(?:self|thread-self|\d+)(?:\/|$)/;
