import type { Maker, Sample } from './case.ts';
import { inGroups } from './pii-makers.ts';
import { ALPHABETS, type Seeded } from './seeded.ts';

function one(kind: string, value: string, secret?: string): Sample {
  return secret === undefined ? { kind, value } : { kind, value, secret };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

export const jwt: Maker = {
  labels: ['token', 'Authorization: Bearer', 'id_token', 'jeton', 'Sitzung'],
  positive: (seeded) => {
    const header = seeded.pick([
      { alg: 'HS256', typ: 'JWT' },
      { alg: 'RS256', kid: seeded.token(8) },
      { typ: 'at+jwt', alg: 'ES256', kid: seeded.text(12, ALPHABETS.hex) },
    ]);
    const payload = encoded({ sub: seeded.digits(6), iat: 1_700_000_000 + seeded.below(9_999_999), name: 'Ada' });
    const signature = seeded.text(seeded.pick([43, 86, 342]), ALPHABETS.base64url);
    return one('signed', `${encoded(header)}.${payload}.${signature}`);
  },
  negative: (seeded) => {
    const payload = encoded({ page: seeded.below(99), after: seeded.digits(9) });
    return seeded.pick<() => Sample>([
      () => one('a cursor: JSON in base64', payload),
      () => one('a cursor with a suffix', `${payload}.x`),
      () => one('three words with dots', `${seeded.token(12)}.${seeded.token(20)}.${seeded.token(20)}`),
      () => one('base64 of an image', `data:image/png;base64,iVBORw0KGgo${seeded.text(90, ALPHABETS.base64)}`),
      () => one('base64 with eyJ in it', `${seeded.text(30, ALPHABETS.base64)}eyJ${seeded.text(30, ALPHABETS.base64)}`),
      () => one('a host name', `${seeded.text(14, ALPHABETS.lower)}.${seeded.text(12, ALPHABETS.lower)}.internal`),
      () => one('a module path', `eyJava.${seeded.text(12, ALPHABETS.lower)}.${seeded.text(14, ALPHABETS.lower)}`),
      () => one('a header without tokens after', `eyJhbGciOiJub25lIn0`),
    ])();
  },
};

const BEGIN = ['-----BEGIN', 'PRIVATE', 'KEY-----'];

function pem(kind: string, seeded: Seeded): string {
  const body = Array.from({ length: seeded.between(3, 9) }, () => seeded.text(64, ALPHABETS.base64)).join('\n');
  const [begin, secret, key] = BEGIN;
  return `${begin} ${kind}${secret} ${key}\n${body}\n-----END ${kind}${secret} ${key}`;
}

export const privateKey: Maker = {
  labels: ['key', 'tls.key', 'private_key', 'Schlüssel'],
  positive: (seeded) => {
    const kind = seeded.pick(['', 'RSA ', 'EC ', 'DSA ', 'OPENSSH ', 'ENCRYPTED ']);
    const text = pem(kind, seeded);
    return seeded.pick<() => Sample>([
      () => one('PEM', text),
      () => one('PEM in base64', Buffer.from(text).toString('base64')),
      () => one('PEM with \\n as two characters', text.replaceAll('\n', '\\n')),
    ])();
  },
  negative: (seeded) => {
    const body = Array.from({ length: 4 }, () => seeded.text(64, ALPHABETS.base64)).join('\n');
    const certificate = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
    return seeded.pick<() => Sample>([
      () => one('a certificate', certificate),
      () => one('a certificate in base64', Buffer.from(certificate).toString('base64')),
      () => one('a public key', certificate.replaceAll('CERTIFICATE', 'PUBLIC KEY')),
      () =>
        one(
          'an OpenSSH public key',
          `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA${seeded.text(43, ALPHABETS.base64)} ada@host`,
        ),
      () => one('words about private keys', `a PRIVATE KEY of ${seeded.below(4096)} bits is kept in a file`),
      () => one('an end without a beginning', `-----END ${BEGIN[1]} ${BEGIN[2]}`),
      () => one('a line of dashes', `----- ${seeded.text(12, ALPHABETS.upper)} -----`),
      () => one('a request', certificate.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')),
      () => one('base64 of an image', `data:image/png;base64,iVBORw0KGgo${seeded.text(200, ALPHABETS.base64)}`),
    ])();
  },
};

/** A key of each vendor's form, from what the vendors document. */
export const VENDOR_SAMPLES: Readonly<Record<string, (seeded: Seeded) => string>> = {
  'AWS access key id': (s) => `${s.pick(['AKIA', 'ASIA'])}${s.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
  GitHub: (s) => `${s.pick(['ghp', 'gho', 'ghu', 'ghs', 'ghr'])}_${s.token(36)}`,
  'GitHub fine-grained': (s) => `github_pat_${s.token(22)}_${s.token(59)}`,
  GitLab: (s) => `glpat-${s.token(20, ALPHABETS.base64url)}`,
  'Slack token': (s) => `xoxb-${s.digits(12)}-${s.digits(12)}-${s.token(24)}`,
  Stripe: (s) => `${s.pick(['sk', 'rk'])}_live_${s.token(24)}`,
  'Google API key': (s) => `AIza${s.token(35, ALPHABETS.base64url)}`,
  Anthropic: (s) => `sk-ant-api03-${s.token(93)}AA`,
  'OpenAI project': (s) => `sk-proj-${s.token(74)}T3BlbkFJ${s.token(74)}`,
  OpenAI: (s) => `sk-${s.token(20)}T3BlbkFJ${s.token(20)}`,
  npm: (s) => `npm_${s.token(36)}`,
  PyPI: (s) => `pypi-AgEIcHlwaS5vcmc${s.token(120, ALPHABETS.base64url)}`,
  SendGrid: (s) => `SG.${s.token(22)}.${s.token(43)}`,
  Twilio: (s) => `SK${s.text(32, ALPHABETS.hex)}`,
  Mailgun: (s) => `key-${s.text(32, ALPHABETS.hex)}`,
  Mailchimp: (s) => `${s.text(32, ALPHABETS.hex)}-us${s.between(1, 21)}`,
  DigitalOcean: (s) => `dop_v1_${s.text(64, ALPHABETS.hex)}`,
  'Docker Hub': (s) => `dckr_pat_${s.token(27)}`,
  Shopify: (s) => `shpat_${s.text(32, ALPHABETS.hex)}`,
  'Hugging Face': (s) => `hf_${s.token(34)}`,
  Groq: (s) => `gsk_${s.token(52)}`,
  Databricks: (s) => `dapi${s.text(32, ALPHABETS.hex)}`,
  'HashiCorp Vault': (s) => `hvs.${s.token(95)}`,
  Atlassian: (s) => `ATATT3${s.token(186)}`,
  Grafana: (s) => `glsa_${s.token(32)}_${s.text(8, ALPHABETS.hex)}`,
  'New Relic': (s) => `NRAK-${s.text(27, ALPHABETS.upperDigits)}`,
  Postman: (s) => `PMAK-${s.text(24, ALPHABETS.hex)}-${s.text(34, ALPHABETS.hex)}`,
  Linear: (s) => `lin_api_${s.token(40)}`,
  Telegram: (s) => `${s.between(1, 9)}${s.digits(8)}:AA${s.token(33)}`,
  Notion: (s) => `ntn_${s.digits(11)}${s.token(35)}`,
  Vercel: (s) => `vcp_${s.token(56)}`,
  Figma: (s) => `figd_${s.token(43)}`,
  Cloudflare: (s) => `${s.pick(['cfk', 'cfut', 'cfat'])}_${s.token(40)}${s.text(8, ALPHABETS.hex)}`,
  Tailscale: (s) => `tskey-auth-${s.token(12)}-${s.token(32)}`,
  '1Password': (s) =>
    `ops_${Buffer.from(JSON.stringify({ email: `${s.digits(5)}@example.com`, secretKey: s.token(50) })).toString('base64')}`,
};

export const apiKey: Maker = {
  labels: ['key', 'value', 'Schlüssel', 'clé', 'credentials'],
  positive: (seeded) => {
    const vendor = seeded.pick(Object.keys(VENDOR_SAMPLES));
    return one(vendor, VENDOR_SAMPLES[vendor]?.(seeded) ?? '');
  },
  negative: (seeded) =>
    seeded.pick<() => Sample>([
      () => one('a commit', seeded.text(40, ALPHABETS.hex)),
      () => one('a hash', seeded.text(64, ALPHABETS.hex)),
      () => one('a UUID', inGroups(seeded.text(32, ALPHABETS.hex), [8, 4, 4, 4, 12], '-')),
      () => one('base64', seeded.text(seeded.between(40, 120), ALPHABETS.base64)),
      () => one('base64url', seeded.text(seeded.between(40, 120), ALPHABETS.base64url)),
      () => one('base64 of an image', `data:image/jpeg;base64,/9j/4AAQ${seeded.text(120, ALPHABETS.base64)}`),
      () =>
        one(
          'a prefix with too little behind',
          seeded.pick(['ghp_', 'sk-', 'AKIA', 'glpat-', 'npm_', 'hf_', 'SG.', 'dapi', 'AIza']) +
            seeded.text(5, ALPHABETS.lower),
        ),
      () => one('a word with a dash', `risk-${seeded.text(24, ALPHABETS.lower)}`),
      () => one('a class', `btn-task-${seeded.text(9, ALPHABETS.lower)}-key-${seeded.text(9, ALPHABETS.lower)}`),
      () => one('an identifier', `npm_config_${seeded.text(9, ALPHABETS.lower)}_${seeded.text(9, ALPHABETS.lower)}`),
      () => one('a Stripe publishable key', `pk_live_${seeded.token(24)}`),
      () => one('a resource name', `arn:aws:iam::${seeded.digits(12)}:role/${seeded.text(12, ALPHABETS.lower)}`),
      () => one('an integrity', `sha512-${seeded.text(86, ALPHABETS.base64)}==`),
      () => one('a lower-case access key', `akia${seeded.text(16, ALPHABETS.lower)}`),
    ])(),
};

export const awsSecret: Maker = {
  labels: ['aws_secret_access_key', 'SecretAccessKey', 'AWS secret', 'secret'],
  needsLabel: true,
  positive: (seeded) => one('key', seeded.token(40, ALPHABETS.base64)),
  negative: (seeded) =>
    seeded.pick<() => Sample>([
      () => one('a commit', seeded.text(40, ALPHABETS.hex)),
      () => one('a longer run', seeded.text(64, ALPHABETS.base64)),
      () => one('a shorter run', seeded.text(32, ALPHABETS.base64)),
      () => one('a run of few characters', 'Aa1'.repeat(14).slice(0, 40)),
      () => one('a name of forty letters', seeded.text(40, ALPHABETS.lower)),
      () => ({ ...one('a random run that nothing calls secret', seeded.token(40, ALPHABETS.base64)), isOther: true }),
      () => one('a UUID', inGroups(seeded.text(32, ALPHABETS.hex), [8, 4, 4, 4, 12], '-')),
      () => one('a path', `arn:aws:secretsmanager:eu-west-1:${seeded.digits(12)}:${seeded.text(9, ALPHABETS.lower)}`),
    ])(),
};

export const urlPassword: Maker = {
  labels: ['url', 'DATABASE_URL', 'remote', 'Verbindung', 'connexion'],
  positive: (seeded) => {
    const secret = seeded.pick([
      seeded.token(16),
      `p%40ss-${seeded.digits(4)}`,
      `${seeded.text(8, ALPHABETS.lower)}!1`,
      seeded.token(6),
    ]);
    const scheme = seeded.pick([
      'postgres',
      'postgresql',
      'mysql',
      'mongodb+srv',
      'redis',
      'amqp',
      'https',
      'ftp',
      'jdbc:mysql',
    ]);
    const user = seeded.pick(['admin', 'app', 'svc-reader', 'ada%40firm', '']);
    return one(scheme, `${scheme}://${user}:${secret}@db-${seeded.below(9)}.internal:5432/app`, secret);
  },
  negative: (seeded) => {
    const host = `${seeded.text(6, ALPHABETS.lower)}.example`;
    return seeded.pick<() => Sample>([
      () => one('a URL', `https://${host}/path?q=${seeded.below(99)}`),
      () => one('a URL with a port', `http://${host}:${seeded.between(1000, 9999)}/`),
      () => one('a user without a password', `ssh://git@${host}:22/x.git`),
      () => one('a sign in the path', `https://${host}/@${seeded.text(6, ALPHABETS.lower)}/post`),
      () => one('a package in a URL', `https://cdn.${host}/npm/react@18.2.${seeded.below(9)}/index.js`),
      () => one('a sign in the query', `https://${host}/?mail=ada:x@${host}`),
      () => one('stars', `postgres://app:****@${host}/db`),
      () => one('a variable', `postgres://app:\${DB_PASSWORD}@${host}/db`),
      () => one('a mask of ours', `postgres://app:[redacted]@${host}/db`),
      () => one('an address', `${seeded.text(6, ALPHABETS.lower)}@${host}`),
    ])();
  },
};

const NAMES = [
  'password',
  'PASSWORD',
  'DB_PASSWORD',
  'passwd',
  'api_key',
  'apiKey',
  'client_secret',
  'accessKey',
  'auth_token',
  'pwd',
  'API-KEY',
  'token',
];

export const credential: Maker = {
  labels: [],
  positive: (seeded) => {
    const secret = seeded.pick([
      seeded.token(seeded.between(10, 40)),
      `${seeded.text(6, ALPHABETS.lower)}-${seeded.digits(4)}!`,
      `Tr0ub4dor${seeded.text(3, '!#%+*')}${seeded.digits(2)}`,
      seeded.text(32, ALPHABETS.hex),
    ]);
    const name = seeded.pick(NAMES);
    return one(
      'assignment',
      seeded.pick([
        `${name}=${secret}`,
        `${name}: ${secret}`,
        `"${name}": "${secret}"`,
        `${name} = '${secret}'`,
        `${name} := "${secret}"`,
        `${name} => '${secret}'`,
      ]),
      secret,
    );
  },
  negative: (seeded) => {
    const name = seeded.pick(NAMES);
    return seeded.pick<() => Sample>([
      () => one('a variable', `${name}=\${${name.toUpperCase()}_V2}`),
      () => one('a call', `${name} = getSecret("${seeded.text(8, ALPHABETS.lower)}")`),
      () =>
        one('a name in code', `const ${name.replaceAll('-', '_')} = process.env.${seeded.text(9, ALPHABETS.upper)}2;`),
      () => one('a type', `${name}: string | undefined`),
      () => one('a flag', `${name}: required`),
      () => one('a count', `tokens: ${seeded.digits(8)}, max_tokens=${seeded.digits(8)}`),
      () => one('a sentence', `the ${name} must have ${seeded.below(20)} characters`),
      () => one('a date', `password: 2024-0${seeded.between(1, 9)}-11T10:00`),
      () => one('stars', `${name}=********`),
      () => one('an address', `token: https://${seeded.text(8, ALPHABETS.lower)}.example/v1/oauth`),
      () => one('another name', `secretary: ${seeded.token(12)}`),
      () => one('a short one', `pin: ${seeded.digits(4)}`),
      () => one('a path to it', `secret: /run/secrets/db_${seeded.digits(2)}`),
      () => one('a file of it', `password: ./config/pass-${seeded.digits(2)}.txt`),
    ])();
  },
};
