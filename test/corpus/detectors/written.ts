/** Cases written by hand: from bug reports of such tools, standards' own examples, and what came to mind. */
interface Written {
  /** The text, and what must be found in it. */
  readonly positives: readonly (readonly [string, ...string[]])[];
  readonly negatives: readonly string[];
}

export const WRITTEN: Readonly<Record<string, Written>> = {
  email: {
    positives: [
      ['"Ada Lovelace" <ada@example.com>, Bob <bob@example.org>', 'ada@example.com', 'bob@example.org'],
      ['mailto:ada@example.com?subject=x', 'ada@example.com'],
      ['to=ada%40example.com&cc=b%40example.org', 'ada%40example.com', 'b%40example.org'],
      ['Schreiben Sie an ada@example.com.', 'ada@example.com'],
      ['"ada lovelace"@example.com wrote', '"ada lovelace"@example.com'],
      ['ada@example.com\tbob@example.com', 'ada@example.com', 'bob@example.com'],
    ],
    negatives: ['react@18.2.0', '@media (min-width: 1px)', 'a @ b . c', 'user@', 'logo@3x.webp', 'x@y'],
  },
  card: {
    positives: [
      ['pan=4111111111111111&cvc=123', '4111111111111111'],
      ['3782 822463 10005', '3782 822463 10005'],
      ['カード4111111111111111です', '4111111111111111'],
      ['4111.1111.1111.1111', '4111.1111.1111.1111'],
      ['5555555555554444,4111111111111111', '5555555555554444', '4111111111111111'],
    ],
    negatives: [
      '4111111111111112',
      '2024-01-01 10:00:00.123456',
      '99999999999999999999',
      '4111 1111 1111',
      '9007199254740991',
    ],
  },
  iban: {
    positives: [
      ['IBAN: DE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 00'],
      ['GB29NWBK60161331926819', 'GB29NWBK60161331926819'],
      ['NO93 8601 1117 947', 'NO93 8601 1117 947'],
    ],
    negatives: ['DE89 3704 0044 0532 0130 01', 'ISO 9001 2015 EN 1090', 'AB12 CD34 EF56 GH78'],
  },
  'ip-address': {
    positives: [
      ['client 203.0.113.7:443 closed', '203.0.113.7'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['10.0.0.0/8', '10.0.0.0'],
    ],
    negatives: ['10:20:30', 'libssl.so.1.1', '1.2.3', 'a::b', '1.2.3.4.5', '::1', 'chapter 1.2.3.4.'],
  },
};
