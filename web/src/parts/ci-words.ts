/** What CI systems say in full, as people say it: `octo/shop` for the address of a repository. */
export function repositoryWords(repository: string): string {
  const url = /^https?:/.test(repository) ? URL.parse(repository) : null;
  return url === null ? repository : decoded(url.pathname.replace(/^\/|(?:\.git)?\/?$/g, ''));
}

/** `agent.yml` of `https://ci.example/octo/shop/.github/workflows/agent.yml@refs/heads/main`; else as it is. */
export function workflowWords(workflow: string): string {
  const path = repositoryWords(workflow.replace(/@refs\/.*$/, ''));
  return /\.ya?ml$/.test(path) && path.includes('/') ? (path.split('/').at(-1) ?? path) : path;
}

/** `main`, `v1.2`, `pull/12/merge` of a git reference. */
export function refWords(ref: string): string {
  return ref.replace(/^refs\/(?:heads\/|tags\/)?/, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing: it stands for itself.
    return text;
  }
}
