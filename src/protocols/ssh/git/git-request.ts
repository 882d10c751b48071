import type { Refusal } from '../../../model/refusal.ts';
import type { Access, Body, Operation, Request } from '../../../model/request.ts';
import type { RefUpdate } from '../../../model/ssh.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import { quoted } from '../files/file-operation.ts';
import type { GitCommand } from './git-command.ts';
import type { PushCommands } from './push-commands.ts';

/** What is asked before objects go either way: all of a fetch, and of a push that the client learns the refs. */
export function gitRequest({ service, repository }: GitCommand, user: string): Request {
  const { kind, words } = ASKED[service];
  const operation = operationOf({ kind, access: 'read', user, repository });
  const body = (): Body => ({ media: SSH_MEDIA, bytes: Buffer.from(`${words} ${quoted(repository)}`) });
  return { operations: [operation], body, context: () => ({ login: user }) };
}

/** What would become of refs: an operation for each, decided together. */
export function pushRequest({ repository }: GitCommand, user: string, push: PushCommands): Request {
  const operations = push.refs.map((ref) =>
    operationOf({ kind: 'git-push', access: 'write', user, repository, refs: [ref], flags: flagsOf(push) }),
  );
  const body = (): Body => ({ media: SSH_MEDIA, bytes: Buffer.from(pushText(repository, push)) });
  return { operations, body, context: () => ({ login: user }) };
}

/** Compressed, and with checksums of their own. */
export const UNMASKABLE: Refusal = {
  code: 'mask-impossible',
  message: 'a rule masks what comes back, and what git transfers cannot be masked',
  hint: 'Leave masks out of the rule for git-fetch, git-refs and git-push.',
};

const ASKED = {
  'upload-pack': { kind: 'git-fetch', words: 'git fetch' },
  'upload-archive': { kind: 'git-archive', words: 'git archive' },
  'receive-pack': { kind: 'git-refs', words: 'git push, the refs of' },
} as const;

interface GitOperation {
  readonly kind: string;
  readonly access: Access;
  readonly user: string;
  readonly repository: string;
  readonly refs?: readonly RefUpdate[];
  readonly flags?: readonly string[];
}

function operationOf({ kind, access, user, repository, refs, flags = [] }: GitOperation): Operation {
  const ssh = { channel: 'git', user, repository, ...(refs === undefined ? {} : { refs }) } as const;
  return { kind, access, tables: [], functions: [], hasWhere: true, flags, ssh };
}

function flagsOf({ isSigned, options }: PushCommands): readonly string[] {
  return [...(isSigned ? ['signed'] : []), ...(options.length > 0 ? ['push-options'] : [])];
}

function pushText(repository: string, { refs, options, isSigned, capabilities }: PushCommands): string {
  const lines = refs.map((ref) => `${ref.action} ${ref.name}${changeOf(ref)}`);
  const more = [
    ...(capabilities.includes('atomic') ? ['all of them or none'] : []),
    ...(isSigned ? ['signed'] : []),
    ...options.map((option) => `option ${quoted(option)}`),
  ];
  return [`git push ${quoted(repository)}`, ...lines, ...more].join('\n');
}

function changeOf({ action, from, to }: RefUpdate): string {
  switch (action) {
    case 'create':
      return ` at ${to}`;
    case 'update':
      return ` from ${from} to ${to}`;
    case 'delete':
      return `, which is at ${from}`;
    default:
      return action satisfies never;
  }
}
