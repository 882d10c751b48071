import type { IssuerKind } from '../model/principal.ts';

/** One field of a preset: a short word for a claim of the long form. */
export interface PresetField {
  /** The claim that it stands for; nothing for a name that only people read. */
  readonly claim?: string;
  /** The claim's value, of what is written. */
  readonly value?: (written: string) => string;
  readonly info: string;
}

export interface Preset {
  readonly fields: Readonly<Record<string, PresetField>>;
  /** The ids of which a rule needs one, first the one to take. */
  readonly ids: readonly string[];
  /** How to find the id of what `about` names. */
  readonly find: (about: string | undefined) => string;
}

const branches: PresetField = {
  claim: 'sourceRef',
  value: (name) => `refs/heads/${name}`,
  info: 'Branches, by name or pattern: `main`, `release-*`.',
};
const tags: PresetField = {
  claim: 'sourceRef',
  value: (name) => `refs/tags/${name}`,
  info: 'Tags, by name or pattern: `v*`.',
};
const environment: PresetField = { claim: 'environment', info: 'The deployment environment, by name or pattern.' };
const trigger: PresetField = { claim: 'trigger', info: 'What set the job off.' };
const runner: PresetField = { claim: 'runnerEnvironment', info: 'Where the job runs, in the words of the CI system.' };
const id = (claim: string, info: string): PresetField => ({ claim, info });
const about = (info: string): PresetField => ({ info });

