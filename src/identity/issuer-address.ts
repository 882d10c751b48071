import type { Problem } from '../model/declaration.ts';
import type { IssuerKind } from '../model/principal.ts';
import { ADAPTERS, adapterFor } from './adapters/adapter-for.ts';
import { isLoopback } from './issuer.ts';
import type { At, IssuerDeclaration } from './load-issuers.ts';

/** Of kinds that have one public service with one issuer: its address. */
export const PUBLIC_ADDRESSES: Partial<Readonly<Record<IssuerKind, string>>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
  buildkite: 'https://agent.buildkite.com',
  google: 'https://accounts.google.com',
  'hcp-terraform': 'https://app.terraform.io',
  'cursor-cloud': 'https://api.cursor.com',
};

/** An issuer of one kind on the public host of another would be believed what only the real one may say. */
export function addressProblems(item: IssuerDeclaration, at: At): readonly Problem[] {
  const { kind } = item;
  const { address, label } = adapterFor(kind);
  const text = item.issuer ?? PUBLIC_ADDRESSES[kind];
  if (text === undefined) return [at('issuer', 'issuer is missing', `It is ${address.example}.`)];
  const { hostname } = new URL(text);
  const owner = Object.values(ADAPTERS).find((one) => one.address.hosts.some((host) => host.test(hostname)));
  if (owner !== undefined && owner.kind !== kind) {
    return [at('kind', `${hostname} is the host of ${owner.kind}`, `Use kind \`${owner.kind}\`.`)];
  }
  const { shapes } = address;
  if (!isLoopback(hostname) && shapes.length > 0 && !shapes.some((shape) => shape.test(text))) {
    return [at('issuer', `this is not the address of an issuer of ${label}`, `It is ${address.example}.`)];
  }
  return kind === 'spiffe' ? spiffeProblems(item, text, at) : [];
}

/** A trust domain is no web address: it has no discovery document, and its name stands in one place. */
function spiffeProblems({ trustDomain, jwks, jwksUri }: IssuerDeclaration, text: string, at: At): readonly Problem[] {
  const isDomain = text.startsWith('spiffe://');
  if (isDomain && trustDomain !== undefined) {
    return [at('trustDomain', 'the issuer names the trust domain already', 'Leave trustDomain out.')];
  }
  if (!isDomain && trustDomain === undefined) {
    return [at('issuer', 'the trust domain is missing', 'Add `trustDomain: TRUST-DOMAIN`.')];
  }
  if (isDomain && jwks === undefined && jwksUri === undefined) {
    const advice = 'Add `jwksUri:` with the bundle endpoint, or `jwks:` with the trust bundle itself.';
    return [at('issuer', 'a trust domain has no discovery document', advice)];
  }
  return [];
}
