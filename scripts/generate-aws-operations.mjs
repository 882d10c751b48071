// Writes src/protocols/http/inspect/aws/rest-operations.json: the operations of AWS services whose requests are told by their
// method and path (restJson1 and restXml), out of the models that AWS's own clients for JavaScript hold. Usage:
// generate-aws-operations.mjs [VERSION up to which clients are taken]. What is written says which versions it was.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Clients by what their requests are signed for; IAM knows most services by the same name. */
const CLIENTS = {
  apigateway: ['api-gateway', 'apigatewayv2'],
  appsync: ['appsync'],
  backup: ['backup'],
  batch: ['batch'],
  bedrock: ['bedrock', 'bedrock-runtime', 'bedrock-agent', 'bedrock-agent-runtime'],
  cloudfront: ['cloudfront'],
  codeartifact: ['codeartifact'],
  eks: ['eks'],
  elasticfilesystem: ['efs'],
  es: ['opensearch'],
  guardduty: ['guardduty'],
  kafka: ['kafka'],
  lambda: ['lambda'],
  route53: ['route-53'],
  scheduler: ['scheduler'],
  securityhub: ['securityhub'],
  ses: ['sesv2'],
  xray: ['xray'],
};
/** An operation of a client's schemas, and its `http` trait (Smithy 2.0, "HTTP bindings"). */
const OPERATION = /export var (\w+)\$ = \[9, n0, \w+,\s*\{[^\n]*\[_\w+\]: \["([A-Z]+)", "(\/[^"]*)", \d+\]/g;

const version = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'aws-operations-'));
const services = {};
const versions = [];
try {
  for (const [service, clients] of Object.entries(CLIENTS)) {
    const found = clients.flatMap((client) => operationsOf(client));
    services[service] = [...new Set(found)].sort().join('; ');
  }
} finally {
  rmSync(folder, { recursive: true });
}
const file = new URL('../src/protocols/http/inspect/aws/rest-operations.json', import.meta.url);
writeFileSync(
  file,
  `${JSON.stringify({ source: `AWS SDK for JavaScript: ${versions.join(', ')}`, services }, undefined, 2)}\n`,
);

function operationsOf(client) {
  const packed = execFileSync('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    folder,
    `@aws-sdk/client-${client}@${version === undefined ? 'latest' : `<=${version}`}`,
  ]);
  const archive = packed.toString().trim();
  versions.push(archive.replace(/^aws-sdk-|\.tgz$/g, ''));
  execFileSync('tar', ['-xzf', archive, 'package/dist-es/schemas/schemas_0.js'], { cwd: folder });
  const schemas = readFileSync(join(folder, 'package/dist-es/schemas/schemas_0.js'), 'utf8');
  const found = [...schemas.matchAll(OPERATION)].map(([, name, method, uri]) => `${name} ${method} ${uri}`);
  if (found.length === 0) throw new Error(`no operation in ${archive}`);
  return found;
}
