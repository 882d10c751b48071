import type { Access } from '../model/request.ts';

/** The groups of operations that a rule may name. */
export const ACCESS_GROUPS = [
  'read',
  'write',
  'ddl',
  'admin',
  'session',
  'transaction',
  'unknown',
] as const satisfies readonly Access[];

/** The kinds that a rule may name, by the protocols that have them. A rule that names another one does not load. */
export const OPERATION_KINDS: readonly string[] = `
  select returning insert update delete merge truncate copy-in copy-out copy-program refresh vacuum analyze
  create alter drop comment cluster reindex grant revoke load checkpoint set reset show prepare execute deallocate
  declare fetch move close listen unlisten notify discard explain lock begin commit rollback savepoint release
  rollback-to prepare-transaction commit-prepared rollback-prepared set-constraints do call function empty
  initialize ping server/discover tools/list tools/call prompts/list prompts/get resources/list resources/templates/list
  resources/read resources/subscribe resources/unsubscribe subscriptions/listen completion/complete logging/setLevel
  tasks/get tasks/list tasks/result tasks/update tasks/cancel sampling/createMessage elicitation/create roots/list
  notifications/initialized notifications/cancelled notifications/progress notifications/roots/list_changed
  notifications/elicitation/complete notifications/tasks/status answer session/end
  get head options post put patch propfind proppatch report search query mkcol unlock
  exec shell file-read file-write file-append file-create file-remove file-rename file-list file-stat file-attributes
  file-link file-directory file-execute sftp scp git-refs git-fetch git-archive git-push forward
  list watch deletecollection proxy connect
`
  .trim()
  .split(/\s+/);

/** True for a word that is both (none is today): a group wins nothing over a kind, either matches. */
export function isOperationName(name: string): boolean {
  return name === 'any' || OPERATION_KINDS.includes(name) || ACCESS_GROUPS.some((group) => group === name);
}
