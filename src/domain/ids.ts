import { randomBytes } from 'node:crypto';

const PREFIX = { recording: 'rec', analysis: 'ana', segment: 'seg', speaker: 'spk', embedding: 'emb', partialTrack: 'ptr', apiKey: 'key', workspace: 'ws', node: 'node', roleChange: 'rch', rule: 'rul', alert: 'alr', dataKey: 'dk', auditEvent: 'aud', retentionPolicy: 'rtn', archive: 'arc', archiveItem: 'ari', legalHold: 'hold', tombstone: 'era', taskRun: 'run', evaluationSet: 'evs', evaluationRun: 'evr', calibration: 'cal', session: 'ses', optOut: 'opt', review: 'rev', reviewDecision: 'rvd', webhook: 'whk', webhookKey: 'whs', webhookDelivery: 'whd' } as const;
export type IdKind = keyof typeof PREFIX;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** `rec_` + 10 characters of time (ms) + 16 random ones (80 bits): opaque, unique and sortable by when it was made. */
export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32]! + time;
  let random = '';
  for (const byte of randomBytes(16)) random += ALPHABET[byte & 31]!;
  return `${PREFIX[kind]}_${time}${random}`;
}
