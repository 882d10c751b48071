/** What a client's user name says: the login wanted at the host, and the target where it names one. */
export interface UserName {
  /** Empty where it wants the credential's own. */
  readonly login: string;
  readonly target: string | undefined;
}

/** `deploy+web-1`, `+web-1`: the last `+` divides. Without one it names no target, and is a login. */
export function readUserName(text: string): UserName {
  const plus = text.lastIndexOf('+');
  if (plus < 0) return { login: text, target: undefined };
  return { login: text.slice(0, plus), target: text.slice(plus + 1) };
}
