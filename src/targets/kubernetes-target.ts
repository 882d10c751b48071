import { z } from 'zod';
import { type ImpersonatedAs, type KubernetesTarget, SECRET_VALUE } from '../model/kubernetes.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { declareHttp } from './http-target.ts';

const MOST_GROUPS = 50;
const MOST_RESOURCES = 200;

/** What a header can hold. `{run}`, `{repository}` and `{subject}` are put in. */
const textSchema = z
  .string()
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/, 'one line of printable ASCII')
  .refine(knowsPlaces, 'only {run}, {repository} and {subject} stand for something');
/** What somebody is called. */
const templateSchema = textSchema.refine(
  isOwn,
  'text that a run has a part in begins with text of your own, and not with `system:`',
);

const keySchema = z.string().regex(/^[a-z0-9](?:[a-z0-9./_-]{0,61}[a-z0-9])?$/, 'a key in lower case: `chaperone/run`');

/** What `kubernetes:` of a target says. */
export const kubernetesSettingsSchema = z.strictObject({
  impersonate: z
    .strictObject({
      user: templateSchema,
      groups: z.array(templateSchema).max(MOST_GROUPS).optional(),
      extra: z.record(keySchema, textSchema).optional(),
    })
    .optional(),
  secretResources: z
    .array(
      z.string().regex(/^(?:[a-z0-9.-]{1,253}\/)?[a-z0-9-]{1,63}$/, 'a resource: `certificates.example.com/issuers`'),
    )
    .max(MOST_RESOURCES)
    .optional(),
});

type Settings = z.infer<typeof kubernetesSettingsSchema>;

function knowsPlaces(text: string): boolean {
  return !/[{}]/.test(text.replaceAll(/\{(?:run|repository|subject)\}/g, ''));
}

/** A repository or a subject must not make somebody else of the run. */
function isOwn(text: string): boolean {
  return !text.includes('{') || !/^(?:\{|system:)/i.test(text);
}

export function kubernetesOf({ impersonate, secretResources }: Settings): KubernetesTarget {
  return {
    ...(impersonate === undefined ? {} : { impersonate: impersonatedOf(impersonate) }),
    secretResources: secretResources ?? [],
  };
}

function impersonatedOf({ user, groups, extra }: NonNullable<Settings['impersonate']>): ImpersonatedAs {
  return { user, groups: groups ?? [], ...(extra === undefined ? {} : { extra }) };
}

/** What clusters have that is classified: what is secret by its kind, wherever it stands, and requests that are answered with it. */
export function classesOfCluster({ secretResources }: KubernetesTarget): readonly ClassifiedColumn[] {
  const own = secretResources.map((name) => {
    const [resource = '', group] = name.split('/').toReversed();
    return group === undefined ? `/api/v1/**/${resource}/**` : `/apis/${group}/*/**/${resource}/**`;
  });
  return ['', ...OF_ALL, ...own].map((table) => ({
    schema: '',
    table,
    column: SECRET_VALUE,
    class: 'secret',
    place: 'value',
  }));
}

const OF_ALL = ['/api/v1/**/secrets/**', '/api/v1/**/serviceaccounts/*/token'];

/** The target as `url`, `http` and `kubernetes` of a declaration. */
export function declareKubernetes(target: Target): object {
  const { kubernetes } = target;
  if (kubernetes === undefined) return {};
  const { impersonate, secretResources } = kubernetes;
  const as = impersonate && {
    user: impersonate.user,
    ...(impersonate.groups.length > 0 ? { groups: impersonate.groups } : {}),
    ...(impersonate.extra === undefined ? {} : { extra: impersonate.extra }),
  };
  const settings = {
    ...(as === undefined ? {} : { impersonate: as }),
    ...(secretResources.length > 0 ? { secretResources } : {}),
  };
  return { ...declareHttp(target), ...(Object.keys(settings).length > 0 ? { kubernetes: settings } : {}) };
}
