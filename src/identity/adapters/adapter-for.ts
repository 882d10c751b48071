import type { IssuerKind } from '../../model/principal.ts';
import type { IssuerAdapter } from './adapter.ts';
import { aws } from './aws.ts';
import { azureDevops } from './azure-devops.ts';
import { bitbucket } from './bitbucket.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { cursorCloud } from './cursor-cloud.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { google } from './google.ts';
import { hcpTerraform } from './hcp-terraform.ts';
import { jenkins } from './jenkins.ts';
import { kubernetes } from './kubernetes.ts';
import { spacelift } from './spacelift.ts';
import { spiffe } from './spiffe.ts';

export const ADAPTERS: Readonly<Record<IssuerKind, IssuerAdapter>> = {
  github,
  gitlab,
  circleci,
  buildkite,
  bitbucket,
  'azure-devops': azureDevops,
  jenkins,
  kubernetes,
  spiffe,
  google,
  aws,
  'hcp-terraform': hcpTerraform,
  spacelift,
  'cursor-cloud': cursorCloud,
  generic,
};

export function adapterFor(kind: IssuerKind): IssuerAdapter {
  return ADAPTERS[kind];
}
