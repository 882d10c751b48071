import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { multipartFields } from './multipart-fields.ts';

const TYPE = 'multipart/form-data; boundary=XyZ';

function part(disposition: string, body: string, more = ''): string {
  return `--XyZ\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${body}\r\n`;
}

const read = (text: string, type = TYPE) => multipartFields(Buffer.from(text), type);

describe('a form with files', () => {
  test('has texts and what is known of files, by name', async () => {
    const text = `${part('name="tier"', 'gold')}${part('name="tag"', 'ü\r\n--X')}${part('name="tag"', '')}${part(
      'name="up"; filename="a \u{1F600}.csv"',
      'a,b',
      'Content-Type: text/csv\r\n',
    )}--XyZ--\r\n`;
    const up = { filename: 'a \u{1F600}.csv', type: 'text/csv', size: 3, sha256: hash('sha256', 'a,b') };
    const value = { tier: 'gold', tag: ['ü\r\n--X', ''], up };
    assert.deepEqual(read(text), { value });
    assert.deepEqual(read(text, 'Multipart/Form-Data; boundary="XyZ"'), { value });
    assert.deepEqual(read('--XyZ--'), { value: {} });
  });

  test('as undici, curl and browsers write it is read', async () => {
    const form = new FormData();
    form.set('a', 'one\r\ntwo');
    form.set('f', new Blob(['xyz'], { type: 'image/png' }), 'p.png');
    const sent = new Request('http://x', { method: 'POST', body: form });
    const bytes = Buffer.from(await sent.arrayBuffer());
    const file = { filename: 'p.png', type: 'image/png', size: 3, sha256: hash('sha256', 'xyz') };
    assert.deepEqual(multipartFields(bytes, sent.headers.get('content-type') ?? ''), {
      value: { a: 'one\r\ntwo', f: file },
    });
  });

  test('that two readers read in two ways is not known, and says why', () => {
    const good = `${part('name="a"', 'b')}--XyZ--`;
    const two = 'a delimiter in it can be read in two ways';
    const outside = 'there is something before or behind its parts';
    const name = 'the name of a part can be read in two ways';
    const head = 'the fields of a part can be read in two ways';
    const boundary = 'its boundary can be read in two ways';
    const cases: readonly (readonly [text: string, why: string, type?: string])[] = [
      [`x\r\n${good}`, outside],
      [`\r\n${good}`, outside],
      [`${good}\r\nmore`, outside],
      ['', outside],
      [good.replace('\r\n--XyZ--', '\n--XyZ--'), two],
      [good.replace('--XyZ\r\n', '--XyZ \r\n'), two],
      [good.replace('--XyZ\r\n', '--XyZ\n'), two],
      [good.slice(0, -4), two],
      [`${part('name="a"', 'x--XyZy')}--XyZ--`, two],
      [`${part('name="a"', 'x\r\n--XyZtra')}--XyZ--`, two],
      ['--XyZ\r\n--XyZ--', two],
      [part('name="a"; name="b"', 'x').concat('--XyZ--'), name],
      [part('name=a', 'x').concat('--XyZ--'), name],
      [part('name="a\\"b"', 'x').concat('--XyZ--'), name],
      [part('name="a%22b"', 'x').concat('--XyZ--'), name],
      [part('name="a"; filename*=utf-8\'\'x', 'x').concat('--XyZ--'), name],
      [part('filename="x"; name="a"', 'x').concat('--XyZ--'), name],
      ['--XyZ\r\nContent-Type: text/plain\r\n\r\nx\r\n--XyZ--', name],
      [part('name="a"', 'x', 'Content-Disposition: form-data; name="b"\r\n').concat('--XyZ--'), head],
      [part('name="a"', 'x', ' folded: 1\r\n').concat('--XyZ--'), head],
      [part('name="a"', 'x', 'A: b\nC: d\r\n').concat('--XyZ--'), head],
      ['--XyZ\r\nx\r\n--XyZ--', 'a part of it has no fields of its own'],
      [part('name="a"', 'eA==', 'Content-Transfer-Encoding: base64\r\n').concat('--XyZ--'), 'a part of it is encoded'],
      [
        part('name="a"', 'x', 'Content-Type: text/plain; charset=utf-16\r\n').concat('--XyZ--'),
        'its character set is another one than UTF-8',
      ],
      [part('name="_charset_"', 'latin1').concat('--XyZ--'), 'its character set is another one than UTF-8'],
      [good, boundary, 'multipart/form-data'],
      [good, boundary, 'multipart/form-data; boundary=XyZ; boundary=a'],
      [good, boundary, 'multipart/form-data; charset=utf-8; boundary=XyZ'],
      [good, boundary, 'multipart/form-data; boundary="XyZ'],
      [good, boundary, 'multipart/form-data; boundary="X yZ"'],
      [good, boundary, 'multipart/mixed; boundary=XyZ'],
    ];
    for (const [text, why, type] of cases) assert.deepEqual(read(text, type), { why }, JSON.stringify(text));
    const latin1 = Buffer.from(part('name="a"', 'ü').concat('--XyZ--'), 'latin1');
    assert.deepEqual(multipartFields(latin1, TYPE), { why: 'a text in it is not UTF-8' });
  });
});
