import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import type { KubernetesFacts, ObjectContent } from '../model/kubernetes.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from './compile-policies.ts';
import { compileKubernetesPattern, type KubernetesPattern } from './kubernetes-pattern.ts';

const CONTENT: ObjectContent = {
  kind: 'Deployment',
  images: ['registry.example.com/shop/web:1'],
  privileged: false,
  hostPaths: [],
  replicas: 3,
  annotations: { 'example.com/owner': 'shop' },
  labels: { app: 'web' },
  serviceAccount: 'web',
};
const FACTS: KubernetesFacts = {
  verb: 'update',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
  object: { kind: 'Deployment' },
  content: CONTENT,
};

const operation = (kubernetes: KubernetesFacts): Operation => ({
  kind: kubernetes.verb,
  access: 'write',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  kubernetes,
});

const extent = (pattern: KubernetesPattern, facts: Partial<KubernetesFacts> = {}) =>
  compileKubernetesPattern(pattern, 'permit')(operation({ ...FACTS, ...facts })).extent;

const without = (...keys: readonly (keyof KubernetesFacts)[]): KubernetesFacts =>
  Object.fromEntries(
    Object.entries(FACTS).filter(([key]) => !keys.some((one) => one === key)),
  ) as unknown as KubernetesFacts;

describe('a kubernetes pattern', () => {
  test('covers a request where each of its keys has a value that matches', () => {
    const all: KubernetesPattern = {
      verbs: ['update', 'patch'],
      groups: ['apps'],
      resources: ['deployments'],
      namespaces: ['sh*'],
      names: ['web'],
      dryRun: false,
      content: {
        kinds: ['Deployment'],
        images: ['registry.example.com/shop/**'],
        privileged: false,
        replicas: ['1-5'],
      },
    };
    assert.equal(extent(all), 'all');
    for (const [key, other] of Object.entries({
      verbs: ['get'],
      groups: [''],
      resources: ['deployments/*', 'pods'],
      namespaces: ['prod'],
      names: ['db'],
      dryRun: true,
      content: { replicas: ['0'] },
    })) {
      assert.equal(extent({ ...all, [key]: other }), 'none', key);
    }
  });

  test('names resources as roles do', () => {
    assert.equal(extent({ resources: ['pods'] }, { resource: 'pods', subresource: 'exec' }), 'none');
    assert.equal(extent({ resources: ['pods/exec'] }, { resource: 'pods', subresource: 'exec' }), 'all');
    assert.equal(extent({ resources: ['pods/*'] }, { resource: 'pods', subresource: 'log' }), 'all');
    assert.equal(extent({ resources: ['*'] }, { resource: 'pods', subresource: 'log' }), 'all');
  });

  test('binds what may be in any namespace or of any name, and permits none of it', () => {
    const listed = (pattern: KubernetesPattern, facts: KubernetesFacts) =>
      compileKubernetesPattern(pattern, 'permit')(operation({ ...facts, verb: 'list' })).extent;
    assert.equal(listed({ namespaces: ['prod'] }, without('namespace', 'name')), 'some');
    assert.equal(listed({ names: ['db'] }, without('name')), 'some');
    assert.equal(listed({ namespaces: ['prod'] }, { verb: 'list', group: '', resource: 'nodes' }), 'none');
    assert.equal(listed({ namespaces: ['prod'] }, { verb: 'get', path: '/healthz' }), 'none');
    assert.equal(listed({ paths: ['/health*'] }, { verb: 'get', path: '/healthz' }), 'all');
  });

  test('is about what stands in the object, and binds one that nobody could read', () => {
    assert.equal(extent({ content: { images: ['evil/*'] } }), 'none');
    const images = ['registry.example.com/shop/web:1', 'evil/miner'];
    assert.equal(extent({ content: { images: ['evil/*'] } }, { content: { ...CONTENT, images } }), 'some');
    assert.equal(extent({ content: { privileged: true } }), 'none');
    assert.equal(extent({ content: { capabilities: ['SYS_*'] } }), 'none');
    const given = { content: { ...CONTENT, capabilities: ['SYS_ADMIN'] } };
    assert.equal(extent({ content: { capabilities: ['SYS_*'] } }, given), 'all');
    assert.equal(extent({ content: { privileged: true } }, { content: { ...CONTENT, privileged: 'unknown' } }), 'some');
    assert.equal(
      extent({ content: { labels: { app: ['web'] }, annotations: { 'example.com/owner': ['sh*'] } } }),
      'all',
    );
    assert.equal(extent({ content: { labels: { tier: ['web'] } } }), 'none');
    const unread = operation({ ...without('content'), object: 'unknown' });
    assert.equal(compileKubernetesPattern({ content: { images: ['evil/*'] } }, 'permit')(unread).extent, 'some');
    const none = operation(without('content', 'object'));
    assert.equal(compileKubernetesPattern({ content: { images: ['evil/*'] } }, 'permit')(none).extent, 'none');
  });

  test('is about the programs of exec as of SSH hosts', () => {
    const exec: Partial<KubernetesFacts> = { resource: 'pods', subresource: 'exec' };
    const runs = { program: 'cat', arguments: ['/etc/hosts'], files: [{ path: '/etc/hosts', use: 'read' }] } as const;
    assert.equal(extent({ commands: { programs: ['cat'], files: [{ path: '/etc/**' }] } }, { ...exec, runs }), 'all');
    assert.equal(extent({ commands: { programs: ['rm'] } }, { ...exec, runs }), 'none');
    assert.equal(extent({ commands: { programs: ['rm'] } }, exec), 'some');
    assert.equal(extent({ commands: { files: [{ path: '/etc/**' }] } }, exec), 'some');
    assert.equal(extent({ commands: { programs: ['rm'] } }), 'none');
  });
});

test('a condition that asks for an object that nobody could read binds, and does not permit', () => {
  const rule = { name: 'one', principals: 'any', targets: 'any' } as const;
  const decide = (when: string, effect: 'permit' | 'deny', facts: KubernetesFacts) => {
    const permit = { ...rule, name: 'all', operations: ['any'], effect: 'permit' } as const;
    const rules = effect === 'deny' ? [{ ...rule, effect, when }, permit] : [{ ...permit, when }];
    return compilePolicies(rules).decider(jobOf(), targetNamed('dev'))({ operations: [operation(facts)] }).effect;
  };
  const unread: KubernetesFacts = { ...without('content'), object: 'unknown' };
  assert.equal(decide('operation.kubernetes.replicas > 5', 'deny', FACTS), 'permit');
  assert.equal(decide('operation.kubernetes.replicas > 5', 'deny', unread), 'deny');
  assert.equal(decide('operation.kubernetes.replicas < 5', 'permit', FACTS), 'permit');
  assert.equal(decide('operation.kubernetes.replicas < 5', 'permit', unread), 'deny');
  assert.equal(decide('operation.kubernetes.object.spec.paused', 'deny', unread), 'deny');
  assert.equal(
    decide('operation.kubernetes.verb == "get" && operation.kubernetes.privileged', 'deny', unread),
    'permit',
  );
  assert.equal(decide('operation.ssh.port == -1', 'deny', FACTS), 'deny');
});
