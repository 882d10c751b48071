import { type Argument, mayBeOption } from '../argument.ts';
import { filesOf, joined } from '../files.ts';
import { type Reader, unknownOutcome } from '../outcome.ts';
import { optionGrammar, readOptions } from '../read-options.ts';
import { has, valuesOf } from './plain.ts';

const CURL = optionGrammar(
  'fgGiIkLNOsSvo:d:H:X:A:b:e:m:u:T:F:x:w:D:c: fail get head include insecure location silent show-error verbose compressed output: data: data-raw: data-binary: data-urlencode: json: header: request: user-agent: referer: max-time: connect-timeout: retry: user: upload-file: form: proxy: write-out: url: remote-name retry-delay: retry-connrefused no-progress-meter dump-header: cookie: cookie-jar: http1.1 http2 fail-with-body',
);

const CURL_SENT = 'd data data-binary data-urlencode json F form H header w write-out b cookie'.split(' ');
const URL_OF_HTTP =
  /^(?:https?:\/\/[\w.-]+|(?!(?:file|dict|gopher|scp|sftp|smb|ftp)\b)[\w-]+(?:\.[\w-]+)*)(?:[:/?#]|$)/i;

const curl: Reader = (words, { name }) => {
  const read = readOptions(words, CURL);
  if (!read.isCertain) return unknownOutcome(`${name} is given options that are not known`, ['network']);
  const sent = valuesOf(read, ...CURL_SENT);
  const urls = [...read.operands, ...valuesOf(read, 'url')];
  // `@` and `<` name files in what is sent; other schemes than HTTP's read some.
  const isPlain =
    sent.every(({ value }) => value !== undefined && !/[@<]/.test(value)) &&
    // A cookie without `=` is the name of a file.
    valuesOf(read, 'b', 'cookie').every(({ value }) => value?.includes('=') === true) &&
    urls.every(({ value }) => value !== undefined && URL_OF_HTTP.test(value));
  const written = valuesOf(read, 'o', 'output', 'D', 'dump-header', 'c', 'cookie-jar');
  const files = joined(filesOf(valuesOf(read, 'T', 'upload-file'), 'read'), filesOf(written, 'write'));
  return {
    access: 'write',
    flags: ['network'],
    files: files.files,
    filesUnknown: files.filesUnknown || !isPlain || has(read, 'O', 'remote-name'),
  };
};

const wget: Reader = (words, { name }) => {
  const read = readOptions(
    words,
    optionGrammar(
      'qvcNSnO:P:T:t:U: quiet no-verbose continue spider output-document: timeout: tries: header: no-check-certificate',
    ),
  );
  if (!read.isCertain) return unknownOutcome(`${name} is given options that are not known`, ['network']);
  const written = valuesOf(read, 'O', 'output-document');
  return { access: 'write', flags: ['network'], ...filesOf(written, 'write'), filesUnknown: written.length === 0 };
};

/** What runs at the other host is not this host's to decide, and is not known here. */
const onwards: Reader = (_words, { name }) => unknownOutcome(`${name} leads to another host`, ['network']);

const STATE_READING = new Set(
  'status is-active is-enabled is-failed is-system-running list-units list-unit-files list-timers list-sockets list-dependencies show cat get-default'.split(
    ' ',
  ),
);

const STATE_CHANGING = new Set('start stop restart try-restart reload reload-or-restart reset-failed'.split(' '));

/** A verb, and the services. */
const systemctl: Reader = (words, { name }) => {
  const read = readOptions(
    words,
    optionGrammar(
      'alqfn:o:p:t: all full quiet force no-pager no-legend plain now user system lines: output: property: type: state: failed value',
    ),
  );
  const verb = read.operands[0];
  if (verb?.value === undefined && read.isCertain && read.operands.length === 0) return { access: 'read' };
  if (!read.isCertain || verb?.value === undefined) return unknownOutcome(`${name} is given words that are not known`);
  if (STATE_READING.has(verb.value)) return { access: 'read' };
  return { access: 'admin', filesUnknown: !STATE_CHANGING.has(verb.value) };
};

const journalctl: Reader = (words, { name }) => {
  const read = readOptions(withoutCounts(words), JOURNAL);
  const isRead = read.isCertain && read.operands.every(({ value }) => value !== undefined && /^[A-Z_]+=/.test(value));
  return isRead ? { access: 'read' } : unknownOutcome(`${name} is given options that are not known`);
};

/** `-n` and `-b` take the next word only where it is a number; what is the value of another option is none of them. */
function withoutCounts(words: readonly Argument[]): readonly Argument[] {
  const kept: Argument[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const { value = '' } = word;
    if (/^(?:-n\d*|-b-?\d*|--lines|--boot)$/.test(value)) {
      if (/^\d+$/.test(words[at + 1]?.value ?? '')) at++;
      continue;
    }
    kept.push(word);
    const next = words[at + 1];
    if (
      !/^(?:-[a-zA-Z]*[optuSUg]|--(?:since|until|unit|user-unit|identifier|priority|output|grep|output-fields))$/.test(
        value,
      )
    )
      continue;
    if (next === undefined) continue;
    kept.push(next);
    at++;
  }
  return kept;
}

const JOURNAL = optionGrammar(
  'aefkmqrxo:p:t:u:S:U:g: all follow dmesg no-tail reverse catalog quiet no-pager no-hostname utc since: until: unit: user-unit: identifier: priority: lines lines: output: boot boot: grep: disk-usage list-boots output-fields:',
);

/** The first word says what it does; of these it reads, of all others it is as strict as it can be. */
const verbs =
  (reading: string, otherwise: 'admin' | 'unknown'): Reader =>
  (words, { name }) => {
    const [verb] = words;
    const known = verb?.value !== undefined && !mayBeOption(verb);
    if (
      known &&
      reading.split(' ').includes(verb.value ?? '') &&
      words.every((word: Argument) => word.value !== undefined)
    ) {
      return words.every((word) => !mayBeOption(word) || SHOWING.test(word.value ?? ''))
        ? { access: 'read', filesUnknown: true }
        : unknownOutcome(`${name} is given options that are not known`);
    }
    if (otherwise === 'unknown' || !known) return unknownOutcome(`what ${name} does is not known`);
    if (words.some((word) => word.value === undefined || /^-(?:[oc]|-option|-config)/.test(word.value))) {
      return unknownOutcome(`${name} is given options that are not known`);
    }
    return { access: 'admin', filesUnknown: true };
  };

/** Options that choose what is shown, and name no program and no settings (`apt-cache -qoDir::Bin::dpkg=…` runs one). */
const SHOWING =
  /^(?:-[afnqs]|-n\d+|--(?:all|all-versions|installed|upgradable|names-only|no-trunc|no-stream|quiet|size|last|latest|follow|timestamps|(?:format|filter|tail|since|until)(?:=.*)?))$/;

const admin: Reader = () => ({ access: 'admin', filesUnknown: true });

const GIT_READING = new Set(
  'status log show diff rev-parse ls-files ls-tree describe blame cat-file rev-list shortlog'.split(' '),
);
const GIT_OPTIONS =
  /^(?:-\d+|-n\d*|-[psvarlzbteqC]|--(?:oneline|stat|shortstat|numstat|name-only|name-status|short|porcelain|graph|all|cached|staged|abbrev-ref|show-toplevel|decorate|no-color|tags|branches|first-parent|no-merges|is-inside-work-tree|verify|(?:format|pretty|since|until|after|before|author|max-count|date|abbrev)=.*)?)$/;

/** What only shows, with options that start nothing; what a repository's own configuration makes git start is not seen. */
const git: Reader = (words, { name }) => {
  const own = words.filter(({ value }) => value !== '--no-pager');
  const isMoved = own[0]?.value === '-C';
  const [verb, ...rest] = isMoved ? own.slice(2) : own;
  if (verb?.value === '--version' && rest.length === 0) return { access: 'read' };
  const isKnown = verb?.value !== undefined && GIT_READING.has(verb.value) && (!isMoved || own[1]?.isOne === true);
  const isCertain = rest.every((word) => !mayBeOption(word) || GIT_OPTIONS.test(word.value ?? ' '));
  return isKnown && isCertain
    ? { access: 'read', filesUnknown: true }
    : unknownOutcome(`what ${name} runs is not known`);
};

/** What reaches other hosts, and what changes this one. */
export const HOSTS: Readonly<Record<string, Reader>> = {
  curl,
  wget,
  git,
  ...Object.fromEntries(
    'ssh scp sftp rsync nc ncat netcat socat telnet ftp lftp rclone mosh autossh sshpass ansible ansible-playbook kubectl helm aws gcloud az'
      .split(' ')
      .map((name) => [name, onwards]),
  ),
  ping: () => ({ access: 'read', flags: ['network'] }),
  dig: () => ({ access: 'read', flags: ['network'], filesUnknown: true }),
  host: () => ({ access: 'read', flags: ['network'] }),
  nslookup: () => ({ access: 'read', flags: ['network'] }),
  systemctl,
  journalctl,
  docker: verbs('ps images logs inspect version info port top stats diff history', 'unknown'),
  podman: verbs('ps images logs inspect version info port top stats diff history', 'unknown'),
  apt: verbs('list show policy search', 'admin'),
  'apt-get': verbs('', 'admin'),
  'apt-cache': verbs('show showpkg policy search depends rdepends', 'unknown'),
  yum: verbs('list info search', 'admin'),
  dnf: verbs('list info search', 'admin'),
  service: (words) => {
    // The name is a path below `/etc/init.d`.
    const isStatus = words.length === 2 && words[1]?.value === 'status' && /^\w[\w@.-]*$/.test(words[0]?.value ?? '');
    return isStatus ? { access: 'read', filesUnknown: true } : { access: 'admin', filesUnknown: true };
  },
  dpkg: (words, { name }) => {
    const isRead =
      words.length > 0 &&
      words.every(
        ({ value }, at) => value !== undefined && (at > 0 ? !value.startsWith('-') : /^-[lLsS]$/.test(value)),
      );
    return isRead ? { access: 'read' } : { access: 'admin', filesUnknown: true, reason: `${name} may change packages` };
  },
  ...Object.fromEntries(
    'reboot shutdown halt poweroff mount umount useradd userdel usermod adduser deluser groupadd groupdel groupmod passwd chpasswd chsh visudo iptables ip6tables nft ufw modprobe rmmod insmod sysctl swapon swapoff fdisk parted mkfs mkswap losetup hostnamectl timedatectl loginctl setcap snap dpkg-reconfigure update-rc.d chattr'
      .split(' ')
      .map((name) => [name, admin]),
  ),
  ...Object.fromEntries(
    'crontab at batch rpm'
      .split(' ')
      .map((name): [string, Reader] => [
        name,
        (_words, { name: own }) => unknownOutcome(`what ${own} runs is not known`),
      ]),
  ),
};
