import type { CommandLine, ProgramRun } from '../../../src/shell/command-line.ts';

/** An analysis as the corpus has it: `write sudo>tee(a) append:a pipe`, and `opaque: …` where nothing is certain. */
export function sayAnalysis({ programs, opaque }: CommandLine): readonly string[] {
  return opaque === undefined ? programs.map(sayRun) : [`opaque: ${opaque}`];
}

function sayRun(run: ProgramRun): string {
  const { access, program = '?', through, files = [], filesUnknown, environment = [], flags, reason } = run;
  const words = run.arguments.map((word) =>
    word === null ? '?' : /^[\w./:=,+@%-]+$/.test(word) && word !== '?' ? word : JSON.stringify(word),
  );
  return [
    access,
    `${[...through, program].join('>')}(${words.join(' ')})`,
    ...files.map(
      ({ path, use, recursive }) =>
        `${use}:${/\s/.test(path) ? JSON.stringify(path) : path}${recursive === true ? '/…' : ''}`,
    ),
    ...(filesUnknown === true ? ['files:?'] : []),
    ...(environment.length === 0 ? [] : [`sets:${environment.join(',')}`]),
    ...flags,
    ...(reason === undefined ? [] : [`(${reason})`]),
  ].join(' ');
}
