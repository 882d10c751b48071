import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readDocument } from './read-document.ts';
import { TemplateIndex } from './template-index.ts';

function index(paths: readonly string[], { base = '', servers }: { base?: string; servers?: readonly string[] } = {}) {
  const items: Record<string, Record<string, unknown>> = {};
  for (const line of paths) {
    const [method = '', template = '', operationId] = line.split(' ');
    (items[template] ??= {})[method.toLowerCase()] = { responses: {}, operationId };
  }
  const document = { openapi: '3.1.0', paths: items, servers: servers?.map((url) => ({ url })) };
  const read = readDocument(JSON.stringify(document));
  assert.ok('operations' in read, JSON.stringify(read));
  return new TemplateIndex(read.operations, base);
}

const names = (of: TemplateIndex, asked: string) => {
  const [method = '', path = ''] = asked.split(' ');
  const { template = '-', declared, alike } = of.find(method, path);
  return [template, declared, ...alike.map((one) => one.template)].join(' ');
};

describe('the templates of a document', () => {
  const shop = index([
    'GET /customers list',
    'GET /customers/me me',
    'GET /customers/{id} get',
    'DELETE /customers/{id} drop',
    'GET /customers/{id}/cards/{card} card',
    'GET /files/{name}.{type} file',
    'GET /files/{name}-small.png small',
    'GET /{kind}/top top',
    'GET /best/{n} best',
    'GET /ünï/{x} special',
  ]);

  test('are found by their segments, concrete before templated', () => {
    assert.deepEqual(shop.find('GET', '/customers/17'), {
      template: '/customers/{id}',
      operationId: 'get',
      declared: true,
      alike: [],
    });
    assert.equal(names(shop, 'GET /customers'), '/customers true');
    assert.equal(names(shop, 'GET /customers/me'), '/customers/me true');
    assert.equal(names(shop, 'HEAD /customers/me'), '/customers/me true');
    assert.equal(names(shop, 'GET /customers/1/cards/2'), '/customers/{id}/cards/{card} true');
    assert.equal(names(shop, 'GET /files/a.png'), '/files/{name}.{type} true');
    assert.equal(names(shop, 'GET /files/.png'), '- false');
    assert.equal(names(shop, 'GET /%C3%BCn%C3%AF/1'), '/ünï/{x} true');
  });

  test('that fit as well, or have the method where the best has not, are what the server may mean', () => {
    assert.equal(names(shop, 'GET /best/top'), '/best/{n} true /{kind}/top');
    assert.equal(names(shop, 'GET /files/a-small.png'), '/files/{name}.{type} true /files/{name}-small.png');
    assert.equal(names(shop, 'DELETE /customers/me'), '/customers/me false /customers/{id}');
    assert.equal(names(shop, 'POST /customers/17'), '/customers/{id} false');
  });

  test('are alike where case and slashes alone differ, and no more', () => {
    for (const path of ['/Customers/17', '/customers/17/', '//customers/17']) {
      assert.equal(names(shop, `GET ${path}`), '- false /customers/{id}', path);
    }
    assert.equal(names(shop, 'GET /nothing'), '- false');
    assert.equal(names(shop, 'GET /customers/1/2/3'), '- false');
  });

  test('begin behind the path of a server, or of the target where the document says none', () => {
    assert.equal(names(index(['GET /a x'], { servers: ['https://s/v1', '/v2'] }), 'GET /v2/a'), '/a true');
    assert.equal(names(index(['GET /a x'], { servers: ['https://s/v1'], base: '/v3' }), 'GET /v3/a'), '- false');
    assert.equal(names(index(['GET /a x'], { base: '/v3' }), 'GET /v3/a'), '/a true');
  });

  test('are found in a time that grows with the path, however many fit', () => {
    const lines: string[] = [];
    for (let bits = 0; bits < 1_024; bits++) {
      const path = Array.from({ length: 10 }, (_, at) => ((bits >> at) & 1 ? 'a' : '{p}')).join('/');
      lines.push(`GET /${path} o${bits}`);
    }
    const many = index(lines);
    assert.equal(names(many, `GET /${'a/'.repeat(9)}a`), `/${'a/'.repeat(9)}a true`);
    assert.equal(many.find('GET', `/${'a/'.repeat(9)}b`).declared, true);
  });
});

test('the template of any path is one that fits, no other that fits is as concrete, and those that are as good are told', () => {
  const segment = fc.constantFrom('a', 'b', '{p}', 'a{p}', '{p}b', '{p}.{q}');
  const template = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'x.y', 'axb', 'B', ''), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  const shape = (text: string) => text.replaceAll(/\{\w\}/g, '{}');
  const fits = (text: string, asked: string) =>
    new RegExp(`^${text.replaceAll('.', '\\.').replaceAll(/\{\w\}/g, '[^/]+')}$`).test(asked);
  const ranks = (text: string) =>
    text.split('/').map((part) => (/^\{\w\}$/.test(part) ? 2 : part.includes('{') ? 1 : 0));
  fc.assert(
    fc.property(fc.uniqueArray(template, { minLength: 1, maxLength: 8, selector: shape }), path, (templates, asked) => {
      const found = index(templates.map((one, at) => `GET ${one} o${at}`)).find('GET', asked);
      const fitting = templates.filter((one) => fits(one, asked));
      if (fitting.length === 0) return found.template === undefined && !found.declared;
      const told = [found.template ?? '', ...found.alike.map((one) => one.template)];
      const isBest = (one: string) => {
        const own = ranks(one);
        return !fitting.some((other) => {
          const theirs = ranks(other);
          return (
            sum(theirs) < sum(own) &&
            theirs.every(
              (rank, at) =>
                rank < (own[at] ?? 0) || shape(other.split('/')[at] ?? '') === shape(one.split('/')[at] ?? ''),
            )
          );
        });
      };
      assert.deepEqual(told.toSorted(), fitting.filter(isBest).toSorted());
      return true;
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
