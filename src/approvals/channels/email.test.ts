import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { noticeWith, voteOf } from '../../../test/support/notices.ts';
import {
  decodedOf,
  headersOf,
  SMTP_PASSWORD,
  SMTP_USER,
  type SmtpReceiver,
  startSmtpReceiver,
} from '../../../test/support/smtp-receiver.ts';
import { Secret } from '../../model/secret.ts';
import { DeliveryFault, type EmailDeclaration } from './channel.ts';
import { emailChannel } from './email.ts';
import { emailMessage } from './email-message.ts';

const NEVER = new AbortController().signal;
const requested = { delivery: 'dlv_1', event: 'approval.requested', notice: noticeWith() } as const;
const HOSTILE = '<script>alert(1)</script>\r\nBcc: evil@evil.example\r\n\r\n.\r\n\u202E"&\'';

function mailTo(smtp: string, more: Partial<EmailDeclaration> = {}, password = SMTP_PASSWORD) {
  const declaration: EmailDeclaration = {
    kind: 'email',
    name: 'mail',
    groups: [],
    enabled: true,
    insecureLoopback: false,
    smtp,
    user: SMTP_USER,
    from: 'chaperone@gateway.test',
    to: { dba: ['ada@acme.example', 'grace@acme.example'], security: ['eve@acme.example'] },
    ...more,
  };
  const secrets = () => Promise.resolve(new Secret(password));
  return emailChannel(declaration, { secrets, random: (bytes) => new Uint8Array(bytes) });
}

describe('mail over STARTTLS with a login', () => {
  let receiver: SmtpReceiver;
  let ca: string;
  before(async () => {
    const authority = await makeAuthority();
    const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
    ca = authority.certificate;
    receiver = await startSmtpReceiver({ cert: certificate, key });
  });
  after(() => receiver[Symbol.asyncDispose]());
  const smtp = () => `smtp://localhost:${receiver.port}`;
  const last = () => {
    const mail = receiver.mails.at(-1);
    assert.ok(mail);
    return mail;
  };

  test('goes to the people of the groups that are asked, as plain text and HTML, with the one link', async () => {
    await mailTo(smtp(), { ca }).send(requested, NEVER);
    const { from, to, secure, user, raw } = last();
    assert.deepEqual(
      [from, to, secure, user],
      ['chaperone@gateway.test', ['ada@acme.example', 'grace@acme.example'], true, SMTP_USER],
    );
    const headers = headersOf(raw);
    assert.equal(headers.get('subject'), 'Approval needed: alter on pg-prod (acme/shop@refs/heads/main)');
    assert.equal(headers.get('auto-submitted'), 'auto-generated');
    assert.match(headers.get('content-type') ?? '', /^multipart\/alternative/);
    const text = decodedOf(raw);
    assert.ok(text.includes('Read all of it and answer: https://gateway.test/approvals/apr_1'));
    assert.ok(text.includes('<a href="https://gateway.test/approvals/apr_1">'));
    assert.ok(text.includes('The statement itself is not sent by mail.'));
    assert.ok(!raw.includes(SMTP_PASSWORD));
  });

  test('of a request and its outcome are one thread, and the same at every attempt', async () => {
    const channel = mailTo(smtp(), { ca });
    await channel.send(requested, NEVER);
    const first = headersOf(last().raw);
    await channel.send(requested, NEVER);
    assert.equal(headersOf(last().raw).get('message-id'), '<apr_1.requested@gateway.test>');
    const votes = [voteOf('ada', 'approve')];
    await channel.send(
      { ...requested, event: 'approval.decided', notice: noticeWith({ state: 'approved', votes }) },
      NEVER,
    );
    const second = headersOf(last().raw);
    assert.equal(second.get('in-reply-to'), first.get('message-id'));
    assert.equal(second.get('references'), first.get('message-id'));
    assert.equal(second.get('message-id'), '<apr_1.decided@gateway.test>');
    assert.equal(second.get('subject'), 'Re: Approval needed: alter on pg-prod (acme/shop@refs/heads/main)');
    assert.ok(decodedOf(last().raw).includes('Approved by ada.'));
  });

  test('with hostile text has no header and no recipient more, and nothing that a reader would run', async () => {
    const plain = [...headersOf(last().raw).keys()].filter((name) => !['in-reply-to', 'references'].includes(name));
    const run = { ...noticeWith().run, display: HOSTILE, repository: HOSTILE, workflow: HOSTILE };
    const statements = [{ text: HOSTILE, parameters: [HOSTILE] }];
    const notice = noticeWith({
      run,
      target: HOSTILE,
      kinds: [HOSTILE],
      does: [HOSTILE],
      tables: [HOSTILE],
      rules: [HOSTILE],
      statements,
    });
    await mailTo(smtp(), { ca }).send({ ...requested, notice }, NEVER);
    const { raw, to } = last();
    assert.deepEqual(to, ['ada@acme.example', 'grace@acme.example']);
    assert.deepEqual([...headersOf(raw).keys()].sort(), plain.sort());
    const text = decodedOf(raw);
    const html = text.slice(text.indexOf('<!doctype html>'));
    assert.ok(html.length > 100 && !html.includes('<script>') && html.includes('&#60;script&#62;'));
    assert.ok(!text.includes('\u202E') && text.includes('<U+202E>'));
  });

  test('is not sent where the user is not known, and the fault shows no password', async () => {
    const count = receiver.mails.length;
    const fault = await faultOf(mailTo(smtp(), { ca }, 'canary-wrong').send(requested, NEVER));
    assert.equal(fault.message, `localhost:${receiver.port} did not take the user and password`);
    assert.equal(receiver.mails.length, count);
  });

  test('is not sent to whom nobody vouches for', async () => {
    const count = receiver.mails.length;
    const fault = await faultOf(mailTo(smtp()).send(requested, NEVER));
    assert.match(fault.message, /could not be reached, or not over TLS: /);
    assert.equal(receiver.mails.length, count);
  });

  test('to a mailbox that is not there is not tried again', async () => {
    const fault = await faultOf(mailTo(smtp(), { ca, to: { dba: ['unknown@acme.example'] } }).send(requested, NEVER));
    assert.equal(fault.permanent, true);
    assert.match(fault.message, /said 550 No such mailbox$/);
  });

  test('goes to those under * for every group, and to nobody where a group has no address', async () => {
    await mailTo(smtp(), { ca, to: { '*': ['all@acme.example'] } }).send(requested, NEVER);
    assert.deepEqual(last().to, ['all@acme.example']);
    const count = receiver.mails.length;
    await mailTo(smtp(), { ca, to: { constructor: ['x@acme.example'] } }).send(requested, NEVER);
    assert.equal(receiver.mails.length, count);
  });

  test('of a test says where it went', async () => {
    const where = await mailTo(smtp(), { ca }).test(NEVER);
    assert.equal(where, 'ada@acme.example, grace@acme.example, eve@acme.example');
    assert.equal(headersOf(last().raw).get('subject'), 'A test from Chaperone');
  });
});

