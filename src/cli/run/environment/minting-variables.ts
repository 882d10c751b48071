/** What could mint another token, or is one: a command that `run` starts never sees it, whatever was asked for. */
const MINTING: readonly RegExp[] = [
  /^ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)$/,
  /^ACTIONS_(RUNTIME_TOKEN|RUNTIME_URL|CACHE_URL|RESULTS_URL)$/,
  /^CIRCLE_OIDC_TOKEN/,
  /^BITBUCKET_STEP_OIDC_TOKEN$/,
  /^SYSTEM_(ACCESSTOKEN|OIDCREQUESTURI)$/,
  // Of Azure's service connections, the job's own among them.
  /^ENDPOINT_AUTH_/,
  /^SPACELIFT_OIDC_TOKEN$/,
  /^TFC_WORKLOAD_IDENTITY_TOKEN/,
  /^BUILDKITE_AGENT_(ACCESS_TOKEN|TOKEN|JOB_API_TOKEN|JOB_API_SOCKET)$/,
  /^CI_JOB_(TOKEN|JWT(_V\d+)?)$/,
  // Where the clouds' libraries find what they exchange for credentials.
  /^AWS_(WEB_IDENTITY_TOKEN_FILE|CONTAINER_(CREDENTIALS_(FULL|RELATIVE)_URI|AUTHORIZATION_TOKEN(_FILE)?))$/,
  /^AZURE_FEDERATED_TOKEN(_FILE)?$/,
  /^GOOGLE_APPLICATION_CREDENTIALS$/,
  /^(SPIFFE_ENDPOINT_SOCKET|CURSOR_AGENT_SOCKET|VAULT_TOKEN)$/,
  /^CHAPERONE_(ID_TOKEN(_FILE)?|TOKEN|TOKEN_FILE|DATA_DIR|DATABASE_URL)$/,
];

/** True where the variable mints tokens by its name, or holds one: GitLab's `id_tokens` are named by the job. */
export function isMinting(name: string, value: string): boolean {
  return MINTING.some((pattern) => pattern.test(name)) || isIdentityToken(value);
}

/**
 * The names of variables that mint tokens or are one, and of those that repeat such a token: GitLab has the job's in the
 * password of its registry and in the address of the repository.
 */
export function mintingNames(given: readonly (readonly [name: string, value: string])[]): readonly string[] {
  const own = given.filter(([name, value]) => isMinting(name, value));
  const tokens = own
    .filter(([name, value]) => /TOKEN|JWT/.test(name) && value.length >= MIN_TOKEN_CHARACTERS)
    .map(([, value]) => value);
  const repeats = (value: string): boolean => tokens.some((token) => value.includes(token));
  return given.filter((pair) => own.includes(pair) || repeats(pair[1])).map(([name]) => name);
}

/** What is shorter could stand in other values by chance. */
const MIN_TOKEN_CHARACTERS = 16;

const COMPACT_JWS = /^\s*[\w-]+\.([\w-]+)\.[\w-]+\s*$/;

/** A compact JWS (RFC 7515, 3.1) whose claims name an issuer, an audience and an end, as every OIDC token's do. */
export function isIdentityToken(value: string): boolean {
  const [, payload] = COMPACT_JWS.exec(value) ?? [];
  if (payload === undefined) return false;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && 'iss' in claims && 'aud' in claims && 'exp' in claims;
  } catch {
    // Not JSON, so three words with dots between them: no token.
    return false;
  }
}
