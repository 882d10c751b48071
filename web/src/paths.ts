/** Every page's address; nobody else puts one together. */
export const paths = {
  overview: () => '/',
  approvals: () => '/approvals',
  approval: (id: string) => `/approvals/${encodeURIComponent(id)}`,
  approvalsOf: (run: string) => `/approvals?view=all&run=${encodeURIComponent(run)}`,
  runs: () => '/runs',
  run: (id: string) => `/runs/${encodeURIComponent(id)}`,
  sessions: () => '/sessions',
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  targets: () => '/targets',
  target: (name: string) => `/targets/${encodeURIComponent(name)}`,
  definitions: () => '/definitions',
  definition: (id: string) => `/definitions/${encodeURIComponent(id)}`,
  definitionsOf: (target: string) => `/definitions?view=all&target=${encodeURIComponent(target)}`,
  policies: () => '/policies',
  policy: (name: string) => `/policies/${encodeURIComponent(name)}`,
  trust: () => '/trust',
  people: () => '/people',
  person: (id: string) => `/people/${encodeURIComponent(id)}`,
  tokens: () => '/tokens',
  channels: () => '/channels',
  channel: (name: string) => `/channels?channel=${encodeURIComponent(name)}`,
  log: () => '/log',
  reference: () => '/api',
  login: () => '/login',
  device: () => '/device',
} as const;

/** The page of an id as it stands in a message or a log; undefined for anything else. */
export function pathOfId(text: string): string | undefined {
  const id = text.trim();
  if (!/^[a-z]+_[0-9A-Za-z]+$/.test(id)) return undefined;
  if (id.startsWith('apr_')) return paths.approval(id);
  if (id.startsWith('def_')) return paths.definition(id);
  if (id.startsWith('run_')) return paths.run(id);
  return id.startsWith('ses_') ? paths.session(id) : undefined;
}
