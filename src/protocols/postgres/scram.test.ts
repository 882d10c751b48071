import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../model/secret.ts';
import {
  deriveScramKeys,
  provesPassword,
  type ScramClientOptions,
  ScramError,
  type ScramServerOptions,
  scramClient,
  scramServer,
} from './scram.ts';
import {
  type ChannelBinding,
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst,
} from './scram-messages.ts';

const PENCIL = new Secret('pencil');
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const KEYS = await deriveScramKeys(PENCIL, SALT, 4096);
const BINDING: ChannelBinding = { type: 'tls-server-end-point', data: Buffer.from('hash of a certificate') };

describe('the example of RFC 7677, section 3', () => {
  const CLIENT_FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
  const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const CLIENT_FINAL =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  test('is what the client says, and what it accepts', async () => {
    const client = scramClient({
      user: 'user',
      password: PENCIL,
      mechanism: 'SCRAM-SHA-256',
      nonce: 'rOprNGfwEbeRWgbNEkqO',
    });
    assert.equal(client.first, CLIENT_FIRST);
    assert.equal(await client.final(SERVER_FIRST), CLIENT_FINAL);
    client.verify(SERVER_FINAL);
  });

  test('is what the server says, and its proof is accepted', () => {
    const server = scramServer({
      keys: KEYS,
      nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
      mechanism: 'SCRAM-SHA-256',
      allowPlus: undefined,
    });
    assert.equal(server.first(CLIENT_FIRST), SERVER_FIRST);
    assert.equal(provesPassword(server.final(CLIENT_FINAL), KEYS), true);
    assert.equal(server.accepted(), SERVER_FINAL);
  });
});

