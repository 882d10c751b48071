/** Every bound of the gateway: a name, a unit, a default. docs/reference/limits.md explains each. */
export const LIMITS = {
  // listener and admission
  maxConnections: 5_000,
  maxUnauthenticatedConnections: 500,
  admissionDeadlineMs: 10_000,
  upstreamConnectDeadlineMs: 10_000,
  drainDeadlineMs: 30_000,
  // client side of a protocol
  maxStartupBytes: 10_000,
  maxClientAheadBytes: 256 * 1024,
  maxRequestBytes: 16 * 1024 * 1024,
  maxPreparedStatements: 10_000,
  maxPreparedStatementBytes: 64 * 1024 * 1024,
  // upstream side
  maxUpstreamMessageBytes: 1024 * 1024 * 1024,
  maxMaskedMessageBytes: 64 * 1024 * 1024,
  readBufferBytes: 256 * 1024,
  // analysis
  maxStatementBytes: 1024 * 1024,
  maxAnalysisCacheEntries: 10_000,
  maxAnalysisCacheBytes: 32 * 1024 * 1024,
  maxCatalogueColumns: 200_000,
  catalogueMaxAgeMs: 60_000,
  // audit log
  batchedCommitDelayMs: 50,
  maxRecordQueueBytes: 8 * 1024 * 1024,
  inlineBodyBytes: 64 * 1024,
  bodyChunkBytes: 1024 * 1024,
  storedReplyBytes: 16 * 1024 * 1024,
  sessionHeadEvents: 256,
  sessionHeadMs: 10_000,
  checkpointMs: 1_000,
  journalSegmentBytes: 64 * 1024 * 1024,
  // identity and grants
  maxTokenBytes: 16 * 1024,
  clockToleranceSeconds: 30,
  grantMaxSeconds: 15 * 60,
  grantRenewableSeconds: 6 * 60 * 60,
  grantMinSeconds: 30,
  grantScramIterations: 4096,
  consumedTokenMarginSeconds: 60,
  maxAssertedLabels: 32,
  maxAssertedLabelBytes: 1024,
  issuerFetchMs: 5_000,
  issuerDocumentBytes: 256 * 1024,
  issuerKeys: 100,
  issuerKeysFreshMs: 10 * 60_000,
  issuerKeysCooldownMs: 30_000,
  issuerKeysStaleMs: 24 * 60 * 60_000,
  tokenMaxAgeSeconds: 10 * 60,
  tokenMaxLifetimeSeconds: 60 * 60,
  maxClaimBytes: 2048,
  // store
  storeBusyMs: 5_000,
  storePollMs: 200,
  storeConnections: 10,
  storeConnectMs: 10_000,
  storeStatementMs: 30_000,
  storeListenRetryMs: 1_000,
  // targets
  maxDeclarationBytes: 1024 * 1024,
  maxCredentialBytes: 64 * 1024,
  // protocols/postgres: the upstream's side of a login
  maxLoginBytes: 256 * 1024,
  minScramIterations: 4_096,
  maxScramIterations: 1_000_000,
  upstreamAddressAttemptMs: 1_000,
  upstreamKeepAliveMs: 60_000,
} as const;

export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