/** The short forms of trust rules, by kind of issuer. A generic issuer has none: its claims are its own. */
export const PRESETS: Partial<Readonly<Record<IssuerKind, Preset>>> = {
  github: {
    fields: {
      repository: about('OWNER/NAME, for people; the id decides.'),
      repositoryId: id('sourceRepositoryId', 'The id of the repository.'),
      ownerId: id('sourceOwnerId', 'The id of the organisation or user.'),
      branches,
      tags,
      environment,
      events: trigger,
      runner,
      workflow: id('extra.workflow_path', 'The file of the workflow: `.github/workflows/agent.yml`.'),
    },
    ids: ['repositoryId', 'ownerId'],
    find: (name) => `\`gh api repos/${name ?? 'OWNER/NAME'} --jq .id\` prints it.`,
  },
  gitlab: {
    fields: {
      project: about('GROUP/NAME, for people; the id decides.'),
      projectId: id('sourceRepositoryId', 'The id of the project.'),
      groupId: id('sourceOwnerId', 'The id of the namespace.'),
      branches,
      tags,
      environment,
      sources: trigger,
      runner,
      protected: id('extra.ref_protected', 'Whether the ref must be protected: `true`.'),
    },
    ids: ['projectId', 'groupId'],
    find: (name) =>
      `\`glab api projects/${encodeURIComponent(name ?? 'GROUP/NAME')}\` prints it, and the project's page.`,
  },
  circleci: {
    fields: {
      project: about('For people; the ids decide.'),
      projectId: id('sourceRepositoryId', 'The id of the project.'),
      organizationId: id('sourceOwnerId', 'The id of the organisation.'),
      origin: id('extra.vcs_origin', 'The repository that is built: `github.com/acme/shop`. A fork has another.'),
      definitionId: id('extra.pipeline_definition_id', 'The id of the pipeline definition.'),
      branches,
      tags,
    },
    ids: ['projectId', 'organizationId'],
    find: () => 'It stands in Project Settings, Overview.',
  },
  buildkite: {
    fields: {
      pipeline: about('ORGANIZATION/PIPELINE, for people; the ids decide.'),
      pipelineId: id('sourceRepositoryId', 'The UUID of the pipeline.'),
      organizationId: id('sourceOwnerId', 'The UUID of the organisation.'),
      branches,
      tags,
      steps: id('extra.step_key', 'Keys of steps.'),
      sources: trigger,
      runner,
    },
    ids: ['pipelineId', 'organizationId'],
    find: () => "It stands in the pipeline's settings.",
  },
  bitbucket: {
    fields: {
      repository: about('WORKSPACE/NAME, for people; the UUIDs decide.'),
      repositoryUuid: id('sourceRepositoryId', 'The UUID of the repository, with braces or without.'),
      workspaceUuid: id('sourceOwnerId', 'The UUID of the workspace.'),
      branches,
      environmentUuid: id('environment', 'The UUID of the deployment environment.'),
    },
    ids: ['repositoryUuid', 'workspaceUuid'],
    find: () => 'It stands in Repository settings, OpenID Connect.',
  },
  'azure-devops': {
    fields: {
      project: about('ORGANIZATION/PROJECT, for people; the GUIDs decide.'),
      repositoryId: id('sourceRepositoryId', 'The GUID of a repository of Azure Repos.'),
      projectId: id('extra.prj_id', 'The GUID of the project.'),
      organizationId: id('sourceOwnerId', 'The GUID of the organisation.'),
      pipelineId: id('extra.def_id', 'The number of the pipeline.'),
      branches,
      tags,
    },
    ids: ['repositoryId', 'projectId', 'organizationId'],
    find: () => '`az repos show` and `az devops project show` print them.',
  },
  jenkins: {
    fields: {
      job: id('tokenSubject', "The job's URL; allow mutable_identity beside it."),
      repositoryId: id('sourceRepositoryId', 'Where the declaration of the issuer maps one.'),
      branches,
    },
    ids: ['repositoryId', 'job'],
    find: () => 'Map a claim to sourceRepositoryId, or pin the job and write `allow: [mutable_identity]`.',
  },
  kubernetes: {
    fields: {
      serviceAccount: about('NAMESPACE/NAME, for people; the uid decides.'),
      serviceAccountUid: id('workloadId', 'The uid of the service account.'),
      namespace: id('extra.namespace', 'The namespace.'),
    },
    ids: ['serviceAccountUid'],
    find: (name) => {
      const [namespace = 'NAMESPACE', account = 'NAME'] = (name ?? '').split('/').filter((part) => part !== '');
      return `\`kubectl -n ${namespace} get serviceaccount ${account} -o jsonpath={.metadata.uid}\` prints it.`;
    },
  },
  spiffe: {
    fields: { id: id('workloadId', 'The SPIFFE ID, whole.') },
    ids: ['id'],
    find: () => 'It is the SPIFFE ID: `spiffe://TRUST-DOMAIN/PATH`.',
  },
  google: {
    fields: {
      serviceAccount: about('The address, for people; the unique id decides.'),
      serviceAccountId: id('workloadId', 'The unique id of the service account.'),
      projectId: id('extra.project_id', 'The project of the machine.'),
      instanceId: id('extra.instance_id', 'The id of the machine.'),
    },
    ids: ['serviceAccountId'],
    find: (name) =>
      `\`gcloud iam service-accounts describe ${name ?? 'ADDRESS'} --format='value(uniqueId)'\` prints it.`,
  },
  aws: {
    fields: {
      accountId: id('sourceOwnerId', 'The number of the account.'),
      role: id('workloadName', 'The ARN of the role.'),
      function: id('extra.lambda_source_function_arn', 'The ARN of the Lambda function.'),
      instance: id('extra.ec2_source_instance_arn', 'The ARN of the EC2 instance.'),
    },
    ids: ['accountId'],
    find: () => '`aws sts get-caller-identity` prints it.',
  },
  'hcp-terraform': {
    fields: {
      workspace: about('ORGANIZATION/WORKSPACE, for people; the ids decide.'),
      workspaceId: id('workloadId', 'The id of the workspace: `ws-…`.'),
      organizationId: id('sourceOwnerId', 'The id of the organisation: `org-…`.'),
      phase: id('extra.run_phase', '`apply`; a plan must be allowed as well.'),
    },
    ids: ['workspaceId', 'organizationId'],
    find: () => "It stands in the workspace's settings.",
  },
  spacelift: {
    fields: {
      stack: { claim: 'workloadName', value: (slug) => `stack/${slug}`, info: 'The slug of the stack.' },
      module: { claim: 'workloadName', value: (slug) => `module/${slug}`, info: 'The slug of the module.' },
      space: id('extra.space', 'The space, which another may share.'),
      scope: id('extra.scope', '`read` or `write`, as Spacelift says.'),
    },
    ids: ['stack', 'module'],
    find: () => 'Pin the stack or module, and write `allow: [mutable_identity]`.',
  },
  'cursor-cloud': {
    fields: {
      team: about('For people; the id decides.'),
      teamId: id('sourceOwnerId', 'The number of the team.'),
      owner: id('workloadId', '`user:NUMBER` or `service_account:ID`: whose agent it is.'),
      repository: {
        claim: 'sourceRepositoryUri',
        value: (path) => `https://${path}`,
        info: 'The one repository of the workspace: `github.com/acme/shop`.',
      },
      runtime: runner,
      sources: trigger,
    },
    ids: ['teamId', 'owner'],
    find: () => "It stands in a token's team_id; `chaperone trust check` shows it.",
  },
};

export function presetOf(kind: string): Preset | undefined {
  return Object.hasOwn(PRESETS, kind) ? PRESETS[kind as IssuerKind] : undefined;
}
