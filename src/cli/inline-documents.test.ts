import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadTargets } from '../targets/load-targets.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import { inlineDocuments } from './inline-documents.ts';

const OPENAPI = 'openapi: 3.1.0\ninfo: { title: "ü: \\"x\\" #" }\npaths: {}\n';
const target = (name: string, openapi: string) => `  - name: ${name}
    protocol: http
    url: https://${name}.example
    http:${openapi}
    credential: { none: true }
`;

test('a target has the text of the document that it names, and every line stays where it was', () => {
  const text = `targets:\n${target('one', ' { openapi: { file: ./a.yaml, base: /v1 } }')}${target('two', "\n      openapi:\n        file: 'b.json' # here")}`;
  const asked: string[] = [];
  const inlined = inlineDocuments(text, (path) => {
    asked.push(path);
    return Buffer.from(OPENAPI);
  });
  assert.deepEqual(asked.toSorted(), ['./a.yaml', 'b.json']);
  assert.equal(inlined.split('\n').length, text.split('\n').length);
  const { sections } = readConfiguration([{ name: 'x.yaml', text: inlined }]);
  const { items, problems } = loadTargets(sections.targets ?? [], ['http']);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    items.map((item) => item.target.http?.openapi),
    [{ text: OPENAPI, base: '/v1' }, { text: OPENAPI }],
  );
});

test('a long document keeps its schemas where requests are held against it', () => {
  const document = JSON.stringify({ openapi: '3.1.0', info: { description: 'x'.repeat(70_000) }, paths: {} });
  const read = () => Buffer.from(document);
  const held = inlineDocuments(`targets:\n${target('one', ' { openapi: { file: a.json, validate: true } }')}`, read);
  assert.ok(held.includes(JSON.stringify(document)));
  assert.ok(inlineDocuments(`targets:\n${target('one', ' { openapi: { file: a.json } }')}`, read).length < 1_000);
});

test('a target has the descriptors of its services in base64, in place of the file that it names', () => {
  const bytes = Buffer.from([0, 255, 10]);
  const text = `targets:\n${target('one', ' { version: "2", grpc: { file: shop.binpb } }')}`;
  assert.match(
    inlineDocuments(text, () => bytes),
    /grpc: \{ descriptors: AP8K \}/,
  );
});

test('a text without one, or that is not YAML, stays as it is', () => {
  const never = () => assert.fail('nothing is to be read');
  for (const text of ['targets: []\n', 'openapi: [', `targets:\n${target('one', ' { openapi: { text: x } }')}`]) {
    assert.equal(inlineDocuments(text, never), text);
  }
});
