import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFindsNothing, found } from './found.ts';
import { urlPassword } from './url-password.ts';

test('the password of a URL is found, and nothing else of it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['postgres://app:s3cret@db.example/main', 's3cret'],
    ['postgresql://app:s3cret@10.0.0.1:5432/main?sslmode=require', 's3cret'],
    ['mysql://root:toor@localhost', 'toor'],
    ['redis://:hunter2@cache:6379/0', 'hunter2'],
    ['mongodb+srv://u:p%40ss@cluster0.example.net/?w=majority', 'p%40ss'],
    ['amqp://guest:guest@rabbit', 'guest'],
    ['https://user:pass@example.com/path', 'pass'],
    ['ftp://me:a-b_c.d~e@ftp.example.com', 'a-b_c.d~e'],
    ['ssh://git:tok$en!@host/repo.git', 'tok$en!'],
    ['https://x-access-token:abcdef123456@github.com/acme/app', 'abcdef123456'],
    ['https://oauth2:abcdef@gitlab.example/acme/app.git', 'abcdef'],
    ['http://admin:p:w:d@proxy:3128', 'p:w:d'],
    ['smtp://a:b@mail', 'b'],
    ['ldap://cn=admin:secret@ldap.example', 'secret'],
    ['see "postgres://app:s3cret@db/main" there', 's3cret'],
    ["url='postgres://app:s3cret@db/main'", 's3cret'],
    ['DATABASE_URL=postgres://app:s3cret@db/main', 's3cret'],
    ['<postgres://app:s3cret@db/main>', 's3cret'],
    ['postgres://app:p@ss@db/main', 'p@ss'],
    ['kafka+ssl://k:vÄlue@broker:9092', 'vÄlue'],
    ['https://abcdefghij0123456789@host/', 'abcdefghij0123456789'],
  ];
  for (const [text, password] of cases) assert.deepEqual(found(urlPassword, text), [password], text);
});

test('URLs without a password, and passwords that are none, are left alone', () => {
  assertFindsNothing(urlPassword, [
    'https://example.com',
    'https://example.com:8080/path',
    'https://user@example.com',
    'postgres://app@db/main',
    'postgres://app:@db/main',
    'postgres://app:[redacted]@db/main',
    'postgres://app:***@db/main',
    'postgres://app:xxxxx@db/main',
    'postgres://app:$PASSWORD@db/main',
    'postgres://app:${PASSWORD}@db/main',
    'postgres://app:{{password}}@db/main',
    'postgres://app:%PASSWORD%@db/main',
    'postgres://app:<password>@db/main',
    'https://example.com/a:b@c',
    'https://example.com?x=a:b@c',
    'https://example.com/#a:b@c',
    '//app:s3cret@db',
    'app:s3cret@db',
    'ada@example.com',
    'https://example.com and a:b@c',
    'git@github.com:acme/app.git',
  ]);
});
