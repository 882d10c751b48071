/** RFC 4250, section 4.1.2: the messages that we read or write; those of key exchange are the library's. */
export const MESSAGE = {
  disconnect: 1,
  unimplemented: 3,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  kexInit: 20,
  authRequest: 50,
  authFailure: 51,
  authSuccess: 52,
  authBanner: 53,
  authKeyAccepted: 60,
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelConfirmed: 91,
  channelOpenFailure: 92,
  windowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** RFC 4253, section 11.1. */
export const DISCONNECT = {
  protocolError: 2,
  hostKeyNotVerifiable: 9,
  connectionLost: 10,
  byApplication: 11,
  noMoreAuthMethods: 14,
} as const;

/** RFC 4254, section 5.1. */
export const OPEN_FAILURE = {
  prohibited: 1,
  connectFailed: 2,
  unknownType: 3,
  resourceShortage: 4,
} as const;

/** RFC 4254, section 5.2: the one kind of extended data that there is. */
export const STDERR = 1;