describe('mail and TLS', () => {
  test('from the first byte on works as well', async () => {
    const authority = await makeAuthority();
    const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
    await using receiver = await startSmtpReceiver({ secure: true, cert: certificate, key });
    await mailTo(`smtps://localhost:${receiver.port}`, { ca: authority.certificate }).send(requested, NEVER);
    assert.equal(receiver.mails[0]?.secure, true);
  });

  test('neither mail nor password goes to a server that offers none, but on this machine where that is said', async () => {
    await using receiver = await startSmtpReceiver({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    const smtp = `smtp://localhost:${receiver.port}`;
    assert.match((await faultOf(mailTo(smtp).send(requested, NEVER))).message, /did not offer TLS/);
    assert.equal(receiver.mails.length, 0);
    await mailTo(smtp, { insecureLoopback: true }).send(requested, NEVER);
    assert.equal(receiver.mails[0]?.secure, false);
  });

  test('a server that does not answer is let go with the signal', async () => {
    await using receiver = await startSmtpReceiver({ onConnect: () => undefined });
    const sending = mailTo(`smtp://localhost:${receiver.port}`).send(requested, AbortSignal.timeout(50));
    const outcome = await Promise.race([
      sending.then(
        () => 'sent',
        () => 'failed',
      ),
      new Promise((resolve) => setTimeout(() => resolve('hangs'), 5000).unref()),
    ]);
    assert.equal(outcome, 'failed');
  });
});

test('a mail shows all of the text where the rules do, and its parameters', () => {
  const statements = [{ text: 'insert into t values ($1, $2)', parameters: ['a', null] }];
  const { text } = emailMessage('approval.requested', noticeWith({ statements }));
  assert.ok(text.includes("> insert into t values ($1, $2)\n$1 = 'a'\n$2 = NULL\n"));
});

async function faultOf(sending: Promise<unknown>): Promise<DeliveryFault> {
  const fault = await sending.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(fault instanceof DeliveryFault, String(fault));
  return fault;
}
