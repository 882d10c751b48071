/** What somebody is asked to approve, as people call it: `a command waits`. */
export function askedNoun(protocol: string, kinds: readonly string[]): string {
  if (protocol === 'postgres') return 'statement';
  if (protocol === 'mcp' && kinds.includes('tools/call')) return "tool's call";
  if (protocol !== 'ssh') return 'request';
  const [kind = ''] = kinds;
  if (kind === 'exec') return 'command';
  if (kind === 'shell') return 'terminal';
  if (kind === 'git-push') return 'push';
  if (kind.startsWith('file-')) return 'operation on files';
  return kind === 'forward' || kind === 'listen' ? 'connection' : 'request';
}
