import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLUSH, MalformedPkt, PktReader, pktLine, sideBand } from './pkt-line.ts';
import { type PushCommands, PushReader } from './push-commands.ts';
import { PushReport, refusedReport } from './push-report.ts';

const ZERO = '0'.repeat(40);
const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);
const PACK = Buffer.from('PACK and what follows');

const lines = (...all: readonly string[]): Buffer => Buffer.concat([...all.map((line) => pktLine(line)), FLUSH]);

/** What is read of bytes that come in steps, and what of them was taken by then. */
function read(bytes: Buffer, step = bytes.length): { readonly push: PushCommands | undefined; readonly taken: number } {
  const reader = new PushReader();
  for (let at = 0; at < bytes.length; at += step) {
    const push = reader.push(bytes.subarray(at, at + step));
    if (push !== undefined) return { push, taken: reader.taken.length };
  }
  return { push: undefined, taken: reader.taken.length };
}

describe('the commands of a push', () => {
  it('are read however they come, up to where the pack begins', () => {
    const commands = lines(
      `shallow ${TWO}`,
      `${ZERO} ${ONE} refs/heads/new\0report-status side-band-64k atomic agent=git/2`,
      `${ONE} ${TWO} refs/heads/main\n`,
      `${ONE} ${ZERO} refs/tags/gone`,
    );
    const expected: PushCommands = {
      refs: [
        { name: 'refs/heads/new', action: 'create', from: ZERO, to: ONE },
        { name: 'refs/heads/main', action: 'update', from: ONE, to: TWO },
        { name: 'refs/tags/gone', action: 'delete', from: ONE, to: ZERO },
      ],
      capabilities: ['report-status', 'side-band-64k', 'atomic', 'agent=git/2'],
      options: [],
      isSigned: false,
    };
    const whole = Buffer.concat([commands, PACK]);
    assert.deepEqual(read(whole), { push: expected, taken: whole.length });
    assert.deepEqual(read(whole, 1), { push: expected, taken: commands.length });
    assert.deepEqual(read(commands.subarray(0, -1)).push, undefined);
  });

  it('have options where the client says so, and those of a certificate where it is signed', () => {
    const plain = Buffer.concat([lines(`${ZERO} ${ONE} refs/heads/a\0push-options`), lines('ci.skip', 'b=ä')]);
    assert.deepEqual(read(plain, 1).push?.options, ['ci.skip', 'b=ä']);
    const certificate = [
      'push-cert\0report-status push-options',
      'certificate version 0.1\n',
      'pusher A <a@tests> 1 +0000\n',
      'push-option signed.one\n',
      '\n',
      `${ZERO} ${ONE} refs/heads/signed\n`,
      '-----BEGIN PGP SIGNATURE-----\n',
      `${ZERO} ${ONE} refs/heads/below\n`,
      'push-cert-end\n',
    ];
    const { push } = read(Buffer.concat([lines(...certificate), lines('signed.one')]), 3);
    assert.deepEqual([push?.isSigned, push?.refs.map(({ name }) => name)], [true, ['refs/heads/signed']]);
    assert.deepEqual(push?.options, ['signed.one', 'signed.one']);
  });

  it('are none where the client has nothing to push', () => {
    assert.deepEqual(read(FLUSH).push?.refs, []);
  });

  it('are refused where git could read them in another way', () => {
    const hostile = [
      `${ZERO} ${ONE} refs/heads/a b`,
      `${ZERO} ${ONE} refs/heads/../x`,
      `${ZERO} ${ONE} HEAD`,
      `${ZERO} ${ONE} refs/heads/a\nrefs/heads/b`,
      `${ZERO} ${ONE} refs/heads/a.lock`,
      `${ZERO} ${ONE}${ONE.slice(0, 24)} refs/heads/a`,
      `${ZERO.slice(1)} ${ONE} refs/heads/a`,
      `${ZERO}  ${ONE} refs/heads/a`,
      'push-cert',
      'shallow x',
      'x',
      '',
    ];
    for (const line of hostile) assert.throws(() => read(lines(line)), MalformedPkt, line);
    assert.throws(() => read(lines('push-cert', 'no head\n', 'push-cert-end\n')), MalformedPkt);
    assert.throws(() => read(Buffer.from('0001')), MalformedPkt);
    const invalid = Buffer.concat([Buffer.from(`${ZERO} ${ONE} refs/heads/`), Buffer.from([0xff])]);
    assert.throws(() => read(pktLine(invalid)), MalformedPkt);
  });

  it('are bounded', () => {
    const many = Buffer.concat(Array.from({ length: 5_001 }, (_, at) => pktLine(`${ZERO} ${ONE} refs/heads/${at}`)));
    assert.throws(() => read(many), MalformedPkt);
    const endless = pktLine(`shallow ${ONE}`);
    assert.throws(() => read(Buffer.concat(Array.from({ length: 25_000 }, () => endless)), 8_192), MalformedPkt);
  });
});

describe('pkt-lines', () => {
  it('are no other lengths than git has', () => {
    for (const text of ['0003', 'fff1', '-001', '0x10', ' 004']) {
      const reader = new PktReader();
      reader.push(Buffer.from(`${text}aaaa`));
      assert.throws(() => reader.next(), MalformedPkt, text);
    }
    const empty = new PktReader();
    empty.push(Buffer.from('0004'));
    assert.deepEqual(empty.next(), { kind: 'data', payload: Buffer.alloc(0) });
  });
});

describe('what is told of a push', () => {
  const refs = [{ name: 'refs/heads/main', action: 'update', from: ONE, to: TWO }] as const;

  it('is that nothing was done, in the words of a report', () => {
    const report = refusedReport(refs, ['report-status'], 'no\nok refs/heads/main');
    assert.equal(report?.toString(), '000eunpack ok\n002dng refs/heads/main no ok refs/heads/main\n0000');
    assert.equal(refusedReport(refs, ['side-band-64k'], 'no'), undefined);
    const banded = refusedReport(refs, ['report-status-v2', 'side-band-64k'], 'no');
    const reader = new PktReader();
    reader.push(banded ?? Buffer.alloc(0));
    const [first, second] = [reader.next(), reader.next()];
    assert.equal(first?.kind === 'data' && first.payload.toString('latin1').startsWith('\x01000eunpack ok\n'), true);
    assert.deepEqual(second, { kind: 'flush' });
  });

  it('is read from what the host says, in bands or not, however it comes', () => {
    const said = lines('unpack ok\n', 'ok refs/heads/a\n', 'ng refs/heads/b hook declined\n');
    const banded = Buffer.concat([sideBand(2, Buffer.from('ok refs/heads/hint\n')), sideBand(1, said), FLUSH]);
    for (const [wire, capabilities] of [
      [said, ['report-status']],
      [banded, ['report-status', 'side-band-64k']],
    ] as const) {
      for (const step of [1, 7, wire.length]) {
        const report = new PushReport(capabilities);
        for (let at = 0; at < wire.length; at += step) report.push(wire.subarray(at, at + step));
        assert.deepEqual([report.tags, report.hasFailed], [['ok refs/heads/a', 'ng refs/heads/b'], true]);
      }
    }
  });
});
