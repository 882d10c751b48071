/** `acme/shop` of an address: people know repositories by their path. Anything else as it is. */
export function repositoryText(repository: string): string {
  const path = /^https?:\/\/[^/]+\/(.+?)(?:\.git)?\/?$/.exec(repository)?.[1];
  return path ?? repository;
}
