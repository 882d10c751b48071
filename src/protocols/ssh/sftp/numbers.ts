/** The numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it (its PROTOCOL, section 4). */

/** What a client asks; sections 4 to 8 of the draft. */
export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

/** What a server answers. */
export const REPLY = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105, extended: 201 } as const;

/** Section 7 of the draft. */
export const STATUS = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const;

/** How a file is opened; section 6.3 of the draft. */
export const OPEN = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** Which attributes are there; section 5 of the draft. */
export const ATTRIBUTE = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x8000_0000 } as const;

export const VERSION = 3;
/** A packet behind its length, as OpenSSH bounds it (`SFTP_MAX_MSG_LENGTH`). */
export const MOST_PACKET_BYTES = 256 * 1024;
/** Section 3 of the draft: "a handle … the length of which MUST NOT exceed 256 bytes". */
export const MOST_HANDLE_BYTES = 256;
