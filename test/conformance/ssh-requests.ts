import type { RawRequest, Requests } from './protocol-under-test.ts';

export const CANARY = 'c4n4ry-7f3a';

/** How a channel asks: `exec`, `pty` (a command with a terminal), `shell`, `subsystem`, `open` (a channel's type), `raw`. */
export type Asking = 'exec' | 'pty' | 'shell' | 'subsystem' | 'open' | 'raw';

const ask = (asking: Asking, text: string, what = text): RawRequest => ({
  what: `${asking} ${what.slice(0, 60)}`,
  bytes: Buffer.from(`${asking} ${text}`, 'latin1'),
  readies: 1,
});

const exec = (text: string): RawRequest => ask('exec', text);

const MAIL = `printf '%s%s\\n' '${CANARY.slice(0, 4)}' '${CANARY.slice(4)}@example.org'`;

export const REQUESTS: Requests = {
  conversation: [
    exec('echo one'),
    exec('printf out; printf err >&2'),
    exec("printf '\\000\\001\\377'"),
    exec('exit 7'),
    exec('nothing-of-this-name'),
    exec('head -c 300000 /dev/zero'),
  ],
  permitted: exec('echo permitted-here'),
  permittedReached: /permitted-here/,
  denied: [
    exec('rm -f keep-me'),
    exec('echo fine; rm -f keep-me'),
    exec("sh -c 'rm -f keep-me'"),
    exec('echo x > keep-me'),
    exec('"r"m -f keep-me'),
    exec('nice -n 5 rm -f keep-me'),
    exec('cat /dev/null | tee keep-me'),
  ],
  deniedKind: 'write',
  deniedReached: /keep-me/,
  marker: 'keep-me',
  held: [ask('pty', 'echo held-here'), ask('pty', 'cat /dev/null; echo held-here')],
  heldKind: 'shell',
  tellsWaiting: true,
  heldReached: /held-here/,
  unknown: [exec('frobnicate a'), exec('$X y'), exec('eval "$(cat x)"'), exec('echo "unfinished')],
  unsupported: [
    ask('subsystem', 'netconf'),
    ask('open', 'direct-streamlocal@openssh.com'),
    ask('open', 'x11'),
    ask('open', 'tun@openssh.com'),
  ],
  canaries: [
    exec(MAIL),
    exec(`${MAIL} >&2`),
    exec(`printf 'a line with ${CANARY.slice(0, 6)}'; sleep 0.5; printf '${CANARY.slice(6)}@example.org in two'`),
    exec(`printf 'password=${CANARY.slice(0, 6)}'; sleep 0.5; printf '%s\\n' '${CANARY.slice(6)}-0a1b2c3d4e5f'`),
    exec(`for i in 1 2 3 4 5; do ${MAIL}; done`),
  ],
  canary: CANARY,
  large: (bytes) => exec(`yes 'a line of a text that is long' | head -c ${bytes}`),
  hanging: exec('echo begun; sleep 30'),
  garbage: {
    beforeLogin: [
      { what: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'), readies: 0 },
      { what: 'another version', bytes: Buffer.from('SSH-1.5-old\r\n'), readies: 0 },
      { what: 'a line without an end', bytes: Buffer.alloc(20_000, 'S'), readies: 0 },
      { what: 'no packet', bytes: Buffer.from(`SSH-2.0-x\r\n${'\x7f'.repeat(200)}`, 'latin1'), readies: 0 },
      { what: 'a long packet', bytes: Buffer.from('SSH-2.0-x\r\n\x7f\xff\xff\xf0', 'latin1'), readies: 0 },
    ],
    afterLogin: [
      ask('raw', '\x5e\0\0\0\x09\0\0\0\x01x', 'data for a channel that is not open'),
      ask('raw', '\x5a\0\0\0\x07sess', 'a message that ends too soon'),
      ask('raw', '\x15', 'new keys that nobody agreed on'),
      ask('exec', `echo ${'x'.repeat(300_000)}`, 'a command that is too long'),
    ],
  },
  codes: {
    badClaim: 'not let in',
    noTarget: 'target-unknown',
    denied: 'denied',
    withdrawn: 'withdrawn',
    unrecorded: 'record-unavailable',
    upstreamUnavailable: 'upstream-unavailable',
    upstreamLost: 'upstream-unavailable',
  },
};