describe('the two sides together', () => {
  const combinations = [
    { name: 'without TLS', client: {}, server: {} },
    {
      name: 'with a client that can bind and a server that cannot',
      client: { channelBinding: 'possible' },
      server: {},
    },
    {
      name: 'bound to the certificate',
      client: { mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: BINDING },
      server: { mechanism: 'SCRAM-SHA-256-PLUS', allowPlus: { bindingData: BINDING.data } },
    },
    {
      name: 'with a client that cannot bind and a server that can',
      client: {},
      server: { allowPlus: { bindingData: BINDING.data } },
    },
  ] as const;
  for (const { name, client, server } of combinations) {
    test(`agree ${name}`, async () => {
      assert.equal(await converse(client, server), true);
    });
  }

  test('do not agree on another password', async () => {
    assert.equal(await converse({ password: new Secret('pencil ') }, {}), false);
  });

  test('agree on any password, salt and name', async () => {
    const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
    const inputs = [
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      ascii,
    ] as const;
    await fc.assert(
      fc.asyncProperty(...inputs, async (password, salt, user) => {
        const keys = await deriveScramKeys(new Secret(password), salt, 4096);
        assert.equal(await converse({ password: new Secret(password), user }, { keys }), true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the server refuses', () => {
  const plus = { mechanism: 'SCRAM-SHA-256-PLUS', allowPlus: { bindingData: BINDING.data } } as const;
  const cases: readonly (readonly [string, Partial<ScramClientOptions>, Partial<ScramServerOptions>, RegExp])[] = [
    [
      'a client that did not see the offer to bind',
      { channelBinding: 'possible' },
      { allowPlus: plus.allowPlus },
      /did not see/,
    ],
    [
      'another certificate',
      { mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: { ...BINDING, data: Buffer.from('other') } },
      plus,
      /TLS connections of the two ends differ/,
    ],
    ['-PLUS without binding', {}, plus, /without channel binding/],
    [
      'binding without -PLUS',
      { mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: BINDING },
      { allowPlus: plus.allowPlus },
      /needs SCRAM-SHA-256-PLUS/,
    ],
    [
      '-PLUS that was not offered',
      { mechanism: 'SCRAM-SHA-256-PLUS', channelBinding: BINDING },
      { mechanism: 'SCRAM-SHA-256-PLUS' },
      /not offered/,
    ],
  ];
  for (const [name, client, server, message] of cases) {
    test(name, async () => {
      await assert.rejects(converse(client, server), { name: 'ScramError', message });
    });
  }

  test('another nonce, a changed header, and messages out of turn', async () => {
    const client = clientOf({});
    const server = serverOf({});
    assert.throws(() => server.final('c=biws,r=x,p=x'), ScramError);
    assert.throws(() => server.accepted(), ScramError);
    const final = await client.final(server.first(client.first));
    assert.throws(() => server.first(client.first), /second client-first/);
    assert.throws(() => server.final(final.replace('r=client', 'r=cliemt')), /nonce does not match/);
    assert.throws(() => server.final(final.replace('c=biws', 'c=eSws')), /channel binding does not match/);
    assert.equal(provesPassword(server.final(final), KEYS), true);
    assert.throws(() => server.final(final), /unexpected client-final/);
  });
});

describe('the client refuses', () => {
  const first = 'r=client-nonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const cases = [
    ['a nonce that is not an extension of its own', first.replace('client', 'clieMt'), /does not extend/],
    ['its own nonce given back', first.replace('nonceX', 'nonce'), /does not extend/],
    ['too few iterations', first.replace('4096', '4095'), /4095 iterations, which is out of bounds/],
    ['too many iterations', first.replace('4096', '1000001'), /out of bounds/],
    ['a mandatory extension', `m=x,${first}`, /malformed server-first/],
    ['an empty salt', first.replace('W22ZaJ0SNY7soEsUEjb6gQ==', ''), /malformed server-first/],
    ['base 64 that is not canonical', first.replace('gQ==', 'gR=='), /base 64/],
  ] as const;
  for (const [name, serverFirst, message] of cases) {
    test(name, async () => {
      await assert.rejects(clientOf({}).final(serverFirst), { name: 'ScramError', message });
    });
  }

  test('a server that does not prove that it knows the password', async () => {
    const client = clientOf({});
    await client.final(first);
    assert.throws(() => client.verify(`v=${Buffer.alloc(32).toString('base64')}`), /did not prove/);
    assert.throws(() => client.verify('v=AAAA'), /did not prove/);
    assert.throws(() => client.verify('e=other-error'), /the server answered other-error/);
    assert.throws(() => clientOf({}).verify(`v=${Buffer.alloc(32).toString('base64')}`), /did not prove/);
  });

  test('to bind without anything to bind to', () => {
    assert.throws(() => clientOf({ mechanism: 'SCRAM-SHA-256-PLUS' }), /no channel binding data/);
  });
});

describe('the parsers', () => {
  test('take a name with its escapes, and no other escape', () => {
    assert.equal(parseClientFirst('n,,n=a=2Cb=3Dc,r=x').user, 'a,b=c');
    for (const bad of ['n,,n=a=2cb,r=x', 'n,,n=a=b,r=x', 'n,,n=a=,r=x']) {
      assert.throws(() => parseClientFirst(bad), ScramError, bad);
    }
  });

  test('refuse what the grammar does not allow in a client-first message', () => {
    const bad = [
      '',
      'n',
      'n,',
      'n,,',
      'x,,n=,r=x',
      'n,,n=,r=',
      'n,,n=,r=a b',
      'n,,n=,r=é',
      'n,,n=,r=x,',
      'n,,n=,r=x,e=1',
      'n,,m=1,n=,r=x',
      'n,a=root,n=,r=x',
      'p=,,n=,r=x',
      'p=tls-unique,,n=,r=x',
      'p=tls-exporter,,n=,r=x',
      'n,,n=a,b,r=x',
      'n,,n=,r=x\0',
      'n,,n=,r=x\n',
      'N,,n=,r=x',
      ' n,,n=,r=x',
    ];
    for (const message of bad) assert.throws(() => parseClientFirst(message), ScramError, JSON.stringify(message));
  });

  test('refuse what the grammar does not allow in a client-final message', () => {
    const proof = Buffer.alloc(32).toString('base64');
    const bad = [
      '',
      'c=biws',
      `c=biws,r=x,p=${proof},`,
      `c=biws,r=x,p=${proof.slice(4)}`,
      `c=biws,r=x,p=${proof}AAAA`,
      `c=,r=x,p=${proof}`,
      `r=x,c=biws,p=${proof}`,
      `c=biws,r=,p=${proof}`,
      `c=biws,r=x,x=1,p=${proof}`,
      `c=biws=,r=x,p=${proof}`,
      `c=biws,r=x,p=${proof}\n`,
    ];
    for (const message of bad) assert.throws(() => parseClientFinal(message), ScramError, JSON.stringify(message));
  });

  test('answer anything at all with a value or a ScramError', () => {
    const near = fc.array(
      fc.oneof(
        fc.constantFrom('n', 'y', 'p', '=', ',', 'r=', 's=', 'i=', 'c=', 'p=', 'v=', 'e=', 'a=', '4096', 'biws', '=2C'),
        fc.string(),
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          near.map((parts) => parts.join('')),
        ),
        (message) => {
          for (const parse of [parseClientFirst, parseClientFinal, parseServerFirst, parseServerFinal]) {
            try {
              parse(message);
            } catch (error) {
              assert.ok(error instanceof ScramError);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function clientOf(options: Partial<ScramClientOptions>) {
  return scramClient({ user: '', password: PENCIL, mechanism: 'SCRAM-SHA-256', nonce: 'client-nonce', ...options });
}

function serverOf(options: Partial<ScramServerOptions>) {
  const nonce = randomBytes(18).toString('base64');
  return scramServer({ keys: KEYS, nonce, mechanism: 'SCRAM-SHA-256', allowPlus: undefined, ...options });
}

/** Whether a client and a server of ours come to an agreement. */
async function converse(
  clientOptions: Partial<ScramClientOptions>,
  serverOptions: Partial<ScramServerOptions>,
): Promise<boolean> {
  const client = clientOf(clientOptions);
  const server = serverOf(serverOptions);
  const proof = server.final(await client.final(server.first(client.first)));
  if (!provesPassword(proof, serverOptions.keys ?? KEYS)) return false;
  client.verify(server.accepted());
  return true;
}
