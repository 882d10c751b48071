import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonValue } from '../../model/http.ts';
import { contentOf, scaleContentOf } from './object-content.ts';
import { readObject } from './read-body.ts';

const POD_SPEC = {
  serviceAccountName: 'builder',
  hostPID: true,
  initContainers: [
    { name: 'i', image: 'busybox', securityContext: { capabilities: { add: ['CAP_SYS_ADMIN', 'net_raw'] } } },
  ],
  containers: [{ name: 'c', image: 'web:1', securityContext: { allowPrivilegeEscalation: true } }],
  ephemeralContainers: [{ name: 'e', image: 'debug' }],
  volumes: [{ name: 'v', hostPath: { path: '/var/run' } }],
};
const FOUND = {
  images: ['busybox', 'web:1', 'debug'],
  privileged: true,
  hostPaths: ['/var/run'],
  capabilities: ['SYS_ADMIN', 'NET_RAW'],
  allowPrivilegeEscalation: true,
  serviceAccount: 'builder',
};

describe('what stands in an object', () => {
  const objects: readonly (readonly [string, JsonValue])[] = [
    ['a Pod', { kind: 'Pod', spec: POD_SPEC }],
    ['a Deployment', { kind: 'Deployment', spec: { replicas: 2, template: { spec: POD_SPEC } } }],
    ['a CronJob', { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec: POD_SPEC } } } } }],
    ['a PodTemplate', { kind: 'PodTemplate', template: { spec: POD_SPEC } }],
    [
      'a kind that nobody here knows',
      { kind: 'Rollout', spec: { strategy: { canary: { template: { spec: POD_SPEC } } } } },
    ],
  ];
  for (const [what, object] of objects) {
    test(`is found in ${what}`, () => {
      const {
        kind: _kind,
        annotations: _annotations,
        labels: _labels,
        replicas: _replicas,
        ...found
      } = contentOf(object, undefined) ?? assert.fail('it has none');
      assert.deepEqual(found, FOUND);
    });
  }

  const image = (object: JsonValue, patch?: 'json') => contentOf(object, patch)?.images;
  test('is found where Go counts from the end, and where containers have other names', () => {
    for (const index of ['0', '-1', '+0', '-']) {
      const path = `/spec/template/spec/containers/${index}`;
      assert.deepEqual(image([{ op: 'replace', path: `${path}/image`, value: 'evil' }], 'json'), ['evil'], index);
      assert.deepEqual(image([{ op: 'add', path, value: { image: 'evil' } }], 'json'), ['evil'], index);
      const capability = `${path}/securityContext/capabilities/add/${index}`;
      const content = contentOf([{ op: 'add', path: capability, value: 'SYS_ADMIN' }], 'json');
      assert.deepEqual(content?.capabilities, ['SYS_ADMIN'], index);
    }
    assert.deepEqual(image({ kind: 'Workflow', spec: { templates: [{ container: { image: 'evil' } }] } }), ['evil']);
    assert.deepEqual(image({ kind: 'Task', spec: { steps: [{ image: 'evil' }] } }), ['evil']);
    assert.deepEqual(image({ kind: 'Pod', spec: { volumes: [{ image: { reference: 'evil' } }] } }), ['evil']);
    assert.deepEqual(image({ kind: 'Pod', status: { containerStatuses: [{ image: 'docker.io/library/web:1' }] } }), []);
    const volume = { kind: 'PersistentVolume', spec: { local: { path: '/etc' } } };
    assert.deepEqual(contentOf(volume, undefined)?.hostPaths, ['/etc']);
  });

  test('is nothing of what merely looks like it: annotations, labels and data', () => {
    const text = { hostNetwork: true, containers: [{ image: 'x' }] };
    const object = { kind: 'ConfigMap', metadata: { annotations: { a: 'b' }, labels: { c: 'd' } }, data: text };
    assert.deepEqual(contentOf(object, undefined), {
      kind: 'ConfigMap',
      images: [],
      privileged: false,
      hostPaths: [],
      annotations: { a: 'b' },
      labels: { c: 'd' },
    });
  });

  test('is what a patch says, and unknown where it does not', () => {
    const patch = { spec: { replicas: 0, template: { spec: { containers: [{ name: 'c', image: 'web:2' }] } } } };
    const { images, privileged, replicas } = contentOf(patch, 'strategic') ?? assert.fail('it has none');
    assert.deepEqual([images, privileged, replicas], [['web:2'], 'unknown', 0]);
  });

  test('is found in a JSON patch by where it puts things', () => {
    const patch = [
      { op: 'test', path: '/spec/replicas', value: 3 },
      { op: 'replace', path: '/spec/replicas', value: 0 },
      { op: 'add', path: '/spec/template/spec/containers/0/securityContext/privileged', value: true },
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'evil:1' },
      { op: 'add', path: '/metadata/annotations/example.com~1owner', value: 'me' },
    ];
    const { images, privileged, replicas, annotations } = contentOf(patch, 'json') ?? assert.fail('it has none');
    assert.deepEqual([images, privileged, replicas, annotations], [['evil:1'], true, 0, { 'example.com/owner': 'me' }]);
  });

  test('is not known where a JSON patch takes it from elsewhere', () => {
    const patch = [{ op: 'copy', from: '/metadata/annotations/x', path: '/spec/template/spec/containers/0/image' }];
    assert.equal(contentOf(patch, 'json'), undefined);
  });
});

