/** Reads `run-manifest.json` as the untrusted thing that it is until the log has vouched for it. */
import { BUNDLE, OWN_FILES, type RunManifest } from '../../bundle/manifest.ts';
import { isCanonical } from '../../canonical-json.ts';

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 1_000;
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/u.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isId = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/u.test(value);
const optional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value);
const listOf = (check: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(check);
const shaped = (shape: Shape) => (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(shape).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));

const isManifest = shaped({
  v: (value) => value === 1,
  run: shaped({ id: isId, openedAt: isText, closedAt: optional(isText), termination: optional(isText) }),
  log: shaped({ origin: isText, openIndex: isCount, closeIndex: optional(isCount) }),
  sessions: listOf(
    shaped({
      id: isId,
      target: isText,
      protocol: isText,
      events: isCount,
      root: isHash,
      openIndex: isCount,
      closeIndex: optional(isCount),
      headIndex: optional(isCount),
      outcome: optional(isText),
    }),
  ),
  identity: shaped({ tokenDigest: optional(isText), jwksDigest: optional(isText) }),
  policies: listOf(isHash),
  files: listOf(
    shaped({
      path: isText,
      bytes: (value) => typeof value === 'string' && /^(?:0|[1-9][0-9]{0,15})$/u.test(value),
      sha256: isHash,
      media: isText,
      tier: (value) => value === 'open' || value === 'restricted',
    }),
  ),
  elsewhere: listOf(shaped({ session: isText, gateway: isText })),
  complete: (value) => typeof value === 'boolean',
});

/** The manifest in a text; what is wrong with it where it is none. */
export function parseManifest(text: string): RunManifest | string {
  if (!isCanonical(text)) return 'the manifest is not in canonical JSON';
  const manifest: unknown = JSON.parse(text);
  return isManifest(manifest) ? (manifest as RunManifest) : 'the manifest has not the members of one';
}

/** What a manifest says that cannot be, whatever the files are. */
export function manifestProblem({ files, sessions, run, log, complete, elsewhere }: RunManifest): string | undefined {
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size !== files.length) return 'the manifest names a file twice';
  const own = files.find(({ path }) => OWN_FILES.test(path));
  if (own !== undefined) return `the manifest names ${own.path}, which it cannot commit to`;
  if (new Set(sessions.map(({ id }) => id)).size !== sessions.length) return 'the manifest names a session twice';
  const missing = sessions.find(({ id }) => !paths.has(BUNDLE.session(id)));
  if (missing !== undefined) return `the manifest names session ${missing.id} and not its file`;
  const expected = new Set(sessions.map(({ id }) => BUNDLE.session(id)));
  const stranger = files.find(({ path }) => path.startsWith('sessions/') && !expected.has(path));
  if (stranger !== undefined) return `the manifest names ${stranger.path} and no such session`;
  const closed = log.closeIndex !== undefined && sessions.every(({ closeIndex }) => closeIndex !== undefined);
  if (complete && (!closed || run.closedAt === undefined || elsewhere.length > 0)) {
    return 'the manifest calls the run complete, and something of it is open or elsewhere';
  }
  return undefined;
}
