/**
 * Cases written by hand: standards' own examples, what such tools are known to get wrong, and what these detectors are
 * known to miss, so that the report tells it.
 */
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
      ['連絡先：ada@example.com。', 'ada@example.com'],
      ['{ada@example.com}', 'ada@example.com'],
      ['user:ada@example.com:admin', 'ada@example.com'],
      ['ada@[192.0.2.1]', 'ada@[192.0.2.1]'],
      ['ada (at) example (dot) com', 'ada (at) example (dot) com'],
    ],
    negatives: [
      'react@18.2.0',
      '@media (min-width: 1px)',
      'a @ b . c',
      'user@',
      'logo@3x.webp',
      'x@y',
      'pip install a@b',
    ],
  },
  card: {
    positives: [
      ['pan=4111111111111111&cvc=123', '4111111111111111'],
      ['3782 822463 10005', '3782 822463 10005'],
      ['カード4111111111111111です', '4111111111111111'],
      ['4111.1111.1111.1111', '4111.1111.1111.1111'],
      ['5555555555554444,4111111111111111', '5555555555554444', '4111111111111111'],
      ['4111–1111–1111–1111', '4111–1111–1111–1111'],
      ['4111  1111  1111  1111', '4111  1111  1111  1111'],
      ['4111-1111 1111-1111', '4111-1111 1111-1111'],
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
      ['IBAN:CH9300762011623852957', 'CH9300762011623852957'],
      ['口座番号GB29NWBK60161331926819です', 'GB29NWBK60161331926819'],
      ['de89 3704 0044 0532 0130 00', 'de89 3704 0044 0532 0130 00'],
    ],
    negatives: ['DE89 3704 0044 0532 0130 01', 'ISO 9001 2015 EN 1090', 'AB12 CD34 EF56 GH78', 'GB29NWBK6016133192681'],
  },
  phone: {
    positives: [
      ['call +44 20 7946 0958 or 415-555-2671', '+44 20 7946 0958', '415-555-2671'],
      ['+49 (0) 30 901820', '+49 (0) 30 901820'],
      ['tel:+1-202-456-1111', '+1-202-456-1111'],
      ['+33 1 40 20 50 50', '+33 1 40 20 50 50'],
      ['Tel. 030 901820', '030 901820'],
      ['06 12 34 56 78', '06 12 34 56 78'],
    ],
    negatives: ['1234567890', '+1', '555-1234', '2024-03-01+01:00', '192.168.100.2000', '+++ 123'],
  },
  'ip-address': {
    positives: [
      ['client 203.0.113.7:443 closed', '203.0.113.7'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['10.0.0.0/8', '10.0.0.0'],
      ['from=198.51.100.23;', '198.51.100.23'],
      ['fe80::1ff:fe23:4567:890a%eth0', 'fe80::1ff:fe23:4567:890a'],
    ],
    negatives: ['10:20:30', 'libssl.so.1.1', '1.2.3', 'a::b', '1.2.3.4.5', '::1', 'chapter 1.2.3.4.', '1.2.3.400'],
  },
  'us-ssn': {
    positives: [
      ['SSN: 078-05-1120', '078-05-1120'],
      ['ssn=078051120', '078051120'],
      ['Social Security No. 219 09 9999', '219 09 9999'],
      ['078051120', '078051120'],
    ],
    negatives: ['000-12-3456', '666-12-3456', '2023-10-2024', '12-345-6789', '078-05-11201'],
  },
  'uk-nhs': {
    positives: [
      ['NHS No: 943 476 5919', '943 476 5919'],
      ['943 476 5919', '943 476 5919'],
    ],
    negatives: ['NHS No: 943 476 5918', 'phone 943 476 5919'],
  },
  'nl-bsn': {
    positives: [['Zijn BSN is 111222333.', '111222333']],
    negatives: ['bsn: 111222334', 'order 111222333'],
  },
  'es-dni': {
    positives: [
      ['DNI 12.345.678-Z', '12.345.678-Z'],
      ['NIE X-1234567-L', 'X-1234567-L'],
      ['dni 12345678z', '12345678z'],
    ],
    negatives: ['12345678A', '1234567Z', 'X1234567Z'],
  },
  'br-cpf': {
    positives: [['CPF nº 529.982.247-25', '529.982.247-25']],
    negatives: ['529.982.247-24', '111.111.111-11', 'id 52998224725'],
  },
  jwt: {
    positives: [],
    negatives: ['eyJ', 'eyJhIjoxfQ', 'eyJhIjoxfQ==', 'a.eyJhIjoxfQ.b'],
  },
  'url-password': {
    positives: [
      ['redis://:s3cret@cache:6379/0', 's3cret'],
      ['https://ada:p@ss@host.example/x', 'p@ss'],
      ['curl -u ada:s3cret-9 https://host.example', 's3cret-9'],
    ],
    negatives: ['https://host.example/a:b@c', 'git@github.com:a/b.git', 'see http://host:80'],
  },
  credential: {
    positives: [
      ['export API_KEY=abcd1234efgh', 'abcd1234efgh'],
      ['{"client_secret":"abcd1234efgh"}', 'abcd1234efgh'],
      ['password: correct horse battery staple', 'correct horse battery staple'],
      ['password=letmeinplease', 'letmeinplease'],
    ],
    negatives: [
      'password: ********',
      'token_type: bearer',
      'secret santa 2024',
      'pwd: /home/ada1',
      'password=',
      'api_key: null',
    ],
  },
};