describe('the service account of an object', () => {
  const spec = (said: JsonValue): JsonValue => ({
    kind: 'Pod',
    spec: { containers: [{ image: 'web' }], ...(said as object) },
  });

  test('is what the old name says where the new one says nothing, as servers take it', () => {
    for (const said of [{ serviceAccount: 'admin' }, { serviceAccountName: '', serviceAccount: 'admin' }]) {
      assert.equal(contentOf(spec(said), undefined)?.serviceAccount, 'admin');
    }
    const both = { serviceAccountName: 'web', serviceAccount: 'admin' };
    assert.equal(contentOf(spec(both), undefined)?.serviceAccount, 'web');
  });

  test('is unknown where another stands at a place that servers may leave out', () => {
    const decoy = {
      kind: 'Deployment',
      serviceAccountName: 'web',
      spec: { template: spec({ serviceAccountName: 'admin' }) },
    };
    assert.equal(contentOf(decoy, undefined), undefined);
  });
});

describe('a scale', () => {
  const SCALES: readonly (readonly [
    string,
    JsonValue,
    'json' | 'merge' | 'strategic' | 'apply' | undefined,
    number | 'none' | 'unknown',
  ])[] = [
    ['says its number', { kind: 'Scale', spec: { replicas: 3 } }, undefined, 3],
    ['that says none is zero', { kind: 'Scale', spec: {} }, undefined, 0],
    ['is patched to a number', { spec: { replicas: 2 } }, 'merge', 2],
    ['is patched elsewhere', { metadata: { labels: { a: 'b' } } }, 'merge', 'none'],
    ['is patched to nothing', { spec: null }, 'merge', 'unknown'],
    ['is patched to no number', { spec: { replicas: null } }, 'merge', 'unknown'],
    ['is patched by an order', { $patch: 'delete', spec: { replicas: 5 } }, 'strategic', 'unknown'],
    ['is applied without a number', { kind: 'Scale', metadata: { name: 'web' } }, 'apply', 'unknown'],
    ['is given a number', [{ op: 'replace', path: '/spec/replicas', value: 0 }], 'json', 0],
    ['loses its number', [{ op: 'remove', path: '/spec/replicas' }], 'json', 'unknown'],
    [
      'is given a number, and then loses it',
      [
        { op: 'add', path: '/spec/replicas', value: 5 },
        { op: 'replace', path: '/spec', value: {} },
      ],
      'json',
      'unknown',
    ],
  ];
  for (const [what, object, patch, replicas] of SCALES) {
    test(`${what}: ${replicas}`, () => {
      const content = scaleContentOf(object, patch);
      assert.equal(content === undefined ? 'unknown' : (content.replicas ?? 'none'), replicas);
    });
  }
});

describe('a body', () => {
  const yaml = (text: string): unknown => readObject('application/apply-patch+yaml', 'patch', Buffer.from(text));

  test('of YAML is read where all versions of YAML read the same', () => {
    assert.deepEqual(yaml('apiVersion: v1\nkind: ConfigMap\ndata:\n  a: "yes"\n  count: 3\n'), {
      object: { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'yes', count: 3 } },
      patch: 'apply',
    });
  });

  const twofold: readonly (readonly [string, string])[] = [
    ['a word that is true to some', 'hostNetwork: yes'],
    ['a number of another base', 'mode: 0777'],
    ['a name twice', 'kind: Pod\nkind: Job'],
    ['an anchor', 'a: &x 1\nb: *x'],
    ['a merge', 'a: {b: 1}\n<<: {c: 1}'],
    ['a tag', 'a: !!str 1'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a key that is no text', '1: a'],
    ['what is no YAML', 'a: [b'],
  ];
  for (const [what, text] of twofold) {
    test(`of YAML with ${what} is unknown`, () => assert.deepEqual(yaml(text), { object: 'unknown', patch: 'apply' }));
  }

  test('of JSON may be as deep and as long as definitions of resources are', () => {
    const deep = `${'{"a":'.repeat(150)}1${'}'.repeat(150)}`;
    assert.ok('object' in readObject('application/json', 'create', Buffer.from(deep)));
    const long = JSON.stringify(Array.from({ length: 50_000 }, () => 1));
    assert.ok('object' in readObject('application/json', 'create', Buffer.from(long)));
    assert.ok(
      'refusal' in readObject('application/json', 'create', Buffer.from(`${'['.repeat(300)}${']'.repeat(300)}`)),
    );
  });
});
