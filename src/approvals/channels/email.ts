import { createTransport } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import { LIMITS } from '../../model/limits.ts';
import {
  type Channel,
  type ChannelMessage,
  type ChannelSecrets,
  DeliveryFault,
  type EmailDeclaration,
} from './channel.ts';
import { definitionMessage, type EmailMessage, emailMessage, testMessage } from './email-message.ts';
import { rejectOn } from './reject-on.ts';
import { visibleText } from './visible-text.ts';

export interface EmailParts {
  readonly secrets: ChannelSecrets;
  readonly random: (bytes: number) => Uint8Array;
}

/** Mails by SMTP, always over TLS (RFC 8314; STARTTLS by RFC 3207 is demanded where it does not begin with it). */
export function emailChannel(declaration: EmailDeclaration, { secrets, random }: EmailParts): Channel {
  const domain = declaration.from.slice(declaration.from.lastIndexOf('@') + 1);
  const deliver = async (message: EmailMessage, to: readonly string[], threading: Threading, signal: AbortSignal) => {
    const transport = createTransport(await transportOptions(declaration, secrets));
    try {
      const sending = transport.sendMail({
        from: { name: 'Chaperone', address: declaration.from },
        to: to.map((address) => ({ name: '', address })),
        ...message,
        ...threading,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      // nodemailer knows no signal: what it does after ours ends by its own time-outs.
      await Promise.race([sending, rejectOn(signal)]);
    } catch (cause) {
      throw mailFault(cause, declaration);
    } finally {
      transport.close();
    }
  };
  return {
    declaration,
    events: ['approval.requested', 'approval.decided', 'approval.expired', 'approval.cancelled'],
    async send({ event, notice }, signal) {
      const to = recipients(declaration, notice.requirements);
      // A channel that serves a group of the approval by name, and has nobody's address for it.
      if (to.length === 0) return undefined;
      await deliver(emailMessage(event, notice), to, threadingOf(event, notice.id, domain), signal);
      return undefined;
    },
    async tell(notice, delivery, signal) {
      const to = recipients(declaration, []);
      if (to.length > 0) await deliver(definitionMessage(notice), to, { messageId: `<${delivery}@${domain}>` }, signal);
    },
    async test(signal) {
      const to = [...new Set(Object.values(declaration.to).flat())];
      const id = `<test.${Buffer.from(random(12)).toString('hex')}@${domain}>`;
      await deliver(testMessage(declaration.name), to, { messageId: id }, signal);
      return to.join(', ');
    },
  };
}

interface Threading {
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references?: string;
}

/** The same at every attempt, so that who gets a mail twice sees it once; the outcome answers the request. */
function threadingOf(event: ChannelMessage['event'], approval: string, domain: string): Threading {
  const first = `<${approval}.requested@${domain}>`;
  if (event === 'approval.requested') return { messageId: first };
  const messageId = `<${approval}.${event.slice('approval.'.length)}@${domain}>`;
  return { messageId, inReplyTo: first, references: first };
}

function recipients({ to }: EmailDeclaration, groups: readonly { readonly group: string }[]): readonly string[] {
  const named = groups.flatMap(({ group }) => (Object.hasOwn(to, group) ? (to[group] ?? []) : []));
  return [...new Set([...named, ...(to['*'] ?? [])])];
}

async function transportOptions(
  { smtp, user, ca, insecureLoopback }: EmailDeclaration,
  secrets: ChannelSecrets,
): Promise<SMTPTransport.Options> {
  const url = new URL(smtp);
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  const isPlain = insecureLoopback && isLocal && !secure;
  return {
    host,
    port: url.port === '' ? (secure ? SMTPS_PORT : SUBMISSION_PORT) : Number(url.port),
    secure,
    requireTLS: !secure && !isPlain,
    ignoreTLS: isPlain,
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    ...(user !== undefined && { auth: { user, pass: (await secrets('password')).reveal() } }),
    connectionTimeout: LIMITS.channelSendMs,
    greetingTimeout: LIMITS.channelSendMs,
    socketTimeout: LIMITS.channelSendMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

const SMTPS_PORT = 465;
const SUBMISSION_PORT = 587;

/** Says the server's answer where there is one; a login that failed is not explained with what was sent. */
function mailFault(cause: unknown, { smtp }: EmailDeclaration): DeliveryFault {
  const { host } = new URL(smtp);
  const { code, responseCode, response } = cause as { code?: string; responseCode?: number; response?: string };
  if (cause instanceof DeliveryFault) return cause;
  if (code === 'ETLS') return new DeliveryFault(`${host} did not offer TLS`, { cause });
  if (code === 'EAUTH') return new DeliveryFault(`${host} did not take the user and password`, { cause });
  if (responseCode !== undefined) {
    const said = visibleText(response ?? String(responseCode), LIMITS.channelExcerptCharacters);
    // 5yz: permanent (RFC 5321, 4.2.1).
    return new DeliveryFault(`${host} said ${said}`, { permanent: responseCode >= 500, cause });
  }
  return new DeliveryFault(`${host} could not be reached, or not over TLS: ${code ?? 'unknown'}`, { cause });
}
