import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedResource } from './named-resource.ts';

const PUBLIC = { host: 'tools.example.com', port: 443 };
const LOCAL = { host: 'localhost', port: 7480 };

test('a resource is the endpoint of all MCP targets, or one target by its path or its host', () => {
  assert.equal(namedResource('https://tools.example.com/mcp', PUBLIC), '/mcp');
  assert.equal(namedResource('https://tools.example.com:443/mcp/', PUBLIC), '/mcp');
  assert.equal(namedResource('https://tools.example.com/t/shop/mcp', PUBLIC), '/t/shop');
  assert.equal(namedResource('https://tools.example.com/t/shop', PUBLIC), '/t/shop');
  assert.equal(namedResource('https://shop.tools.example.com/any/path', PUBLIC), '/t/shop');
  assert.equal(namedResource('http://127.0.0.1:7480/mcp', LOCAL), '/mcp');
  assert.equal(namedResource('http://[::1]:7480/mcp', LOCAL), '/mcp');
});

test('what is no place of the HTTP port is no resource', () => {
  for (const foreign of [
    'https://other.example.com/mcp',
    'https://tools.example.com.evil.test/mcp',
    'https://tools.example.com:8443/mcp',
    'https://a.b.tools.example.com/mcp',
    'https://tools.example.com/',
    'https://tools.example.com/mcp/more',
    'https://tools.example.com/t/',
    'https://tools.example.com/mcp#part',
    'https://tools.example.com/mcp?x=1',
    'https://me@tools.example.com/mcp',
    '/mcp',
    '',
  ]) {
    assert.equal(namedResource(foreign, PUBLIC), undefined, foreign);
  }
});

test('a place that is reached in clear is a resource on loopback alone', () => {
  assert.equal(namedResource('http://tools.example.com:443/mcp', PUBLIC), undefined);
  assert.equal(namedResource('http://localhost:7480/mcp', LOCAL), '/mcp');
});
